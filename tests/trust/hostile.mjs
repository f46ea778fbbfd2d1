// Opens many half-open, slow and non-reading connections. The emulator must keep serving other clients and must not use more memory.
//   node trust/hostile.mjs [half-open connections]
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { Emulator, eventually, newKey } from '../clients/emulator.mjs';

const count = Number(process.argv[2] || 3000);
const emulator = await Emulator.start('Limits:Concurrent=0', 'Limits:CreatesPerMinute=0');
const { hostname, port } = new URL(emulator.address);
const errors = [];
const memory = () => Math.round(Number(readFileSync(`/proc/${emulator.pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) / 1000);
const handles = () => readdirSync(`/proc/${emulator.pid}/fd`).length;
const print = (what, figures) => console.log(what.padEnd(52), figures);
const expect = (condition, error) => { if (!condition) errors.push(error); };

/** Opens a connection and sends a part of a request. Collects what is received; `ended` resolves when it is closed. */
function open(text) {
  const socket = connect(Number(port), hostname, () => socket.write(text)).on('error', () => {});
  socket.received = '';
  socket.ended = new Promise(closed => socket.on('data', data => socket.received += data).on('close', closed));
  return socket;
}

/** Measures how long 20 other clients take to create a session each. */
async function serveOthers(when) {
  const began = performance.now(), key = newKey().replace('live', 'test');
  const statuses = await Promise.all(Array.from({ length: 20 }, async () => (await emulator.request('POST', '/v1/sessions', key, {})).status));
  expect(statuses.every(status => status === 201), `${when}: ${statuses}`);
  return `${Math.round(performance.now() - began)} ms for 20 other clients`;
}

print('before', `${memory()} MB, ${handles()} handles, ${await serveOthers('before')}`);

const handlesBefore = handles(), opened = performance.now();
const heads = Array.from({ length: count }, () => open('GET /v1/sessions HTTP/1.1\r\nHost: localhost\r\nAuthor'));
const upgrades = Array.from({ length: 100 }, () => open('GET /sessions/x HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnec'));
await eventually(() => handles(), now => now >= handlesBefore + count);
print(`${count} incomplete headers, 100 incomplete upgrades`, `${memory()} MB, ${handles()} handles, ${await serveOthers('half-open')}`);
const began = performance.now();
const bodies = Array.from({ length: 100 }, () => open(`POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${newKey()}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`));
const dripping = setInterval(() => bodies.forEach(socket => socket.writable && socket.write(' ')), 1_000);
await Promise.race([Promise.all(bodies.map(socket => socket.ended)), sleep(60_000)]);
clearInterval(dripping);
expect(bodies.every(socket => socket.destroyed || socket.ended), 'A body of one byte per second was not cut off.');
print('100 bodies of one byte per second, cut off after', `${Math.round((performance.now() - began) / 1000)} s, ${bodies.filter(socket => /^HTTP\/1.1 4\d\d/.test(socket.received)).length} of them with a 4xx response`);
await Promise.race([Promise.all([...heads, ...upgrades].map(socket => socket.ended)), sleep(90_000)]);
expect([...heads, ...upgrades].every(socket => socket.destroyed), 'An incomplete request was not cut off.');
print('all half-open connections, cut off after', `${Math.round((performance.now() - opened) / 1000)} s`);
print('then', `${memory()} MB, ${handles()} handles`);

// A client that requests 500 MB from the page and never reads.
const session = await emulator.readySession();
const call = (socket, method, params, sessionId) => new Promise((done, fail) => {
  const id = Math.floor(Math.random() * 1e9);
  const onClose = code => fail(new Error(`closed with ${code}`));
  const onMessage = data => {
    if (!data.subarray(0, 40).includes(`"id":${id},`)) return;
    socket.off('message', onMessage).off('close', onClose);
    done(JSON.parse(data));
  };
  socket.on('message', onMessage).on('close', onClose);
  socket.send(JSON.stringify({ id, method, params, sessionId }));
});
const helper = new WebSocket(session.cdpUrl);
await new Promise(opened => helper.on('open', opened));
const { result: { targetInfos } } = await call(helper, 'Target.getTargets', {});
const page = targetInfos.find(target => target.type === 'page').targetId;
const watcher = (await call(helper, 'Target.attachToTarget', { targetId: page, flatten: true })).result.sessionId;
const before = memory();
const nonReading = new WebSocket(`${session.cdpUrl}/devtools/page/${page}`);
await new Promise(opened => nonReading.on('open', opened));
nonReading.pause();
for (let id = 1; id <= 20; id++) nonReading.send(JSON.stringify({ id, method: 'Runtime.evaluate', params: { expression: "'x'.repeat(25_000_000)", returnByValue: true } }));
let peak = before;
for (let i = 0; i < 100; i++) {
  await sleep(100);
  peak = Math.max(peak, memory());
}
const forwarded = (await session.inspect()).cdp.bytes_down;
expect(forwarded < 100_000_000, `${forwarded} bytes were read from the browser for a client that does not read.`);
print('a CDP client that never reads 500 MB', `${before} MB before, peak ${peak} MB; ${(forwarded / 1e6).toFixed(1)} MB forwarded`);
expect(peak - before < 150, `A client that never reads used ${peak - before} MB.`);
expect((await (await fetch(`${emulator.address}/v1/sessions/${session.id}`, { headers: { Authorization: `Bearer ${session.key}` } })).json()).status === 'ready', 'The session is no longer ready.');
nonReading.terminate();

// Large messages in both directions. Chrome limits a received message to 100 MB.
const large = await call(helper, 'Runtime.evaluate', { expression: `'${'x'.repeat(90_000_000)}'.length`, returnByValue: true }, watcher);
expect(large.result.result.value === 90_000_000, 'A large command was incomplete.');
const back = await call(helper, 'Runtime.evaluate', { expression: "'x'.repeat(100_000_000)", returnByValue: true }, watcher);
expect(back.result.result.value.length === 100_000_000, 'A large response was incomplete.');
print('a command of 90 MB, a response of 100 MB', `complete; ${memory()} MB afterwards`);
helper.close();
await eventually(async () => (await session.delete()).status !== 500);
print('at the end', `${memory()} MB, ${handles()} handles, ${await serveOthers('at the end')}`);
console.log(`errors: ${errors.length}${errors.map(error => `\n  ${error}`).join('')}`);
await emulator.stop();
process.exit(errors.length ? 1 : 0);
