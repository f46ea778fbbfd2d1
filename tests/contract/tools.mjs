// Runs the tools that check the OpenAPI document, each as a separate process.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../clients/emulator.mjs';

export const here = fileURLToPath(new URL('.', import.meta.url));
export const contract = fileURLToPath(new URL('../../openapi.yaml', import.meta.url));
export const controlContract = fileURLToPath(new URL('../../docs/openapi-control.yaml', import.meta.url));
const modules = fileURLToPath(new URL('../node_modules/', import.meta.url));
const environment = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', NO_COLOR: '1' };

/** Runs a program of an npm package. Returns its exit code and output. */
export function run(program, ...args) {
  return runFile(join(modules, program), ...args);
}

/** Runs a script. Returns its exit code and output. */
export async function runFile(program, ...args) {
  const child = spawn(process.execPath, [program, ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '', err = '';
  child.stdout.setEncoding('utf8').on('data', text => out += text);
  child.stderr.setEncoding('utf8').on('data', text => err += text);
  const [code] = await once(child, 'close');
  return { code, out, err };
}

/** Creates a temporary folder that is deleted after the test. */
export async function folder(test) {
  const path = await mkdtemp(join(tmpdir(), 'chaser-emu-contract-'));
  test.after(() => rm(path, { recursive: true }));
  return path;
}

/** Writes a copy of openapi.yaml with one change that a tool must detect. Returns its path. */
export async function altered(test, from, to) {
  const text = await readFile(contract, 'utf8');
  if (text.search(from) < 0) throw new Error(`openapi.yaml does not contain "${from}".`);
  const path = join(await folder(test), 'openapi.yaml');
  await writeFile(path, text.replaceAll(from, to));
  return path;
}

/** Prism as a proxy in front of the emulator. It returns its own error if the traffic does not match the OpenAPI document. */
export class Prism {
  #process;
  #log = '';

  static start(document, upstream, ...options) {
    return Prism.#run('proxy', document, upstream, '--errors', ...options);
  }

  /** Prism as a server of its own, which answers with the examples of the document. */
  static mock(document) {
    return Prism.#run('mock', document);
  }

  static async #run(...args) {
    const prism = new Prism();
    prism.#process = spawn(
      process.execPath,
      [join(modules, '@stoplight/prism-cli/dist/index.js'), ...args, '--port', '0'],
      { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [prism.#process.stdout, prism.#process.stderr]) stream.setEncoding('utf8').on('data', text => prism.#log += text);
    const kill = () => prism.#process.kill();
    process.once('exit', kill);
    prism.address = await eventually(() => {
      if (prism.#process.exitCode !== null) throw new Error(prism.#log);
      return prism.#log.match(/listening on (\S+)/)?.[1];
    });
    return prism;
  }

  async stop() {
    this.#process.kill();
    if (this.#process.exitCode === null && this.#process.signalCode === null) await once(this.#process, 'exit');
  }
}
