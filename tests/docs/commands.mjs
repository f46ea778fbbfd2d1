// Reads the commands in the documents, and the table of commands that were run by hand.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
const table = 'docs/commands-by-hand.md';

export const documents = ['README.md', 'CONTRIBUTING.md', 'examples/README.md', 'examples/checkout-app/README.md', 'src/ChaserEmu.Testing/README.md', 'src/ChaserEmu.Aspire.Hosting/README.md',
  'src/python/README.md', 'src/node/README.md', 'docs/skills/chaseremu/SKILL.md',
  ...readdirSync(join(root, 'docs')).map(name => `docs/${name}`)].filter(name => name.endsWith('.md') && name !== table);

const read = document => readFileSync(join(root, document), 'utf8');
const fence = /^```(\w*)\n(.*?)^```$/gms;

/**
 * Returns the blocks of a document that a reader runs or saves, each as a list of commands: shell blocks, and JavaScript blocks whose first line
 * is the name of the file to save them in (`// first.spec.mjs`). Other blocks are ignored.
 */
export const blocksOf = document => [...read(document).matchAll(fence)].flatMap(([, language, text]) => {
  if (/^((ba)?sh|shell|console)$/.test(language)) return [split(text)];
  const file = language === 'js' && text.match(/^\/\/ (\S+\.mjs)\n/)?.[1];
  return file ? [[`cat > ${file} <<'JS'\n${text}JS`]] : [];
});

/**
 * Returns the commands in running text and tables, such as `chaseremu doctor`. A program name alone and a command with a [placeholder] are not
 * commands. `./dev bench` and `./dev trust` are not included: they take long, and the documents show their results with the date.
 */
export const inlineOf = document => [...read(document).replace(fence, '').matchAll(/`([^`\n]+)`/g)].map(([, span]) => span)
  .filter(span => /^(\.\/dev (run|test)|(chaseremu|docker|npm|npx|node|python3|bash|dotnet|curl|sudo) |docker\/test\.sh)/.test(span) && !span.includes('['));

/** Splits a text into commands. A command ends at the first line where bash -n accepts it, so that bash handles quotes and here-documents. */
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
  if (command) throw new Error(`bash -n rejects this command: ${command}`);
  return commands;
}

/** Returns a command without its comments and on one line, as the table shows it. */
export const plain = command => command.replace(/(^|\s+)# .*$/gm, '').replace(/\s+/g, ' ').trim();

/** Returns the rows of the table of commands that were run by hand: | command | when | outcome |. */
export const byHand = () => read(table).split('\n').filter(line => line.startsWith('| `')).map(line => {
  const cells = line.replace(/^\| `|`(?= \| )/g, '').replaceAll('\\|', '\0').split(' | ').map(cell => cell.replaceAll('\0', '|').replace(/ \|$/, '').trim());
  return { command: cells[0], when: cells[1], outcome: cells[2] };
});
