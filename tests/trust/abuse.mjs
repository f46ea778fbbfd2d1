// One client in open mode creates many keys and fault rules, fills the journal and the write-ahead log, and resets. Other workspaces must be
// served throughout, and memory and disk must stay bounded.
//   node trust/abuse.mjs [keys and fault rules]
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Emulator, newKey } from '../clients/emulator.mjs';

const count = Number(process.argv[2] || 100_000);
const parallel = 32, batch = 250, maxMemory = 1_500, maxDisk = 1_000, maxWait = 10_000;
const folder = mkdtempSync(join(tmpdir(), 'chaser-emu-abuse-'));
const emulator = await Emulator.start(`Storage:Path=${join(folder, 'emulator.db')}`, 'Browsers:Path=none', 'Limits:Concurrent=0', 'Limits:CreatesPerMinute=0');
const errors = [];
const memory = () => Math.round(Number(readFileSync(`/proc/${emulator.pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) / 1000);
const disk = () => Math.round(readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0) / 1e6);
const largestLog = () => Math.round(Math.max(0, ...readdirSync(folder).filter(file => file.endsWith('-wal')).map(file => statSync(join(folder, file)).size)) / 1e6);
const testKey = () => newKey().replace('live', 'test');

/** Calls `send` a number of times, some calls at once. Counts the statuses. */
async function repeat(times, send) {
  const statuses = {};
  let next = 0;
  await Promise.all(Array.from({ length: parallel }, async () => {
    while (next < times) {
      const response = await send(next++);
      await response.arrayBuffer();
      statuses[response.status] = (statuses[response.status] ?? 0) + 1;
    }
  }));
  return statuses;
}

// Another client creates, reads and deletes a session all the time.
const waits = [];
const others = { running: true };
const serving = (async () => {
  const key = testKey();
  while (others.running) {
    const began = performance.now();
    const created = await emulator.request('POST', '/v1/sessions', key, {});
    const { id } = await created.json();
    const statuses = [created.status, (await emulator.request('GET', `/v1/sessions/${id}`, key)).status, (await emulator.request('DELETE', `/v1/sessions/${id}`, key)).status];
    waits.push(performance.now() - began);

    // A session without a provisioning delay is ready or still creating; both can be deleted. A reset can remove it in between.
    if (!['201,200,204', '201,404,404', '201,200,404', '201,200,409', '201,404,409'].includes(`${statuses}`)) errors.push(`Another client got ${statuses}.`);
    await sleep(20);
  }
})().catch(error => { others.running = false; errors.push(`Another client failed: ${error.message}`); });

/** Runs one kind of abuse and prints its figures. */
async function abuse(what, expected, run) {
  const first = waits.length, began = performance.now();
  let peakMemory = memory(), peakDisk = disk(), peakLog = largestLog(), running = true;
  const watching = (async () => {
    while (running) {
      [peakMemory, peakDisk, peakLog] = [Math.max(peakMemory, memory()), Math.max(peakDisk, disk()), Math.max(peakLog, largestLog())];
      await sleep(100);
    }
  })();
  const result = await run().finally(() => { running = false; });
  const seconds = (performance.now() - began) / 1000;
  await watching;

  // The session that the other client waits for counts, too.
  const started = waits.length;
  while (waits.length === started && others.running) await sleep(20);
  const served = waits.slice(first).sort((a, b) => a - b);
  console.log(`${what.padEnd(46)} ${seconds.toFixed(1).padStart(7)} s  ${JSON.stringify(result)}`);
  console.log(`${''.padEnd(46)} memory ${memory()} MB (peak ${peakMemory}), disk ${disk()} MB (peak ${peakDisk}, log ${peakLog})`);
  console.log(`${''.padEnd(46)} another client: ${served.length} sessions, p50 ${Math.round(served[served.length >> 1] ?? 0)} ms, longest ${Math.round(served.at(-1) ?? 0)} ms`);
  if (!Object.keys(result).every(status => expected.includes(Number(status)))) errors.push(`${what}: answered ${JSON.stringify(result)}, expected only ${expected}.`);
  if (served.at(-1) > maxWait) errors.push(`${what}: another client waited ${Math.round(served.at(-1))} ms for a session, more than ${maxWait} ms.`);
  if (peakMemory > maxMemory) errors.push(`${what}: used ${peakMemory} MB of memory, more than ${maxMemory} MB.`);
  if (peakDisk > maxDisk) errors.push(`${what}: used ${peakDisk} MB of disk, more than ${maxDisk} MB.`);
}

const key = testKey(), rule = { match: { key, route: '/v1/usage' }, effect: { type: 'status', code: 'rate_limited' } };
const filler = 'x'.repeat(15_000);
await sleep(500);
console.log(`before: ${memory()} MB of memory, ${disk()} MB of disk`);
await abuse(`${count} keys, each with a workspace`, [200], () => repeat(count, () => emulator.request('GET', '/v1/usage', testKey())));
await abuse(`${count} fault rules, ${batch} a call`, [201], () => repeat(Math.ceil(count / batch), () => emulator.request('POST', '/_emu/faults', key, Array(batch).fill(rule))));
await abuse('1000 calls while the rules are active', [200], () => repeat(1_000, () => emulator.request('GET', '/v1/usage', testKey())));
await abuse('the rules, removed', [204], () => repeat(1, () => emulator.request('DELETE', '/_emu/faults', key)));
await abuse('20000 calls of 15 kB for the journal', [400], () => repeat(20_000, () => emulator.request('POST', '/v1/sessions', key, { profile: filler })));
await abuse('20000 sessions for the write-ahead log', [201], () => repeat(20_000, () => emulator.request('POST', '/v1/sessions', key, {})));
await abuse('reset of one workspace', [200], () => repeat(1, () => emulator.request('POST', '/_emu/reset', key, { key })));
await abuse('reset of everything', [200], () => repeat(1, () => emulator.request('POST', '/_emu/reset', key)));
await sleep(2_000);
console.log(`after: ${memory()} MB of memory, ${disk()} MB of disk`);

others.running = false;
await serving;
console.log(`errors: ${errors.length}${[...new Set(errors)].slice(0, 10).map(error => `\n  ${error}`).join('')}`);
await emulator.stop();
rmSync(folder, { recursive: true });
process.exit(errors.length ? 1 : 0);
