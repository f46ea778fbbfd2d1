// The tested clients with one interface. Only operations that differ between the clients are here; tests call the others directly.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium as patchright } from 'patchright';
import { chromium as playwright } from 'playwright-core';
import puppeteer from 'puppeteer-core';

function playwrightLike(name, chromium) {
  return {
    name,
    connect: cdpUrl => chromium.connectOverCDP(cdpUrl),
    context: browser => browser.contexts()[0],
    pages: async context => context.pages(),
    newContext: browser => browser.newContext(),
    intercept: (page, url, body) => page.route(url, route => route.fulfill({ contentType: 'text/html', body })),
    disconnect: browser => browser.close(),

    /** Clicks and returns the content of the download twice: read by its path, and saved as a copy. */
    async download(page, selector, folder) {
      const [download] = await Promise.all([page.waitForEvent('download'), page.click(selector)]);
      const copy = join(folder, download.suggestedFilename());
      await download.saveAs(copy);
      return [await readFile(await download.path(), 'utf8'), await readFile(copy, 'utf8')];
    },
  };
}

const puppeteerClient = {
  name: 'puppeteer-core',
  // Without defaultViewport: null, Puppeteer overrides the viewport of the device on every page.
  connect: cdpUrl => puppeteer.connect({ browserWSEndpoint: cdpUrl, defaultViewport: null }),
  context: browser => browser.defaultBrowserContext(),
  pages: context => context.pages(),
  newContext: browser => browser.createBrowserContext(),
  disconnect: browser => browser.disconnect(),

  async intercept(page, url, body) {
    await page.setRequestInterception(true);
    page.on('request', request => request.url() === url ? request.respond({ contentType: 'text/html', body }) : request.continue());
  },

  async download(page, selector, folder) {
    const cdp = await page.browser().target().createCDPSession();
    await cdp.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: folder, eventsEnabled: true });
    const done = new Promise(resolve => cdp.on('Browser.downloadProgress', ({ state }) => state === 'completed' && resolve()));
    await page.click(selector);
    await done;
    return [await readFile(join(folder, 'report.txt'), 'utf8')];
  },
};

export const clients = [playwrightLike('playwright-core', playwright), playwrightLike('patchright', patchright), puppeteerClient];

/** Returns the page that every new session has. */
export async function firstPage(client, browser) {
  return (await client.pages(client.context(browser)))[0];
}

/** Runs `use` with a temporary folder and deletes the folder afterwards. */
export async function withFolder(use) {
  const folder = await mkdtemp(join(tmpdir(), 'chaser-emu-clients-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
