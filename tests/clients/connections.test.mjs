// Tests what persists when clients disconnect and connect again, and what two clients share.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { clients, firstPage } from './clients.mjs';
import { Emulator, eventually } from './emulator.mjs';
import { startSite } from './site.mjs';

let emulator, site, session;
before(async () => [emulator, site] = await Promise.all([Emulator.start(), startSite()]));
after(() => Promise.all([emulator.stop(), site.stop()]));
beforeEach(async () => session = await emulator.readySession());
afterEach(() => session.delete());

const cookies = page => page.evaluate(() => document.cookie);
const setCookie = page => page.evaluate(() => { document.cookie = 'kept=yes; max-age=3600'; });

for (const client of clients) {
  describe(client.name, { timeout: 60_000 }, () => {
    test('Pages and cookies persist after a disconnect', async () => {
      let browser = await client.connect(session.cdpUrl);
      const page = await firstPage(client, browser);
      await page.goto(site.url);
      await setCookie(page);
      await client.disconnect(browser);
      await eventually(async () => (await session.inspect()).cdp_connections === 0);

      browser = await client.connect(session.cdpUrl);
      const reconnected = await firstPage(client, browser);
      assert.equal(reconnected.url(), `${site.url}/`);
      assert.equal(await cookies(reconnected), 'kept=yes');
      await client.disconnect(browser);
    });

    test('An additional context is refused, and the connection goes on', async () => {
      const browser = await client.connect(session.cdpUrl);
      await assert.rejects(client.newContext(browser), /Cdp:AdditionalContexts=allow/);
      const page = await firstPage(client, browser);
      assert.equal(await page.evaluate(() => 1 + 1), 2);
      await client.disconnect(browser);
    });
  });
}

describe('Cdp:AdditionalContexts=allow', { timeout: 60_000 }, () => {
  let allowing;
  before(async () => allowing = await Emulator.start('Cdp:AdditionalContexts=allow'));
  after(() => allowing.stop());

  for (const client of clients) {
    test(`${client.name} can create a context with separate cookies`, async () => {
      const browser = await client.connect((await allowing.readySession()).cdpUrl);
      const page = await firstPage(client, browser);
      await page.goto(site.url);
      await setCookie(page);

      const context = await client.newContext(browser);
      const other = await context.newPage();
      await other.goto(site.url);
      assert.equal(await cookies(other), '');
      await other.evaluate(() => { document.cookie = 'other=yes'; });
      assert.equal(await cookies(page), 'kept=yes');
      await context.close();
      await client.disconnect(browser);
    });
  }
});

for (const [first, second] of clients.flatMap((client, i) => clients.slice(i + 1).map(other => [client, other]))) {
  test(`${first.name} and ${second.name} see the same pages of one session`, { timeout: 60_000 }, async () => {
    const [one, two] = [await first.connect(session.cdpUrl), await second.connect(session.cdpUrl)];
    const addresses = async (client, browser) => (await client.pages(client.context(browser))).map(page => page.url()).sort();
    const opened = async (client, browser, url) => (await client.context(browser).newPage()).goto(url);

    await opened(first, one, `${site.url}/`);
    await opened(second, two, `${site.url}/second`);
    const all = ['about:blank', `${site.url}/`, `${site.url}/second`];
    for (const [client, browser] of [[first, one], [second, two]])
      await eventually(() => addresses(client, browser), seen => seen.join() === all.join());

    await first.disconnect(one);
    assert.deepEqual(await addresses(second, two), all);
    await second.disconnect(two);
  });
}

test('Closing the browser with Puppeteer ends the connection but not the session', { timeout: 60_000 }, async () => {
  const puppeteer = clients.at(-1);
  const browser = await puppeteer.connect(session.cdpUrl);
  const page = await firstPage(puppeteer, browser);
  await page.goto(site.url);
  await setCookie(page);
  await browser.close();
  assert.equal((await session.resource()).status, 'ready');

  for (const client of clients) {
    const next = await client.connect(session.cdpUrl);
    const fresh = await client.context(next).newPage();
    await fresh.goto(site.url);
    assert.equal(await cookies(fresh), 'kept=yes', client.name);
    await client.disconnect(next);
  }
});
