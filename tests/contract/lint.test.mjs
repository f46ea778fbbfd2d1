// Redocly reads the contract as a careful reviewer would.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Emulator } from '../clients/emulator.mjs';
import { altered, contract, folder, here, run } from './tools.mjs';

async function lint(document) {
  const { out, err } = await run('@redocly/cli/bin/cli.js', 'lint', document, '--config', join(here, 'redocly.yaml'), '--format', 'json');
  const report = JSON.parse(out.slice(out.indexOf('{')) || assert.fail(err));
  return report.problems.map(problem => `${problem.severity} ${problem.ruleId}: ${problem.message}`);
}

test('the checked-in contract has no fault', async () => {
  assert.deepEqual(await lint(contract), []);
});

test('the contract that is served as OpenAPI 3.0 has none either', async t => {
  const emulator = await Emulator.start();
  t.after(() => emulator.stop());
  const path = join(await folder(t), 'openapi-3.0.yaml');
  const answer = await fetch(`${emulator.address}/openapi/3.0.yaml`);
  const text = await answer.text();
  await writeFile(path, text);
  const json = await (await fetch(`${emulator.address}/openapi/3.0.json`)).json();

  assert.match(text, /^openapi: '?3\.0\.\d/);
  assert.match(json.openapi, /^3\.0\.\d$/);
  assert.deepEqual(await lint(path), []);
});

test('a fault would be found', async t => {
  const faults = await lint(await altered(t, 'status: creating', 'status: asleep'));

  assert.ok(faults.some(fault => fault.includes('no-invalid-media-type-examples')), faults.join('\n'));
});
