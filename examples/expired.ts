// Tests how a client handles the expiry of its session. The emulated clock advances by 30 minutes at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chromium } from 'playwright-core';

const emulator = process.env.CHASER_EMU ?? 'http://127.0.0.1:8080';
const headers = { 'Authorization': 'Bearer cha_live_typescript-sample', 'Content-Type': 'application/json' };
const call = async (method: string, path: string, body?: object) =>
  (await fetch(emulator + path, { method, headers, body: body && JSON.stringify(body) })).json() as Promise<any>;

test('A client is disconnected when its session expires', async () => {
  const { id, cdp_url } = await call('POST', '/v1/sessions', { ttl_seconds: 1800 });
  const browser = await chromium.connectOverCDP(cdp_url);
  const disconnected = new Promise(done => browser.on('disconnected', done));

  const { transitions } = await call('POST', '/_emu/clock/advance', { seconds: 1800 });

  await disconnected;
  assert.equal(transitions.at(-1).ended_reason, 'ttl_expired');
  assert.equal((await call('GET', `/v1/sessions/${id}`)).ended_reason, 'ttl_expired');
});
