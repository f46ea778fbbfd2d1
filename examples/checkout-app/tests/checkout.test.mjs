import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';

const { CHASER_API = 'http://127.0.0.1:8080', CHASER_KEY = 'cha_live_checkout-app', APP = 'http://127.0.0.1:3000' } = process.env;
const headers = { 'Authorization': `Bearer ${CHASER_KEY}`, 'Content-Type': 'application/json' };
let session, browser, page;

before(async () => {
  const created = await fetch(`${CHASER_API}/v1/sessions`, { method: 'POST', headers, body: JSON.stringify({ ttl_seconds: 300 }) });
  assert.equal(created.status, 201, await created.clone().text());
  session = await created.json();
  browser = await chromium.connectOverCDP(session.cdp_url);
  page = browser.contexts()[0].pages()[0];
});

after(async () => {
  await browser?.close();
  if (session) await fetch(`${CHASER_API}/v1/sessions/${session.id}`, { method: 'DELETE', headers });
});

test('Buying creates an order', async () => {
  await page.goto(APP);
  await page.click('text=Buy');
  await page.waitForFunction(() => document.querySelector('[role=status]').textContent.startsWith('Order '));
  assert.match(await page.textContent('[role=status]'), /^Order \d+$/);
});

test('The session counts the bytes of the page', async () => {
  const { bytes_down } = await (await fetch(`${CHASER_API}/v1/sessions/${session.id}`, { headers })).json();
  assert.ok(bytes_down > 400, `${bytes_down} bytes`);
});
