// Runs many Playwright sessions at once for a given time. Memory, threads and handles must not grow. The byte count of each session must match the
// byte count of its web server.
//   node trust/soak.mjs [minutes] [sessions at once]
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { Emulator } from '../clients/emulator.mjs';

const minutes = Number(process.argv[2] || 10), lanes = Number(process.argv[3] || 50);
const pages = 10, size = 200_000;
const emulator = await Emulator.start('Limits:Concurrent=0', 'Limits:CreatesPerMinute=0', `Browsers:Max=${lanes + 2}`, 'Browsers:StartTimeoutSeconds=120');
const end = Date.now() + minutes * 60_000;
const errors = [], differences = [];
let sessions = 0, loads = 0, bytes = 0;

/** Starts a web server for one session. It counts the bytes of its connections. */
async function openSite() {
  const sockets = new Set();
  const server = createServer((_, response) => response.end(`<title>soak</title><p>${'x'.repeat(size)}`)).on('connection', socket => sockets.add(socket));
  await new Promise(listening => server.listen(0, '127.0.0.1', listening));
  return {
    address: `http://127.0.0.1:${server.address().port}/`,
    count: () => [...sockets].reduce((sum, socket) => sum + socket.bytesRead + socket.bytesWritten, 0),
    close: () => { server.close(); server.closeAllConnections(); },
  };
}

/** Runs one session: loads pages, deletes the session and compares the byte counts. */
async function runSession() {
  const site = await openSite();
  const session = await emulator.readySession();
  try {
    const browser = await chromium.connectOverCDP(session.cdpUrl, { timeout: 120_000 });
    const page = browser.contexts()[0].pages()[0];
    page.setDefaultTimeout(120_000);
    for (let i = 0; i < pages; i++, loads++) {
      await page.goto(site.address);
      await page.evaluate(() => document.querySelector('p').textContent.length);
    }

    await page.goto('about:blank');
    await browser.close();
    const response = await session.delete();
    if (response.status !== 204) errors.push(`DELETE returned ${response.status}.`);
    const { egress } = await session.inspect();
    const counted = egress.bytes_up + egress.bytes_down, carried = site.count();
    differences.push(Math.abs(counted - carried) / carried);
    bytes += carried;
    sessions++;
  } finally {
    site.close();
  }
}

function measure() {
  const status = readFileSync(`/proc/${emulator.pid}/status`, 'utf8');
  return {
    'MB': Math.round(Number(status.match(/VmRSS:\s+(\d+)/)[1]) / 1000),
    'threads': Number(status.match(/Threads:\s+(\d+)/)[1]),
    'handles': readdirSync(`/proc/${emulator.pid}/fd`).length,
    'browsers': execFileSync('ps', ['--ppid', String(emulator.pid), '--no-headers', '-o', 'pid']).toString().trim().split('\n').length,
  };
}

const row = (when, figures) => console.log(when.padEnd(22), Object.entries(figures).map(([name, figure]) => `${String(figure).padStart(6)} ${name}`).join(''));
async function measureIdle() {
  await sleep(5_000);
  return measure();
}

row('at the start, idle', await measureIdle());
const running = Promise.all(Array.from({ length: lanes }, async () => {
  while (Date.now() < end) await runSession().catch(error => errors.push(error.message));
}));
for (let tenth = 1; tenth <= 10; tenth++) {
  await sleep(Math.max(0, end - Date.now() - (10 - tenth) * minutes * 6_000));
  row(`after ${(tenth * minutes / 10).toFixed(1)} minutes`, { ...measure(), sessions });
}
await running;
row('at the end, idle', await measureIdle());

const worst = Math.max(0, ...differences);
console.log(`${sessions} sessions, ${lanes} at once, ${loads} page loads, ${(bytes / 1e6).toFixed(0)} MB from their servers`);
console.log(`largest difference between the byte counts of a session and its server: ${(worst * 100).toFixed(3)} %`);
console.log(`errors: ${errors.length}${errors.slice(0, 5).map(error => `\n  ${error}`).join('')}`);
await emulator.stop();
process.exit(errors.length || worst > 0.05 ? 1 : 0);
