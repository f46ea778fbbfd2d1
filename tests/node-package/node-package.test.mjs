// Packs the npm packages, installs them into an empty folder as a user does, and runs the tests of the README there.
// The environment variable CHASER_EMU_COMMAND replaces the built emulator.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually, program } from '../clients/emulator.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../../', import.meta.url));
const modules = join(root, 'tests/node_modules');
const command = process.env.CHASER_EMU_COMMAND ?? `dotnet ${program}`;
const isTestedPlatform = process.platform === 'linux' && process.arch === 'x64' && process.report.getReport().header.glibcVersionRuntime !== undefined;
const readme = await readFile(join(root, 'src/node/README.md'), 'utf8');

let folder, app;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chaser-emu-node-'));
  // In place of the published program, whose package takes long to compress, a script that runs the built one.
  const publishFolder = join(folder, 'publish');
  await mkdir(publishFolder);
  await writeFile(join(publishFolder, 'ChaserEmu'), `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
  const packed = await run(process.execPath, [join(root, 'src/node/pack.mjs'), '--out', folder, ...(isTestedPlatform ? [`linux-x64=${publishFolder}`] : [])]);
  assert.equal(packed.code, 0, packed.output);

  app = join(folder, 'app');
  await mkdir(app);
  await writeFile(join(app, 'package.json'), '{"private":true}');
  const tarballs = (await readdir(folder)).filter(name => name.endsWith('.tgz')).map(name => join(folder, name));
  const installed = await run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--cache', join(folder, 'npm-cache'), ...tarballs]);
  assert.equal(installed.code, 0, installed.output);

  for (const scope of ['@playwright', '@types']) await mkdir(join(app, 'node_modules', scope));
  for (const name of ['@playwright/test', '@types/node', 'testcontainers', 'typescript']) await symlink(join(modules, name), join(app, 'node_modules', name));
  for (const [file, text] of filesOf(readme)) await writeFile(join(app, file), text);
});
after(() => rm(folder, { recursive: true }));

/** Returns the TypeScript blocks whose first line is a file name. */
const filesOf = text => Array.from(text.matchAll(/^```ts\n(\/\/ (\S+)\n.*?)^```$/gms), ([, content, name]) => [name, content]);

/** Runs a program in the folder of the app. Returns its exit code and output. */
async function run(file, args, environment = {}) {
  // Without NODE_TEST_CONTEXT a nested test runner reports itself and exits with its own status.
  const { NODE_TEST_CONTEXT, CHASER_EMU_URL, ...inherited } = process.env;
  const child = spawn(file, args, { cwd: app ?? folder, env: { ...inherited, CHASER_EMU_COMMAND: command, ...environment }, stdio: ['ignore', 'pipe', 'pipe'], timeout: 240_000 });
  let output = '', out = '';
  child.stdout.setEncoding('utf8').on('data', text => { output += text; out += text; });
  child.stderr.setEncoding('utf8').on('data', text => output += text);
  const code = await new Promise((done, failed) => child.once('error', failed).once('close', (code, signal) => done(code ?? signal)));
  return { code, out, output };
}

const playwright = (args, environment) => run(process.execPath, ['node_modules/@playwright/test/cli.js', 'test', ...args], environment);

const tsc = (...args) => run(process.execPath, ['node_modules/typescript/bin/tsc', '--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022,dom,esnext.disposable', '--types', 'node', ...args]);

const script = (text, environment) => run(process.execPath, ['--input-type=module', '--eval', text], environment);

test('The generated types are those of the contracts', async () => {
  const generated = await run(process.execPath, [join(root, 'src/node/generate.mjs'), folder]);
  assert.equal(generated.code, 0, generated.output);
  for (const file of ['control-api.ts', 'service-api.ts'])
    assert.ok(await readFile(join(folder, file), 'utf8') === await readFile(join(root, 'src/node/src', file), 'utf8'), `src/node/src/${file} is not current. Run: node src/node/generate.mjs`);
});

test('The Playwright tests of the README pass', async () => {
  const files = filesOf(readme).map(([name]) => name).filter(name => name.endsWith('.spec.ts'));
  assert.ok(files.includes('first.spec.ts'));

  const result = await playwright(['--reporter=line', '--workers=1', ...files]);

  assert.equal(result.code, 0, result.output);
  assert.match(result.output, new RegExp(`${files.length} passed`));
});

test('The code of the README and a sample compile, and the example for node:test passes', async () => {
  for (const name of ['sample.ts', 'sample.mts']) await cp(join(here, 'sample.ts'), join(app, name));
  const compiled = await tsc('--outDir', 'build', 'sample.ts', 'sample.mts', ...filesOf(readme).map(([name]) => name));
  assert.equal(compiled.code, 0, compiled.output);

  const result = await run(process.execPath, ['--test', 'build/expiry.test.js']);

  assert.equal(result.code, 0, result.output);
  assert.match(result.output, /pass 1/);
});

test('A misspelled field does not compile', async () => {
  const text = await readFile(join(here, 'sample.ts'), 'utf8');
  const replacements = Object.entries({ after_frames: 'after_frame', balance_micro_usd: 'balance', '"ttl_expired"': '"expired"', 'operation:': 'operatoin:' });
  for (const [index, [right, wrong]] of replacements.entries()) await writeFile(join(app, `wrong-${index}.ts`), text.replace(right, wrong));

  const compiled = await tsc('--noEmit', ...replacements.map((_, index) => `wrong-${index}.ts`));

  assert.notEqual(compiled.code, 0);
  for (const [index, [, wrong]] of replacements.entries()) assert.match(compiled.output, new RegExp(`wrong-${index}\\.ts.*${wrong.replace(':', '')}`));
});

test('import and require load the same classes', async () => {
  const result = await script(`
    import * as imported from 'chaseremu';
    import * as fixtures from 'chaseremu/playwright';
    import { createRequire } from 'node:module';
    const require = createRequire(import.meta.url);
    const required = require('chaseremu');
    console.log(Object.keys(required).sort().join() === Object.keys(imported).filter(name => !['__esModule', 'default', 'module.exports'].includes(name)).sort().join(),
      imported.ChaserEmulator === required.ChaserEmulator, fixtures.test === require('chaseremu/playwright').test, typeof fixtures.expect);`);
  assert.equal(result.output.trim(), 'true true true function');
});

test('A failed verification shows the closest calls', async () => {
  const result = await script(`
    import { ChaserEmulator } from 'chaseremu';
    const emulator = await ChaserEmulator.start();
    const key = emulator.newKey();
    await emulator.openSession(key, { ttl_seconds: 60 });
    await emulator.journal.verify({ key, operation: 'createSession', body: { ttl_seconds: 1800 } }, { exactly: 1 });`);
  assert.equal(result.code, 1);
  assert.match(result.output, /JournalVerificationError.*: Expected exactly 1 matching calls, but found 0\./);
  assert.match(result.output, /#1 POST \/v1\/sessions → 201: body\.ttl_seconds was 60 and not 1800/);
});

test('A failed Playwright test has the closest calls, the journal, the timeline and a screenshot in its report', async () => {
  await cp(join(here, 'failing.spec.ts'), join(app, 'failing.spec.ts'));

  const result = await playwright(['--reporter=json', '--workers=1', 'failing.spec.ts']);

  assert.equal(result.code, 1, result.output);
  const [ttl, reason, clock] = JSON.parse(result.out).suites[0].specs.map(spec => spec.tests[0].results[0]);
  assert.match(ttl.error.message, /POST \/v1\/sessions → 201: body\.ttl_seconds was 60 and not 1800/);
  assert.match(reason.error.message, /to have ended as idle_expired, but it has ended: closed, ended_reason substrate_down/);
  assert.equal(clock.status, 'passed');

  const attached = new Map(await Promise.all(ttl.attachments.map(async ({ name, path, body }) => [name.replace(/^sess_[-0-9a-f]{36}/, 'session'), path ? await readFile(path) : Buffer.from(body, 'base64')])));
  assert.equal(JSON.parse(attached.get('journal.json'))[0].operation, 'createSession');
  assert.match(String(attached.get('session-timeline.txt')), /POST \/v1\/sessions → 201\n\S+  created\n\S+  ready: Android/);
  assert.equal(attached.get('session.png')?.toString('latin1', 1, 4), 'PNG', [...attached.keys()].join());
});

test('Twenty workers on a shared emulator do not disturb one another', async t => {
  const { ChaserEmulator } = await import(join(app, 'node_modules/chaseremu/dist/index.mjs'));
  process.env.CHASER_EMU_COMMAND = command;
  const emulator = await ChaserEmulator.start();
  t.after(() => emulator.stop());
  await cp(join(here, 'shared.spec.ts'), join(app, 'shared.spec.ts'));

  const result = await playwright(['--reporter=json', '--workers=20', '--timeout=200000', 'shared.spec.ts'], { CHASER_EMU_URL: emulator.address });

  assert.equal(result.code, 0, result.output);
  const results = JSON.parse(result.out).suites[0].specs.map(spec => spec.tests[0].results[0]);
  assert.deepEqual(results.map(({ status }) => status), Array(20).fill('passed'));
  assert.equal(new Set(results.map(({ workerIndex }) => workerIndex)).size, 20);
  assert.deepEqual(await emulator.sessions.list(), []);
  assert.deepEqual(await emulator.faults.list(), []);
});

test('npx chaseremu runs the platform package, and passes arguments, signals and the exit code on', { skip: !isTestedPlatform && 'only for linux-x64' }, async () => {
  const { CHASER_EMU_COMMAND, ...environment } = process.env;
  const child = spawn(join(app, 'node_modules/.bin/chaseremu'), ['--urls', 'http://127.0.0.1:0', '--Storage:Path=:memory:', '--Browsers:Path=none'], { env: environment });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => output += text);
  const exited = new Promise(done => child.once('close', (code, signal) => done(code ?? signal)));
  const address = await eventually(() => {
    assert.equal(child.exitCode, null, output);
    return output.match(/listens on (\S+)/)?.[1];
  });
  assert.equal((await fetch(`${address}/livez`)).status, 200);

  child.kill('SIGTERM');

  assert.equal(await exited, 0, output);
  const invalid = await run(join(app, 'node_modules/.bin/chaseremu'), ['--Foo=1'], { CHASER_EMU_COMMAND: '' });
  assert.equal(invalid.code, 1);
  assert.match(invalid.output, /Unknown setting --Foo/);
});

test('The emulator ends with the process that started it, even after SIGKILL', async () => {
  const result = await script(`
    import { ChaserEmulator } from 'chaseremu';
    const emulator = await ChaserEmulator.start();
    console.log(emulator.address);
    process.kill(process.pid, 'SIGKILL');`);
  assert.equal(result.code, 'SIGKILL', result.output);
  await eventually(() => fetch(`${result.out.trim()}/livez`).then(() => false, () => true));
});

test('An emulator that cannot start, or is not found, says why', async () => {
  const start = settings => `import { ChaserEmulator } from 'chaseremu'; await ChaserEmulator.start({ settings: ${settings} });`;
  assert.match((await script(start('{ "Limits:Concurent": 1 }'))).output, /ChaserEmulatorError: ChaserEmu cannot start\. Its output:\n.*Unknown setting Limits:Concurent/);
  assert.match((await script(start('{}'), { CHASER_EMU_COMMAND: '/nowhere/ChaserEmu' })).output, /Cannot run \/nowhere\/ChaserEmu: .*ENOENT/);
  await rm(join(app, 'node_modules/@chaseremu'), { recursive: true, force: true });
  assert.match((await script(start('{}'), { CHASER_EMU_COMMAND: '', PATH: join(app, 'node_modules/.bin') })).output, /Found no emulator to start\. Install the package @chaseremu\/.*CHASER_EMU_COMMAND/);
});
