// Starts the built emulator as a separate process for each test file, and creates sessions on it.
import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const program = fileURLToPath(new URL('../../src/ChaserEmu/bin/Release/net10.0/ChaserEmu.dll', import.meta.url));
const timeout = 30_000;

/** Runs a command of the program, such as `cert`. Returns its output; rejects if it fails. */
export const runProgram = async (...args) => (await promisify(execFile)('dotnet', [program, ...args])).stdout;

/** Polls `read` in real time until its value meets the condition. Throws after 30 s. */
export async function eventually(read, condition = Boolean) {
  const end = Date.now() + timeout;
  while (true) {
    const value = await read();
    if (condition(value)) return value;
    if (Date.now() > end) throw new Error(`Timed out after ${timeout / 1000} s. Last value: ${JSON.stringify(value)}`);
    await sleep(20);
  }
}

export class Emulator {
  #process;
  #log = '';

  /** Starts an emulator and waits until it is ready. Settings as `Section:Key=value`. */
  static async start(...settings) {
    const emulator = new Emulator();
    await emulator.#start(settings);
    return emulator;
  }

  async #start(settings) {
    this.#process = spawn('dotnet', [program, '--urls', 'http://127.0.0.1:0', '--Storage:Path=:memory:', ...settings.map(setting => `--${setting}`)]);
    for (const stream of [this.#process.stdout, this.#process.stderr]) stream.setEncoding('utf8').on('data', text => this.#log += text);

    // On a timeout, the test runner ends this process with SIGTERM. Without these handlers the emulator would keep running.
    process.once('exit', () => this.#process.kill());
    process.once('SIGTERM', () => process.exit(143));

    this.addresses = await eventually(() => {
      if (this.#process.exitCode !== null) throw new Error(`The emulator did not start. Build it first: dotnet build --configuration Release\n${this.#log}`);
      return this.#log.match(/listens on (.+)/)?.[1].split(', ');
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

  /** Makes a request with a key and returns the response. */
  request(method, path, key, body) {
    return fetch(`${this.address}${path}`, {
      method,
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
      body: body && JSON.stringify(body),
    });
  }

  async advance(seconds) {
    const response = await fetch(`${this.address}/_emu/clock/advance`, { method: 'POST', body: JSON.stringify({ seconds }) });
    if (!response.ok) throw new Error(await response.text());
  }

  /** Creates a session in a new workspace, so that tests do not share limits and balances. */
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

  /** Returns the internal state: the browser's pid, the price, the CDP and egress byte counts. */
  async inspect() {
    return (await fetch(`${this.emulator.address}/_emu/sessions/${this.id}`)).json();
  }

  delete() {
    return this.emulator.request('DELETE', `/v1/sessions/${this.id}`, this.key);
  }
}
