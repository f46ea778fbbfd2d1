// Opens a page in a session with Playwright.
import { chromium } from 'playwright-core';

const emulator = process.env.CHASER_EMU ?? 'http://127.0.0.1:8080';
const headers = { 'Authorization': 'Bearer cha_live_playwright-example', 'Content-Type': 'application/json' };

interface Session { id: string; status: 'creating' | 'ready' | 'closed' | 'error'; cdp_url: string; device: string | null; bytes_down: number }

async function call(method: string, path: string, body?: object): Promise<Session> {
  const response = await fetch(emulator + path, { method, headers, body: body && JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.status === 204 ? undefined as never : response.json() as Promise<Session>;
}

let session = await call('POST', '/v1/sessions', { ttl_seconds: 600 });
while (session.status === 'creating') session = await call('GET', `/v1/sessions/${session.id}`);

const browser = await chromium.connectOverCDP(session.cdp_url);
const page = browser.contexts()[0].pages()[0];
await page.goto('data:text/html,<title>Hello</title><button onclick="this.textContent=`clicked`">click me</button>');
await page.click('button');
console.log(await page.title(), '-', await page.textContent('button'), '-', session.device);
await browser.close();

await call('DELETE', `/v1/sessions/${session.id}`);
console.log((await call('GET', `/v1/sessions/${session.id}`)).status);
