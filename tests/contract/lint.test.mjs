// Lints the OpenAPI documents with Redocly.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { Emulator } from '../clients/emulator.mjs';
import { altered, contract, controlContract, folder, here, run } from './tools.mjs';

async function lint(document) {
  const { out, err } = await run('@redocly/cli/bin/cli.js', 'lint', document, '--config', join(here, 'redocly.yaml'), '--format', 'json');
  const report = JSON.parse(out.slice(out.indexOf('{')) || assert.fail(err));
  return report.problems.map(problem => `${problem.severity} ${problem.ruleId}: ${problem.message}`);
}

test('openapi.yaml has no lint errors', async () => {
  assert.deepEqual(await lint(contract), []);
});

test('openapi-control.yaml has no lint errors', async () => {
  assert.deepEqual(await lint(controlContract), []);
});

test('No schema has the name of a JavaScript global', async () => {
  for (const document of [contract, controlContract]) {
    const { components } = parse(await readFile(document, 'utf8'));
    assert.deepEqual(Object.keys(components.schemas).filter(name => name in globalThis), []);
  }
});

test('The OpenAPI 3.0 document has no lint errors', async t => {
  const emulator = await Emulator.start();
  t.after(() => emulator.stop());
  const path = join(await folder(t), 'openapi-3.0.yaml');
  const response = await fetch(`${emulator.address}/openapi/3.0.yaml`);
  const text = await response.text();
  await writeFile(path, text);
  const json = await (await fetch(`${emulator.address}/openapi/3.0.json`)).json();

  assert.match(text, /^openapi: '?3\.0\.\d/);
  assert.match(json.openapi, /^3\.0\.\d$/);
  assert.deepEqual(await lint(path), []);
});

test('An invalid example is reported', async t => {
  const problems = await lint(await altered(t, 'status: creating', 'status: asleep'));

  assert.ok(problems.some(problem => problem.includes('no-invalid-media-type-examples')), problems.join('\n'));
});
