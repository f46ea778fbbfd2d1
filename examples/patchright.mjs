// Opens a page in a session with patchright.
import { chromium } from 'patchright';

const emulator = process.env.CHASER_EMU ?? 'http://127.0.0.1:8080';
const headers = { Authorization: 'Bearer cha_live_patchright-example' };
const api = `${emulator}/v1/sessions`;

const { id, cdp_url } = await (await fetch(api, { method: 'POST', headers })).json();

// The session may still be starting. The emulator holds the connection until the browser is ready.
const browser = await chromium.connectOverCDP(cdp_url);
const page = browser.contexts()[0].pages()[0];
await page.goto('data:text/html,<title>Hello</title>');
console.log(await page.title());
await browser.close();

console.log((await fetch(`${api}/${id}`, { method: 'DELETE', headers })).status);
