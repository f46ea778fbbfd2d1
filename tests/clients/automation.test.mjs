// Tests common browser automation with each client.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { clients, firstPage, withFolder } from './clients.mjs';
import { Emulator } from './emulator.mjs';
import { largeSize, report, startSite } from './site.mjs';

let emulator, site;
before(async () => [emulator, site] = await Promise.all([Emulator.start(), startSite()]));
after(() => Promise.all([emulator.stop(), site.stop()]));

for (const client of clients) {
  describe(client.name, { timeout: 60_000 }, () => {
    let session, browser, page;
    beforeEach(async () => {
      session = await emulator.readySession();
      browser = await client.connect(session.cdpUrl);
      page = await firstPage(client, browser);
      // Use the page first: if patchright is disconnected while it still connects, it raises an unhandled rejection.
      await page.evaluate(() => 1);
    });
    afterEach(async () => {
      await client.disconnect(browser);
      await session.delete();
    });

    test('The default context has one blank page', async () => {
      const pages = await client.pages(client.context(browser));
      assert.deepEqual(pages.map(each => each.url()), ['about:blank']);
    });

    test('Pages load, accept text and clicks, and evaluate scripts', async () => {
      await page.goto(site.url);
      await page.locator('#name').fill('Ada');
      await page.click('#greet');
      assert.equal(await page.title(), 'Home');
      assert.equal(await page.evaluate(() => document.querySelector('#greeting').textContent), 'Hello, Ada');
    });

    test('Keys typed one at a time arrive in order', async () => {
      await page.goto(site.url);
      await page.type('#name', 'Grace Hopper');
      assert.equal(await page.evaluate(() => document.querySelector('#name').value), 'Grace Hopper');
    });

    test('A request can be intercepted and fulfilled', async () => {
      await client.intercept(page, `${site.url}/made-up`, '<title>Made up</title>');
      await page.goto(`${site.url}/made-up`);
      assert.equal(await page.title(), 'Made up');
    });

    test('A screenshot is a PNG of the viewport', async () => {
      await page.goto(site.url);
      const viewport = await page.evaluate(() => [innerWidth, innerHeight]);
      const png = Buffer.from(await page.screenshot());
      assert.equal(png.toString('latin1', 1, 4), 'PNG');
      assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], viewport);
    });

    test('A download is complete', () => withFolder(async folder => {
      await page.goto(site.url);
      for (const content of await client.download(page, '#download', folder)) assert.equal(content, report);
    }));

    test('Going back and forward works', async () => {
      await page.goto(site.url);
      await page.goto(`${site.url}/second`);
      await page.goBack();
      assert.equal(await page.title(), 'Home');
      await page.goForward();
      assert.equal(await page.title(), 'Second');
    });

    test('Pages see the device of the session', async () => {
      const { device } = await session.resource();
      const [, android, chrome, kind] = device.match(/^Android (\d+) - Chrome (\d+) \((Mobile|Tablet)\)$/);
      await page.goto(site.url);
      const opened = await client.context(browser).newPage();
      await opened.goto(site.url);
      for (const each of [page, opened]) {
        const actual = await each.evaluate(() => ({ agent: navigator.userAgent, touchPoints: navigator.maxTouchPoints, touch: 'ontouchstart' in window }));
        assert.match(actual.agent, new RegExp(`Android ${android};.* Chrome/${chrome}\\.`));
        assert.equal(/ Mobile /.test(actual.agent), kind === 'Mobile');
        assert.ok(actual.touchPoints > 0 && actual.touch, 'no touch screen');
      }
    });

    test('Byte counts grow while a page loads', async () => {
      const start = await session.resource();
      await page.goto(`${site.url}/large`);
      const end = await session.resource();
      assert.ok(end.bytes_up > start.bytes_up, `up from ${start.bytes_up} to ${end.bytes_up}`);
      assert.ok(end.bytes_down >= start.bytes_down + largeSize, `down from ${start.bytes_down} to ${end.bytes_down}`);
    });
  });
}
