// The examples that are not run by one command of their README, which docs/commands.test.mjs types.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Emulator } from '../clients/emulator.mjs';

const examples = fileURLToPath(new URL('../../examples/', import.meta.url));
const modules = fileURLToPath(new URL('../node_modules', import.meta.url));
let emulator, folder;

before(async () => {
  emulator = await Emulator.start();
  folder = await mkdtemp(join(tmpdir(), 'chaser-emu-examples-'));
  await symlink(modules, join(folder, 'node_modules'));
});
after(async () => {
  await emulator.stop();
  await rm(folder, { recursive: true });
});

async function run(environment, program, ...args) {
  // A runner inside of a runner would report to it, and not end with a status of its own.
  const { NODE_TEST_CONTEXT, ...inherited } = process.env;
  const child = spawn(program, args, { env: { ...inherited, ...environment }, timeout: 120_000 });
  const ran = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', text => ran.out += text);
  child.stderr.setEncoding('utf8').on('data', text => ran.err += text);
  const status = await new Promise((done, failed) => child.once('error', failed).once('close', done));
  assert.equal(status, 0, ran.out + ran.err);
  return ran.out;
}

test('the app with its tests', async t => {
  const copy = join(folder, 'checkout-app');
  await cp(join(examples, 'checkout-app'), copy, { recursive: true });

  // Composed, it has an address of its own; here it listens on a free port, and says which.
  const app = spawn(process.execPath, [join(copy, 'app/server.mjs')], { env: { ...process.env, PORT: '0' } });
  t.after(() => app.kill());
  const port = String((await once(app.stdout, 'data'))[0]).match(/\d+/)[0];

  const out = await run({ CHASER_API: emulator.address, APP: `http://127.0.0.1:${port}` }, process.execPath, '--test', join(copy, 'tests/checkout.test.mjs'));
  assert.match(out, /pass 2\b/);
});

test('Playwright for .NET', async () => {
  const program = join(examples, 'dotnet/bin/Release/net10.0/ChaserEmu.Example.dll');
  assert.equal(await run({ CHASER_EMU: emulator.address }, 'dotnet', program), 'Hello\n204\n');
});
