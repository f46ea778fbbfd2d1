// Tests HTTPS with a certificate from `chaseremu cert` and clients that trust its CA.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Emulator, runProgram } from './emulator.mjs';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
const serviceHost = 'api.chaser.sh';
let emulator, tls, port;

before(async () => {
  tls = await mkdtemp(join(tmpdir(), 'chaser-emu-tls-'));
  await runProgram('cert', '--out', tls, '--service-hosts');
  emulator = await Emulator.start(`Https:Certificate=${tls}/cert.pem`, `Https:Key=${tls}/key.pem`, 'urls=http://127.0.0.1:0;https://127.0.0.1:0');
  port = emulator.addresses.find(address => address.startsWith('https:')).split(':').at(-1);
});
after(async () => {
  await emulator?.stop();
  await rm(tls, { recursive: true });
});

test('curl with the CA connects by the service host name', async () => {
  const { stdout } = await run('curl', ['-sS', '--cacert', join(tls, 'ca.pem'), '--resolve', `${serviceHost}:${port}:127.0.0.1`,
    '-H', 'Authorization: Bearer cha_test_https', '-d', '{}', '-H', 'Content-Type: application/json', `https://${serviceHost}:${port}/v1/sessions`]);
  assert.match(JSON.parse(stdout).cdp_url, new RegExp(`^wss://cdp.chaser.sh:${port}/sessions/sess_`));
});

test('curl without the CA rejects the certificate', async () => {
  await assert.rejects(run('curl', ['-sS', `https://127.0.0.1:${port}/readyz`]), ({ stderr }) => /certificate/.test(stderr));
});

const script = () => `
  import { chromium } from 'playwright-core';
  import { WebSocket } from 'ws';
  const api = 'https://localhost:${port}/v1/sessions', headers = { Authorization: 'Bearer cha_live_https' };
  const { id, cdp_url } = await (await fetch(api, { method: 'POST', headers })).json();
  const browser = await chromium.connectOverCDP(cdp_url);
  const page = browser.contexts()[0].pages()[0];
  await page.goto('data:text/html,<title>safe</title>');
  const socket = new WebSocket(cdp_url);
  socket.on('open', () => socket.send('{"id":1,"method":"Browser.getVersion"}'));
  const response = await new Promise((done, failed) => socket.on('message', done).on('error', failed));
  console.log(cdp_url.split(':')[0], await page.title(), JSON.parse(response).id);
  socket.close();
  await browser.close();
  await fetch(api + '/' + id, { method: 'DELETE', headers });`;

test('Playwright and plain WebSockets connect over wss with NODE_EXTRA_CA_CERTS', async () => {
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script()], { cwd: here, env: { ...process.env, NODE_EXTRA_CA_CERTS: join(tls, 'ca.pem') } });
  assert.equal(stdout, 'wss safe 1\n');
});
