// Loaded into Node.js before Puppeteer's tests: puppeteer.launch connects to a browser of the runner instead of starting one.
const { join } = require('node:path');
const { createBrowser } = require('./browser-client.cjs');

const { default: puppeteer } = require(join(process.env.CHASER_EMU_PEERS_PATH, 'packages/puppeteer/lib/cjs/puppeteer/puppeteer.js'));

puppeteer.launch = async (options = {}) => {
  const { url, end } = await createBrowser();
  const browser = await puppeteer.connect({ ...options, browserWSEndpoint: url });
  const close = browser.close.bind(browser);
  browser.close = async () => {
    await close();
    await end();
  };
  return browser;
};
