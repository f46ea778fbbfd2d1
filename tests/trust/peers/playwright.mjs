// Runs cases of Playwright's own test suite.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const preload = fileURLToPath(new URL('playwright-preload.cjs', import.meta.url));

export const hosts = [];

/** Returns what the runner runs if no files are given. */
export const listFiles = () => ['tests/page', 'tests/library/chromium/connect-over-cdp.spec.ts'];

/**
 * Runs the cases at some places (`file` or `file:line`) a number of times. Returns `{ name, place, statuses, error }` for each case;
 * a status is `passed`, `failed` or `skipped`.
 */
export async function run(root, browsers, places, { times, workers }) {
  const folder = mkdtempSync(join(tmpdir(), 'chaser-emu-peers-')), report = join(folder, 'report.json');
  const child = spawn(process.execPath, ['node_modules/@playwright/test/cli.js', 'test', '--config=tests/library/playwright.config.ts', '--project=chromium-page', '--project=chromium-library',
    '--reporter=json', '--max-failures=0', '--retries=0', '--timeout=15000', `--workers=${workers}`, `--repeat-each=${times}`, `--output=${join(folder, 'output')}`, ...places], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: `--require=${preload}`, CHASER_EMU_PEERS_BROWSERS: browsers, CHASER_EMU_PEERS_PATH: root, PLAYWRIGHT_JSON_OUTPUT_FILE: report },
  });
  await once(child, 'exit');
  const { config, suites } = JSON.parse(readFileSync(report, 'utf8'));
  rmSync(folder, { recursive: true });

  const cases = new Map();
  for (const { spec, titles } of suites.flatMap(suite => specsOf(suite, []))) {
    const file = relative(root, join(config.rootDir, spec.file)), name = [file, ...titles, spec.title].join(' › ');
    if (!cases.has(name)) cases.set(name, { name, place: `${file}:${spec.line}`, statuses: [] });
    cases.get(name).statuses.push(...spec.tests.map(statusOf));
    cases.get(name).error ??= spec.tests.flatMap(test => test.results).find(result => result.error)?.error.message;
  }
  return [...cases.values()];
}

const specsOf = (suite, titles) => [
  ...suite.specs.map(spec => ({ spec, titles })),
  ...(suite.suites ?? []).flatMap(inner => specsOf(inner, [...titles, inner.title])),
];

/** A case that is expected to fail and fails has passed, too. */
function statusOf({ status }) {
  return { expected: 'passed', flaky: 'passed', unexpected: 'failed', skipped: 'skipped' }[status];
}
