// Builds and tests the Python package, with the Python of this machine that has the tools for it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { program } from '../clients/emulator.mjs';

const script = fileURLToPath(new URL('run.py', import.meta.url));
const { NODE_TEST_CONTEXT, ...inherited } = process.env;

// Debian's packages belong to /usr/bin/python3, which need not be the first python3 on the PATH.
const pythons = ['python3', '/usr/bin/python3'].map(python => ({ python, ...spawnSync(python, [script, '--needs'], { encoding: 'utf8' }) }));
const python = pythons.find(({ status }) => status === 0)?.python;
const skip = !python && pythons.map(({ python, stdout, error }) => `${python} lacks ${error ? 'itself' : stdout.trim()}`).join('; ');

test('The wheel and the sdist of the Python package pass its tests and the examples of its README', { skip }, () => {
  const { status, stdout, stderr } = spawnSync(python, [script], {
    encoding: 'utf8', maxBuffer: 64 << 20, env: { ...inherited, CHASER_EMU_COMMAND: process.env.CHASER_EMU_COMMAND ?? `dotnet '${program}'` },
  });
  assert.equal(status, 0, stdout + stderr);
  assert.deepEqual([...stdout.matchAll(/^(\d+) passed in /gm)].length, 3, stdout);
});
