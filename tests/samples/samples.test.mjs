// The samples, run as their readers would run them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Emulator } from '../clients/emulator.mjs';

const here = name => fileURLToPath(new URL(name, import.meta.url));
const modules = here('../node_modules');
let emulator;
before(async () => emulator = await Emulator.start());
after(() => emulator.stop());

function run(program, ...args) {
  // A runner inside of a runner would report to it, and not end with a status of its own.
  const { NODE_TEST_CONTEXT, ...inherited } = process.env;
  return spawnSync(program, args, { env: { ...inherited, CHASER_EMU: emulator.address }, encoding: 'utf8', timeout: 60_000 });
}

const hasPython = spawnSync('python3', ['--version']).status === 0;

test('Python', { skip: !hasPython && 'there is no python3' }, () => {
  const ran = run('python3', here('retry.py'));
  assert.equal(ran.status, 0, ran.stderr);
  assert.match(ran.stderr, /Ran 1 test/);
});

test('TypeScript', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'chaser-emu-samples-'));
  t.after(() => rm(folder, { recursive: true }));
  await symlink(modules, join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  const compiled = run(process.execPath, join(modules, 'typescript/bin/tsc'), '--strict', '--target', 'es2022', '--module', 'es2022',
    '--moduleResolution', 'bundler', '--lib', 'es2022,dom', '--types', 'node', '--skipLibCheck', '--outDir', folder, here('expired.ts'));
  assert.equal(compiled.status, 0, compiled.stdout);
  const ran = run(process.execPath, '--test', join(folder, 'expired.js'));
  assert.equal(ran.status, 0, ran.stdout + ran.stderr);
  assert.match(ran.stdout, /pass 1/);
});
