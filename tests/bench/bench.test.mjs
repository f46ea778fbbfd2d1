// Tests that the benchmark runs. Does not check its figures.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const file = path => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const emulator = file('src/ChaserEmu/bin/Release/net10.0/ChaserEmu');
const bench = (...args) => spawnSync('dotnet', [file('tests/ChaserEmu.Benchmarks/bin/Release/net10.0/ChaserEmu.Benchmarks.dll'), ...args], { encoding: 'utf8', timeout: 120_000 });

test('--help lists the options and the rows', () => {
  const { status, stdout } = bench('--help');
  assert.equal(status, 0);
  for (const word of ['--rounds N', '--quick', '--markdown', '--list', 'tunnel-roundtrip', 'time-travel']) assert.ok(stdout.includes(word), word);
});

test('An unknown row is rejected with the list of rows', () => {
  const { status, stdout, stderr } = bench('--emulator', emulator, 'warp-drive');
  assert.deepEqual([status, stdout], [2, '']);
  assert.match(stderr, /^There is no row 'warp-drive'\. Rows: .*time-travel/);
});

test('An invalid option is rejected', () => {
  const { status, stderr } = bench('--list', '--rounds', 'many');
  assert.equal(status, 2);
  assert.match(stderr, /'--rounds'/);
});

test('--list prints the selected rows', () => assert.equal(bench('--list', 'tunnel-e', 'idle').stdout, 'tunnel-eight\nidle\n'));

test('A row is measured and printed as a table', () => {
  const { status, stdout, stderr } = bench('--emulator', emulator, 'time-travel', '--quick', '--markdown');
  assert.equal(status, 0, stderr);
  const [, head, , row] = stdout.split('\n').filter(Boolean);
  assert.equal(head, '| row | work | ours | peer | ratio [p10–p90] | goal | met |');
  assert.match(row, /^\| time-travel \| create 1,000, advance, all ttl_expired \| [\d,.]+ ms \|/);
});
