// Clients that are slow, greedy or half dead, all at once: the emulator serves the others meanwhile, and needs no more memory than before.
//   node trust/hostile.mjs [half-open connections]
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { Emulator, eventually, newKey } from '../clients/emulator.mjs';

const count = Number(process.argv[2] || 3000);
const emulator = await Emulator.start('Limits:Concurrent=0', 'Limits:CreatesPerMinute=0');
const { hostname, port } = new URL(emulator.address);
const faults = [];
const memory = () => Math.round(Number(readFileSync(`/proc/${emulator.pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) / 1000);
const handles = () => readdirSync(`/proc/${emulator.pid}/fd`).length;
const say = (what, figures) => console.log(what.padEnd(52), figures);
const expect = (so, fault) => { if (!so) faults.push(fault); };

/** A connection that has said so much, and notes when it is closed and what it was told. */
function open(words) {
  const socket = connect(Number(port), hostname, () => socket.write(words)).on('error', () => {});
  socket.told = '';
  socket.ended = new Promise(closed => socket.on('data', data => socket.told += data).on('close', closed));
  return socket;
}

async function others(when) {
  const began = performance.now(), key = newKey().replace('live', 'test');
  const answers = await Promise.all(Array.from({ length: 20 }, async () => (await emulator.request('POST', '/v1/sessions', key, {})).status));
  expect(answers.every(status => status === 201), `${when}: ${answers}`);
  return `${Math.round(performance.now() - began)} ms for 20 other clients`;
}

say('before', `${memory()} MB, ${handles()} handles, ${await others('before')}`);

const before = handles(), opened = performance.now();
const heads = Array.from({ length: count }, () => open('GET /v1/sessions HTTP/1.1\r\nHost: localhost\r\nAuthor'));
const upgrades = Array.from({ length: 100 }, () => open('GET /sessions/x HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnec'));
await eventually(() => handles(), now => now >= before + count);
say(`${count} half a head, 100 half an upgrade`, `${memory()} MB, ${handles()} handles, ${await others('half-open')}`);
const began = performance.now();
const bodies = Array.from({ length: 100 }, () => open(`POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${newKey()}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`));
const dripping = setInterval(() => bodies.forEach(socket => socket.writable && socket.write(' ')), 1_000);
await Promise.race([Promise.all(bodies.map(socket => socket.ended)), sleep(60_000)]);
clearInterval(dripping);
expect(bodies.every(socket => socket.destroyed || socket.ended), 'A body of a byte a second was waited for.');
say('100 bodies of a byte a second, cut off after', `${Math.round((performance.now() - began) / 1000)} s, ${bodies.filter(socket => /^HTTP\/1.1 4\d\d/.test(socket.told)).length} of them told so`);
await Promise.race([Promise.all([...heads, ...upgrades].map(socket => socket.ended)), sleep(90_000)]);
expect([...heads, ...upgrades].every(socket => socket.destroyed), 'Half a head was waited for.');
say('all half-open connections, cut off after', `${Math.round((performance.now() - opened) / 1000)} s`);
say('then', `${memory()} MB, ${handles()} handles`);

// A client of the page that asks for half a gigabyte and never reads.
const session = await emulator.readySession();
const ask = (socket, method, params, sessionId) => new Promise((done, fail) => {
  const id = Math.floor(Math.random() * 1e9);
  const gone = code => fail(new Error(`closed with ${code}`));
  const hear = data => {
    if (!data.subarray(0, 40).includes(`"id":${id},`)) return;
    socket.off('message', hear).off('close', gone);
    done(JSON.parse(data));
  };
  socket.on('message', hear).on('close', gone);
  socket.send(JSON.stringify({ id, method, params, sessionId }));
});
const helper = new WebSocket(session.cdpUrl);
await new Promise(opened => helper.on('open', opened));
const { result: { targetInfos } } = await ask(helper, 'Target.getTargets', {});
const page = targetInfos.find(target => target.type === 'page').targetId;
const watcher = (await ask(helper, 'Target.attachToTarget', { targetId: page, flatten: true })).result.sessionId;
const before = memory();
const deaf = new WebSocket(`${session.cdpUrl}/devtools/page/${page}`);
await new Promise(opened => deaf.on('open', opened));
deaf.pause();
for (let id = 1; id <= 20; id++) deaf.send(JSON.stringify({ id, method: 'Runtime.evaluate', params: { expression: "'x'.repeat(25_000_000)", returnByValue: true } }));
let most = before;
for (let i = 0; i < 100; i++) {
  await sleep(100);
  most = Math.max(most, memory());
}
const passed = (await session.inspect()).cdp.bytes_down;
expect(passed < 100_000_000, `${passed} bytes were taken from the browser for a client that reads none.`);
say('a CDP client that never reads 500 MB', `${before} MB before, ${most} MB at most; ${(passed / 1e6).toFixed(1)} MB on their way`);
expect(most - before < 150, `A client that never reads cost ${most - before} MB.`);
expect((await (await fetch(`${emulator.address}/v1/sessions/${session.id}`, { headers: { Authorization: `Bearer ${session.key}` } })).json()).status === 'ready', 'The session is not ready any more.');
deaf.terminate();

// 90 million characters each way: Chrome's own limit of a message is 100 MB.
const large = await ask(helper, 'Runtime.evaluate', { expression: `'${'x'.repeat(90_000_000)}'.length`, returnByValue: true }, watcher);
expect(large.result.result.value === 90_000_000, 'A large command was not whole.');
const back = await ask(helper, 'Runtime.evaluate', { expression: "'x'.repeat(100_000_000)", returnByValue: true }, watcher);
expect(back.result.result.value.length === 100_000_000, 'A large answer was not whole.');
say('a command of 90 MB, an answer of 100 MB', `whole; ${memory()} MB then`);
helper.close();
await eventually(async () => (await session.delete()).status !== 500);
say('in the end', `${memory()} MB, ${handles()} handles, ${await others('in the end')}`);
console.log(`faults: ${faults.length}${faults.map(fault => `\n  ${fault}`).join('')}`);
await emulator.stop();
process.exit(faults.length ? 1 : 0);
