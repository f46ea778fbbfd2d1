// A page in a session, driven with Puppeteer.
import puppeteer from 'puppeteer-core';

const emulator = process.env.CHASER_EMU ?? 'http://127.0.0.1:8080';
const headers = { Authorization: 'Bearer cha_live_puppeteer-example' };
const api = `${emulator}/v1/sessions`;

const { id, cdp_url } = await (await fetch(api, { method: 'POST', headers })).json();

// Without defaultViewport: null Puppeteer gives every page a viewport of its own instead of the device's.
const browser = await puppeteer.connect({ browserWSEndpoint: cdp_url, defaultViewport: null });
const [page] = await browser.pages();
await page.goto('data:text/html,<title>Hello</title>');
console.log(await page.title());

// close() would end Chrome, and the next who connects finds it started again; disconnect() leaves the session as it is.
await browser.disconnect();

console.log((await fetch(`${api}/${id}`, { method: 'DELETE', headers })).status);
