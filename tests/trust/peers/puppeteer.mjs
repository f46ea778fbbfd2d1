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
  // The titles of each file; none means all.
  const files = new Map(places.filter(place => !place.includes('#')).map(file => [file, []]));
  for (const place of places.filter(place => place.includes('#'))) {
    const [file, title] = place.split(/#(.*)/s);
    const titles = files.get(file);
    if (!titles) files.set(file, [title]);
    else if (titles.length) titles.push(title);
  }
  const left = Array.from({ length: times }, () => [...files]).flat(), cases = new Map();
  await Promise.all(Array.from({ length: workers }, async () => {
    while (left.length) {
      const [file, titles] = left.shift();
      for (const { name, place, status, error } of await runFile(root, browsers, file, titles)) {
        if (!cases.has(name)) cases.set(name, { name, place, statuses: [] });
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
  if (!existsSync(report)) throw new Error(`${file} ended without a report.`);
  const { tests, passes, failures, pending } = JSON.parse(readFileSync(report, 'utf8'));
  rmSync(folder, { recursive: true });

  // A hook that fails is only in the list of failures. To repeat it, the whole file must run.
  const [all, passed, skipped] = [tests, passes, pending].map(list => new Set(list.map(({ fullTitle }) => fullTitle)));
  const hooks = failures.filter(({ fullTitle }) => !all.has(fullTitle));
  return [...tests, ...hooks].map(({ fullTitle, err }) => ({
    name: `${file.replace('build', 'src').replace('.js', '.ts')} › ${fullTitle}`,
    place: all.has(fullTitle) ? `${file}#${fullTitle}` : file,
    status: passed.has(fullTitle) ? 'passed' : skipped.has(fullTitle) ? 'skipped' : 'failed',
    error: err.message,
  }));
}

const escape = title => title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
