// Opens a page in a session with Puppeteer.
import puppeteer from 'puppeteer-core';

const emulator = process.env.CHASER_EMU ?? 'http://127.0.0.1:8080';
const headers = { Authorization: 'Bearer cha_live_puppeteer-example' };
const api = `${emulator}/v1/sessions`;

const { id, cdp_url } = await (await fetch(api, { method: 'POST', headers })).json();

// Without defaultViewport: null, Puppeteer overrides the viewport of the device on every page.
const browser = await puppeteer.connect({ browserWSEndpoint: cdp_url, defaultViewport: null });
const [page] = await browser.pages();
await page.goto('data:text/html,<title>Hello</title>');
console.log(await page.title());

// disconnect() keeps the browser running. close() would end Chrome, and the emulator would restart it for the next client.
await browser.disconnect();

console.log((await fetch(`${api}/${id}`, { method: 'DELETE', headers })).status);
