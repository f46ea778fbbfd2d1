// Generates clients with seven generators, compiles them, and runs a session with each: create, screenshot, delete, list, usage and keys.
//   node trust/generators.mjs [generator ...]
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Emulator } from '../clients/emulator.mjs';
import { compile, drive, generators, here, run } from './generators/generators.mjs';

const modules = join(here, 'node_modules');
const root = fileURLToPath(new URL('../../', import.meta.url));
const names = process.argv.length > 2 ? process.argv.slice(2) : [...Object.keys(generators), 'nswag'];

async function tryClient(name, emulator) {
  // NSwag generates its client when the tests are built.
  if (name === 'nswag') return run(root, 'dotnet', 'test', 'tests/ChaserEmu.Tests', '--configuration', 'Release', '--no-build', '--filter', 'FullyQualifiedName~GeneratedClientTests');
  const path = await mkdtemp(join(tmpdir(), 'chaser-emu-generator-'));
  try {
    await compile(name, path, modules);
    await drive(name, path, emulator.address);
  } finally {
    await rm(path, { recursive: true });
  }
}

/** Returns the pinned version of a generator. */
async function readVersion(name) {
  if (name === 'kiota') return JSON.parse(await readFile(join(here, 'dotnet-tools.json'), 'utf8')).tools['microsoft.openapi.kiota'].version;
  if (name === 'nswag') return (await readFile(join(root, 'Directory.Packages.props'), 'utf8')).match(/NSwag.MSBuild" Version="(.*?)"/)[1];
  return JSON.parse(await readFile(join(here, 'package.json'), 'utf8')).dependencies[name === 'hey-api' ? '@hey-api/openapi-ts' : name];
}

if (names.includes('kiota')) await run(here, 'dotnet', 'tool', 'restore');
const emulator = await Emulator.start();
for (const name of names) {
  const began = performance.now(), line = `${name} ${await readVersion(name)}`.padEnd(40);
  try {
    await tryClient(name, emulator);
    console.log(`${line} works    ${((performance.now() - began) / 1000).toFixed(1)} s`);
  } catch (error) {
    console.log(`${line} fails\n${error.message}`);
    process.exitCode = 1;
  }
}

await emulator.stop();
