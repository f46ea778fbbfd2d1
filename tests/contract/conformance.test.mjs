// Runs `chaseremu conform` against Prism, which answers every request with an example of openapi.yaml: right forms, wrong behaviour.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { execFile } from 'node:child_process';
import { program } from '../clients/emulator.mjs';
import { contract, folder, Prism } from './tools.mjs';

/** The lines of a printed page. */
const page = 66;

const conform = (...args) => new Promise(done =>
  execFile('dotnet', [program, 'conform', ...args], (error, out, err) => done({ code: error?.code ?? 0, out, err })));

test('A server that answers with examples does not conform, and the report says why on one page', async t => {
  const prism = await Prism.mock(contract);
  t.after(() => prism.stop());
  const markdown = join(await folder(t), 'report.md');

  const { code, out, err } = await conform('--base-url', prism.address, '--key', 'cha_test_prism', '--cookie', 'any', '--markdown', markdown);

  assert.equal(code, 1, out + err);
  const wrong = out.slice(out.indexOf('What differs from the documentation:'));
  assert.ok(wrong.split('\n').length <= page, wrong);
  for (const cause of [
    /expires_at must be 60 s/,
    /DELETE \/v1\/sessions\/\S+: expected 409, but got 204/,
    /Two creations answered the same id/,
    /The number of sessions with limit=1 must be 1, but is 2/,
    /limit\.concurrency/,
  ]) assert.match(wrong, cause);
  const report = await readFile(markdown, 'utf8');
  assert.match(report, /^\*\*Documented checks failed\.\*\*$/m);
  assert.ok(report.slice(0, report.indexOf('## All checks')).split('\n').length <= page, report);
});
