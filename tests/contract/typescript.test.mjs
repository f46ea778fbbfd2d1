// Generates TypeScript clients with openapi-typescript and hey-api, compiles and runs them. ./dev trust generators does so with more generators.
import assert from 'node:assert/strict';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { Emulator, newKey } from '../clients/emulator.mjs';
import { compile, drive } from '../trust/generators/generators.mjs';
import { contract, folder, here, run, runFile } from './tools.mjs';

const options = ['--strict', '--skipLibCheck', '--target', 'es2022', '--module', 'es2022', '--moduleResolution', 'bundler', '--lib', 'es2022,dom', '--types', 'node'];

async function compileClient(t, change = text => text) {
  const path = await folder(t);
  await symlink(fileURLToPath(new URL('../node_modules', import.meta.url)), join(path, 'node_modules'));
  await writeFile(join(path, 'package.json'), '{"type":"module"}');
  await writeFile(join(path, 'smoke.ts'), change(await readFile(join(here, 'smoke.ts'), 'utf8')));
  const generated = await run('openapi-typescript/bin/cli.js', contract, '--output', join(path, 'schema.ts'), '--default-non-nullable', 'false');
  assert.equal(generated.code, 0, generated.err);
  const compiled = await run('typescript/bin/tsc', ...options, '--outDir', path, join(path, 'smoke.ts'));
  return { path, compiled };
}

test('A TypeScript client compiles and works', async t => {
  const [emulator, { path, compiled }] = await Promise.all([Emulator.start(), compileClient(t)]);
  t.after(() => emulator.stop());
  assert.equal(compiled.code, 0, compiled.out);

  const result = await runFile(join(path, 'smoke.js'), emulator.address, newKey());

  assert.equal(result.code, 0, result.err);
  assert.deepEqual(JSON.parse(result.out), ['ready', 1, null, 'image/jpeg', 5, 'client_delete', 'session_not_open', ['session.created', 'session.ready', 'session.ended']]);
});

test('A client of hey-api compiles and works', async t => {
  const path = await folder(t);
  const [emulator] = await Promise.all([Emulator.start(), compile('hey-api', path, fileURLToPath(new URL('../node_modules', import.meta.url)))]);
  t.after(() => emulator.stop());

  await drive('hey-api', path, emulator.address);
});

test('A client with a wrong field name does not compile', async t => {
  const { compiled } = await compileClient(t, text => text.replace('ttl_seconds', 'ttl_minutes'));

  assert.notEqual(compiled.code, 0);
  assert.match(compiled.out, /ttl_minutes/);
});
