// The examples, run as their readers would run them.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Emulator } from '../clients/emulator.mjs';

const examples = fileURLToPath(new URL('../../examples/', import.meta.url));
const modules = fileURLToPath(new URL('../node_modules', import.meta.url));
const has = program => spawnSync(program, ['--version']).status === 0;
let emulator, folder;

before(async () => {
  emulator = await Emulator.start();
  folder = await mkdtemp(join(tmpdir(), 'chaser-emu-examples-'));
  await symlink(modules, join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  for (const script of ['patchright.mjs', 'puppeteer.mjs']) await cp(join(examples, script), join(folder, script));
});
after(async () => {
  await emulator.stop();
  await rm(folder, { recursive: true });
});

const run = (program, ...args) => runWith({ CHASER_EMU: emulator.address }, program, ...args);

async function runWith(environment, program, ...args) {
  // A runner inside of a runner would report to it, and not end with a status of its own.
  const { NODE_TEST_CONTEXT, ...inherited } = process.env;
  const child = spawn(program, args, { env: { ...inherited, ...environment }, timeout: 120_000 });
  const ran = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', text => ran.out += text);
  child.stderr.setEncoding('utf8').on('data', text => ran.err += text);
  const status = await new Promise((done, failed) => child.once('error', failed).once('close', done));
  assert.equal(status, 0, ran.out + ran.err);
  return ran;
}

test('curl', { skip: !has('jq') && 'there is no jq' }, async () => {
  const { out } = await run('bash', join(examples, 'session.sh'));
  assert.match(out, /^\S*Chrom\S+\nready, .+, ws:\/\/127\.0\.0\.1:\d+\/sessions\/sess_\S+\nclosed: client_delete\n$/);
});

test('Python', { skip: !has('python3') && 'there is no python3' }, async () => {
  assert.match((await run('python3', join(examples, 'retry.py'))).err, /Ran 1 test/);
});

test('TypeScript', async t => {
  await run(process.execPath, join(modules, 'typescript/bin/tsc'), '--strict', '--target', 'es2022', '--module', 'es2022', '--moduleResolution', 'bundler',
    '--lib', 'es2022,dom', '--types', 'node', '--skipLibCheck', '--typeRoots', join(modules, '@types'), '--outDir', folder, ...await typescript());
  await t.test('Playwright', async () =>
    assert.match((await run(process.execPath, join(folder, 'playwright.js'))).out, /^Hello - clicked - Android .+\nclosed\n$/));
  await t.test('an expired session', async () => assert.match((await run(process.execPath, '--test', join(folder, 'expired.js'))).out, /pass 1/));
});

/** Copies, since the compiler looks for packages beside what it compiles. */
async function typescript() {
  const copies = ['playwright.ts', 'expired.ts'].map(name => join(folder, name));
  for (const copy of copies) await cp(join(examples, copy.slice(folder.length + 1)), copy);
  return copies;
}

for (const script of ['patchright.mjs', 'puppeteer.mjs'])
  test(script, async () => assert.equal((await run(process.execPath, join(folder, script))).out, 'Hello\n204\n'));

test('the app with its tests', async t => {
  const copy = join(folder, 'checkout-app');
  await cp(join(examples, 'checkout-app'), copy, { recursive: true });

  // Composed, it has an address of its own; here it listens on a free port, and says which.
  const app = spawn(process.execPath, [join(copy, 'app/server.mjs')], { env: { ...process.env, PORT: '0' } });
  t.after(() => app.kill());
  const port = String((await once(app.stdout, 'data'))[0]).match(/\d+/)[0];

  const { out } = await runWith({ CHASER_API: emulator.address, APP: `http://127.0.0.1:${port}` }, process.execPath, '--test', join(copy, 'tests/checkout.test.mjs'));
  assert.match(out, /pass 2\b/);
});

test('Playwright for .NET', async () => {
  const program = join(examples, 'dotnet/bin/Release/net10.0/ChaserEmu.Example.dll');
  assert.equal((await run('dotnet', program)).out, 'Hello\n204\n');
});
