// Runs the examples that docs/commands.test.mjs does not run.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
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
  const { status, out, err } = await runToEnd(environment, program, ...args);
  assert.equal(status, 0, out + err);
  return out;
}

async function runToEnd(environment, program, ...args) {
  // Without NODE_TEST_CONTEXT a nested test runner reports itself and exits with its own status.
  const { NODE_TEST_CONTEXT, ...inherited } = process.env;
  const child = spawn(program, args, { env: { ...inherited, ...environment }, timeout: 120_000 });
  const output = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', text => output.out += text);
  child.stderr.setEncoding('utf8').on('data', text => output.err += text);
  const status = await new Promise((done, failed) => child.once('error', failed).once('close', done));
  return { status, ...output };
}

test('The tests of checkout-app pass', async t => {
  const copy = join(folder, 'checkout-app');
  await cp(join(examples, 'checkout-app'), copy, { recursive: true });

  // With compose the app has a fixed port. Here it listens on a free port and prints it.
  const app = spawn(process.execPath, [join(copy, 'app/server.mjs')], { env: { ...process.env, PORT: '0' } });
  t.after(() => app.kill());
  const port = String((await once(app.stdout, 'data'))[0]).match(/\d+/)[0];

  const out = await run({ CHASER_API: emulator.address, APP: `http://127.0.0.1:${port}` }, process.execPath, '--test', join(copy, 'tests/checkout.test.mjs'));
  assert.match(out, /pass 2\b/);
});

test('The .NET example runs', async () => {
  const program = join(examples, 'dotnet/bin/Release/net10.0/ChaserEmu.Example.dll');
  assert.equal(await run({ CHASER_EMU: emulator.address }, 'dotnet', program), 'Hello\n204\n');
});

test('The TypeScript SDK passes its tests, and fails them when it sends what the contract does not have', async t => {
  const strict = await Emulator.start('Requests:Deviations=refuse', 'Browsers:Path=none');
  t.after(() => strict.stop());
  const copy = join(folder, 'sdk');
  await cp(join(examples, 'sdk/typescript'), copy, { recursive: true });
  await writeFile(join(copy, 'package.json'), '{"type":"module"}');

  // The options in github.yml.
  const [, options] = (await readFile(join(copy, 'github.yml'), 'utf8')).match(/- run: npx tsc (.*)/);
  const test = async () => {
    await run({}, 'bash', '-c', `cd ${copy} && node '${modules}/typescript/bin/tsc' ${options}`);
    return runToEnd({ CHASER_EMU: strict.address }, process.execPath, '--test', join(copy, 'build/client.test.js'));
  };

  const right = await test();
  assert.equal(right.status, 0, right.out + right.err);
  assert.match(right.out, /pass 2\b/);

  const client = join(copy, 'client.ts');
  await writeFile(client, (await readFile(client, 'utf8')).replace('ttl_seconds:', 'ttl:'));
  const wrong = await test();
  assert.equal(wrong.status, 1, wrong.out);
  assert.match(wrong.out, /400: .*ttl/);
});
