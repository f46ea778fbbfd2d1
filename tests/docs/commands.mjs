// The commands that the documents tell their readers to type, and those of them that no test runs.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
const table = 'docs/commands-by-hand.md';

export const documents = ['README.md', 'CONTRIBUTING.md', 'examples/README.md', 'examples/checkout-app/README.md', 'src/ChaserEmu.Testing/README.md',
  ...readdirSync(join(root, 'docs')).map(name => `docs/${name}`)].filter(name => name.endsWith('.md') && name !== table);

const read = document => readFileSync(join(root, document), 'utf8');
const fence = /^```(\w*)\n(.*?)^```$/gms;

/**
 * The blocks of a document that a reader types or saves, each as a list of commands: shell blocks, and blocks in JavaScript whose first line
 * names the file to save them in (`// first.spec.mjs`). Other blocks only show something.
 */
export const blocksOf = document => [...read(document).matchAll(fence)].flatMap(([, language, text]) => {
  if (/^((ba)?sh|shell|console)$/.test(language)) return [split(text)];
  const file = language === 'js' && text.match(/^\/\/ (\S+\.mjs)\n/)?.[1];
  return file ? [[`cat > ${file} <<'JS'\n${text}JS`]] : [];
});

/**
 * Commands in running text and in tables, such as `chaseremu doctor`; a name alone is no command, and what has a [place] to fill is a form.
 * `./dev bench` and `./dev trust` take long, and stand beside the figures that they have printed, with the day.
 */
export const inlineOf = document => [...read(document).replace(fence, '').matchAll(/`([^`\n]+)`/g)].map(([, span]) => span)
  .filter(span => /^(\.\/dev (run|test)|(chaseremu|docker|npm|npx|node|python3|bash|dotnet|curl|sudo) |docker\/test\.sh)/.test(span) && !span.includes('['));

/** A command ends where bash is content with it, so that quotes, here-documents and backslashes are bash's own business. */
function split(text) {
  const commands = [];
  let command = '';
  for (const line of text.trim().split('\n')) {
    command += (command && '\n') + line;
    const { status, stderr } = spawnSync('bash', ['-n', '-c', command]);
    if (status !== 0 || stderr.length > 0 || command.endsWith('\\')) continue;
    if (plain(command)) commands.push(command);
    command = '';
  }
  if (command) throw new Error(`bash does not understand ${command}`);
  return commands;
}

/** Without the comment behind it, on one line: how the table names a command. */
export const plain = command => command.replace(/(^|\s+)# .*$/gm, '').replace(/\s+/g, ' ').trim();

/** The commands that were run by hand, from the table: | command | when | outcome |. */
export const byHand = () => read(table).split('\n').filter(line => line.startsWith('| `')).map(line => {
  const cells = line.replace(/^\| `|`(?= \| )/g, '').replaceAll('\\|', '\0').split(' | ').map(cell => cell.replaceAll('\0', '|').replace(/ \|$/, '').trim());
  return { command: cells[0], when: cells[1], outcome: cells[2] };
});
