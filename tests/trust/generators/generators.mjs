// Generates clients from openapi.yaml, compiles them with an adapter, and runs a session with them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newKey } from '../../clients/emulator.mjs';

export const here = fileURLToPath(new URL('.', import.meta.url));
const contract = fileURLToPath(new URL('../../../openapi.yaml', import.meta.url));

// Without skipLibCheck, the compiler spends half of the time on its own libraries.
const options = ['--strict', '--skipLibCheck', '--target', 'es2022', '--module', 'nodenext', '--lib', 'es2022,dom,dom.iterable', '--types', 'node'];

/** The commands of each generator: programs of npm packages that write into the folder "generated". */
export const generators = {
  'openapi-typescript': [['openapi-typescript/bin/cli.js', contract, '--output', 'generated/schema.ts', '--default-non-nullable', 'false']],
  'hey-api': [['@hey-api/openapi-ts/bin/run.js', '--input', contract, '--output', 'generated', '--client', '@hey-api/client-fetch', '--silent']],
  orval: [
    ['orval/dist/bin/orval.mjs', '--input', contract, '--output', 'generated/api.ts', '--client', 'fetch'],
    ['orval/dist/bin/orval.mjs', '--input', contract, '--output', 'generated/zod.ts', '--client', 'zod'],
  ],
  'swagger-typescript-api': [['swagger-typescript-api/dist/cli.mjs', 'generate', '--path', contract, '--output', 'generated', '--name', 'api.ts', '--silent']],
  'openapi-zod-client': [['openapi-zod-client/bin.js', contract, '--output', 'generated/client.ts']],
  kiota: [],
};

/** Runs a program and returns its output. Throws if it fails. */
export async function run(cwd, program, ...args) {
  const child = spawn(program, args, { cwd, env: { ...process.env, NO_COLOR: '1', KIOTA_TELEMETRY_OPTOUT: '1' }, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '', err = '';
  child.stdout.setEncoding('utf8').on('data', text => out += text);
  child.stderr.setEncoding('utf8').on('data', text => err += text);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} exited with ${code}:\n${out}${err}`);
  return out;
}

/** Generates and compiles a client in a folder, with the npm packages in `modules`. */
export async function compile(name, path, modules) {
  await symlink(modules, join(path, 'node_modules'));
  await mkdir(join(path, 'generated'));

  // orval reads the version of zod from it.
  const { dependencies } = JSON.parse(await readFile(join(here, 'package.json'), 'utf8'));
  await writeFile(join(path, 'package.json'), JSON.stringify({ type: 'commonjs', dependencies }));
  for (const file of [`${name}.ts`, 'drive.ts']) await copyFile(join(here, file), join(path, file));

  for (const [program, ...args] of generators[name]) await run(path, process.execPath, join(modules, program), ...args);
  if (name === 'kiota') await run(here, 'dotnet', 'kiota', 'generate', '--openapi', contract, '--language', 'TypeScript', '--class-name', 'ChaserClient', '--output', join(path, 'generated'));
  await run(path, process.execPath, join(modules, 'typescript/bin/tsc'), ...options, `${name}.ts`);
}

/** Runs a compiled client against an emulator, with a key of its own. */
export async function drive(name, path, address) {
  const found = JSON.parse(await run(path, process.execPath, `${name}.js`, address, newKey()));
  assert.deepEqual(found, { status: 'ready', image: 'PNG', reason: 'client_delete', code: 'session_not_open', pages: true, sessions: 2, key: true });
}
