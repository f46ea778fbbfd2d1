// Loaded into Node.js before Playwright's tests: chromium.launch connects to a browser of the runner instead of starting one.
const { createServer } = require('node:http');
const { join } = require('node:path');
const { createBrowser } = require('./browser-client.cjs');

const { chromium } = require(join(process.env.CHASER_EMU_PEERS_PATH, 'packages/playwright-core'));

/** Answers Chrome's discovery request on the port that a test gave to the browser, and sends its client to the browser's URL. */
async function discover(port, url) {
  const server = createServer((_, response) => response.end(JSON.stringify({ webSocketDebuggerUrl: url })));
  await new Promise((listening, failed) => server.on('error', failed).listen(port, '127.0.0.1', listening));
  return server;
}

chromium.launch = async (options = {}) => {
  const { url, end } = await createBrowser();
  const port = options.args?.find(argument => argument.startsWith('--remote-debugging-port='))?.split('=')[1];
  const server = port && await discover(port, url);

  const browser = await chromium.connectOverCDP(url);
  const close = browser.close.bind(browser);
  browser.close = async options => {
    server?.close();
    await close(options);
    await end();
  };
  return browser;
};
