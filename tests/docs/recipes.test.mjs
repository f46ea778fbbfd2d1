// Lints the CI examples. Their runs are in docs/commands-by-hand.md.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lintWorkflow } from '../contract/workflows.mjs';
import { root } from './commands.mjs';

const folder = join(root, 'examples/ci');

for (const name of readdirSync(folder).filter(name => name.startsWith('github-')))
  test(`actionlint finds no problem in ${name}`, async () => assert.deepEqual(await lintWorkflow(join(folder, name)), []));
