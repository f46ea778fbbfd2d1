// Uses the MCP server as an agent's host does: with the MCP Inspector, over HTTP and over stdio.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Emulator, newKey, program } from '../clients/emulator.mjs';

const inspector = fileURLToPath(new URL('../node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js', import.meta.url));
let emulator, folder, http, stdio;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chaser-emu-mcp-'));
  emulator = await Emulator.start('Mcp:Enabled=true');
  http = [`${emulator.address}/_emu/mcp`];
  stdio = ['dotnet', program, 'mcp', '-e', `CHASER_EMU_URL=${emulator.address}`];
});

after(async () => {
  await emulator?.stop();
  await rm(folder, { recursive: true });
});

/** Runs the inspector. Returns its result and what it printed on standard error; a failed tool or call has an exit code other than 0. */
async function inspect(server, ...args) {
  // Its settings and the list of servers are files in the home folder.
  const options = { env: { ...process.env, HOME: folder }, maxBuffer: 16 * 1024 * 1024 };
  const { stdout, stderr, code = 0 } = await promisify(execFile)('node', [inspector, '--cli', ...server, '--format', 'json', ...args], options).catch(error => error);
  return { result: stdout && JSON.parse(stdout).result, stderr, code };
}

const call = (server, tool, args, ...options) =>
  inspect(server, '--method', 'tools/call', '--tool-name', tool, '--tool-args-json', JSON.stringify(args), ...options);

test('The schemas of the tools are portable, and the same over HTTP and stdio', async () => {
  const [remote, local] = await Promise.all([http, stdio].map(server => inspect(server, '--method', 'tools/list', '--strict')));
  assert.equal(remote.code, 0, remote.stderr);
  assert.equal(remote.stderr, '');
  assert.deepEqual(local.result.tools, remote.result.tools);
});

test('take_screenshot returns a picture of a session', async () => {
  const session = await emulator.readySession();
  const file = join(folder, 'screenshot.jpg');
  const { code, stderr } = await call(http, 'take_screenshot', { session_id: session.id, width: 300 }, '--output', file, '--output-format', 'raw');
  assert.equal(code, 0, stderr);
  assert.deepEqual([...(await readFile(file)).subarray(0, 3)], [0xff, 0xd8, 0xff]);
});

test('A failed verification shows the closest call', async () => {
  const key = newKey();
  assert.equal((await emulator.request('POST', '/v1/sessions', key, { ttl_seconds: 60 })).status, 201);
  const { result, code } = await call(stdio, 'verify_calls', { key, operation: 'createSession', body: { ttl_seconds: 600 }, exactly: 1 });
  assert.notEqual(code, 0);
  assert.match(result.content[0].text, /found 0[^]+body\.ttl_seconds was 60 and not 600/);
});

test('A client of the newest protocol can read the documentation', async () => {
  const { result, stderr } = await inspect(http, '--protocol-era', 'modern', '--method', 'resources/read', '--uri', 'chaseremu://docs/control-plane.md');
  assert.match(result?.contents[0].text ?? stderr, /^# Control API/);
});
