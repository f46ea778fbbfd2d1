// Runs cases of Puppeteer's own test suite. Each test file has its own process, so that a broken browser fails the cases of one file only.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const preload = fileURLToPath(new URL('puppeteer-preload.cjs', import.meta.url));

/** The host names of the tests, which are on this machine. */
export const hosts = ['domain1.test', 'domain2.test', 'domain3.test'];

/** Returns what the runner runs if no files are given. */
export const listFiles = root => readdirSync(join(root, 'test/build'), { recursive: true }).filter(file => file.endsWith('.spec.js')).sort().map(file => `test/build/${file}`);

/** Runs the cases at some places (`file` or `file#title`) a number of times. Returns `{ name, place, statuses, error }` for each case. */
export async function run(root, browsers, places, { times, workers }) {
  const titles = new Map();
  for (const place of places) {
    const [file, ...title] = place.split('#');
    titles.set(file, [...titles.get(file) ?? [], ...title.length ? [title.join('#')] : []]);
  }
  const left = Array.from({ length: times }, () => [...titles]).flat(), cases = new Map();
  await Promise.all(Array.from({ length: workers }, async () => {
    while (left.length) {
      const [file, titles] = left.shift();
      for (const { fullTitle, status, error } of await runFile(root, browsers, file, titles)) {
        const name = `${file.replace('build', 'src').replace('.js', '.ts')} › ${fullTitle}`;
        if (!cases.has(name)) cases.set(name, { name, place: `${file}#${fullTitle}`, statuses: [] });
        cases.get(name).statuses.push(status);
        cases.get(name).error ??= error;
      }
    }
  }));
  return [...cases.values()];
}

async function runFile(root, browsers, file, titles) {
  const folder = mkdtempSync(join(tmpdir(), 'chaser-emu-peers-')), report = join(folder, 'report.json');
  const only = titles.length ? [`--grep=^(?:${titles.map(escape).join('|')})$`] : [];
  const child = spawn(process.execPath, ['node_modules/mocha/bin/mocha.js', '--no-config', '--require=test/build/mocha-utils.js', '--ui=tools/mocha-runner/bin/interface.js',
    '--timeout=15000', '--exit', '--reporter=json', `--reporter-option=output=${report}`, ...only, file], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 1_200_000,
    // The tests check that the browser's file exists, but do not start it.
    env: { ...process.env, NODE_OPTIONS: `--require=${preload}`, CHASER_EMU_PEERS_BROWSERS: browsers, CHASER_EMU_PEERS_PATH: root, HEADLESS: 'shell', BINARY: process.execPath },
  });
  await once(child, 'exit');
  if (!existsSync(report)) {
    console.log(`${file} ended without a report.`);
    return [];
  }
  const { tests, passes, pending } = JSON.parse(readFileSync(report, 'utf8'));
  rmSync(folder, { recursive: true });

  const [passed, skipped] = [passes, pending].map(list => new Set(list.map(({ fullTitle }) => fullTitle)));
  return tests.map(({ fullTitle, err }) => ({ fullTitle, error: err.message, status: passed.has(fullTitle) ? 'passed' : skipped.has(fullTitle) ? 'skipped' : 'failed' }));
}

const escape = title => title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
