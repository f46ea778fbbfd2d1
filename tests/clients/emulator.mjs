// The built emulator as a process of a test file's own, and sessions on it.
import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const program = fileURLToPath(new URL('../../src/ChaserEmu/bin/Release/net10.0/ChaserEmu.dll', import.meta.url));
const patience = 30_000;

/** What the program does beside serving: its output, or a failure with all that it said. */
export const runProgram = async (...args) => (await promisify(execFile)('dotnet', [program, ...args])).stdout;

/** Looks again until `read` gives a value that is so; for real things that take real time. */
export async function eventually(read, isSo = Boolean) {
  const end = Date.now() + patience;
  while (true) {
    const value = await read();
    if (isSo(value)) return value;
    if (Date.now() > end) throw new Error(`Still ${JSON.stringify(value)} after ${patience / 1000} s.`);
    await sleep(20);
  }
}

export class Emulator {
  #process;
  #log = '';

  /** Started and with a warm browser; settings as `Section:Key=value`. */
  static async start(...settings) {
    const emulator = new Emulator();
    await emulator.#start(settings);
    return emulator;
  }

  async #start(settings) {
    this.#process = spawn('dotnet', [program, '--urls', 'http://127.0.0.1:0', '--Storage:Path=:memory:', ...settings.map(setting => `--${setting}`)]);
    for (const stream of [this.#process.stdout, this.#process.stderr]) stream.setEncoding('utf8').on('data', text => this.#log += text);

    // The runner ends a file that takes too long with SIGTERM, which would leave the emulator behind.
    process.once('exit', () => this.#process.kill());
    process.once('SIGTERM', () => process.exit(143));

    this.addresses = await eventually(() => {
      if (this.#process.exitCode !== null) throw new Error(`The emulator did not start. Build it with «dotnet build --configuration Release».\n${this.#log}`);
      return this.#log.match(/listens on (.+): API/)?.[1].split(', ');
    });
    this.address = this.addresses[0];
    await eventually(async () => (await fetch(`${this.address}/readyz`)).ok);
  }

  get pid() {
    return this.#process.pid;
  }

  async stop() {
    this.#process.kill();
    await once(this.#process, 'exit');
  }

  /** An answer of `/v1`, as it is. */
  request(method, path, key, body) {
    return fetch(`${this.address}${path}`, {
      method,
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
      body: body && JSON.stringify(body),
    });
  }

  async advance(seconds) {
    const answer = await fetch(`${this.address}/_emu/clock/advance`, { method: 'POST', body: JSON.stringify({ seconds }) });
    if (!answer.ok) throw new Error(await answer.text());
  }

  /** A session in a workspace of its own, so that no test meets the limits or the bill of another. */
  async createSession() {
    const key = newKey();
    const created = await (await this.request('POST', '/v1/sessions', key, {})).json();
    return new Session(this, key, created);
  }

  async readySession() {
    const session = await this.createSession();
    await eventually(async () => (await session.resource()).status === 'ready');
    return session;
  }
}

export const newKey = () => `cha_live_${randomUUID()}`;

class Session {
  constructor(emulator, key, created) {
    this.emulator = emulator;
    this.key = key;
    this.id = created.id;
    this.cdpUrl = created.cdp_url;
  }

  async resource() {
    return (await this.emulator.request('GET', `/v1/sessions/${this.id}`, this.key)).json();
  }

  /** What the API does not show: the browser's pid, the charge, both meters. */
  async inspect() {
    return (await fetch(`${this.emulator.address}/_emu/sessions/${this.id}`)).json();
  }

  delete() {
    return this.emulator.request('DELETE', `/v1/sessions/${this.id}`, this.key);
  }
}
