import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EmulatorClock, EmulatorFaults, EmulatorJournal, EmulatorSessions, EmulatorState, EmulatorWorkspaces, SharedGuard, type SharedOption } from "./client.js";
import { ControlClient } from "./control-client.js";
import { ChaserEmulatorError } from "./errors.js";
import { findProgram } from "./program.js";
import { EmulatorSession } from "./session.js";
import type { CreateSessionRequest, ResetOutcome, SessionInspection } from "./types.js";

/** Options of {@link ChaserEmulator.start}. */
export interface StartOptions {
  /**
   * `none` (default): no browsers, enough for sessions of `cha_test_` keys. `found`: the Chrome or Chromium of this machine (`CHROME_PATH`, or
   * one in the usual places); the start waits until it has answered.
   */
  browsers?: "none" | "found";
  /** Settings by their name in docs/settings.md, such as `{ "Sessions:IdleSeconds": 5 }`. They override everything else. */
  settings?: Record<string, string | number | boolean>;
  /** Receives the log output of the emulator. By default it is shown only if the start fails. */
  log?: (text: string) => void;
  /** The maximum time until the emulator is ready, in milliseconds (default 60,000). */
  timeoutMs?: number;
}

/** Options of {@link ChaserEmulator.connect}. */
export interface ConnectOptions {
  /** The value of the emulator's setting `Control:Token`, if it is set. */
  token?: string;
  /** True if other tests use the emulator at the same time. Calls that affect all of them then need `{ shared: true }`. */
  shared?: boolean;
  /** The maximum time until the emulator is ready, in milliseconds (default 60,000). */
  timeoutMs?: number;
}

const defaultTimeoutMs = 60_000;
const pollIntervalMs = 20;
const maxLogLength = 16_384;

/**
 * An emulator: its clock, faults, journal, sessions, state and workspaces. Start one with {@link ChaserEmulator.start}, or connect to a running
 * one with {@link ChaserEmulator.connect}.
 *
 * All methods reject with a {@link ChaserEmulatorError} if the emulator rejects the call or does not answer.
 */
export class ChaserEmulator implements AsyncDisposable {
  /** The base address, such as `http://127.0.0.1:8080`. Configure the code under test with it. */
  readonly address: string;
  /** Whether other tests use the emulator, too. */
  readonly isShared: boolean;
  /** The emulated clock. */
  readonly clock: EmulatorClock;
  /** The fault rules. */
  readonly faults: EmulatorFaults;
  /** The recorded calls. */
  readonly journal: EmulatorJournal;
  /** The sessions of all workspaces. */
  readonly sessions: EmulatorSessions;
  /** The stored state. */
  readonly state: EmulatorState;
  /** The workspaces. */
  readonly workspaces: EmulatorWorkspaces;

  private readonly control: ControlClient;
  private readonly guard: SharedGuard;

  private constructor(address: string, options: ConnectOptions, private readonly child?: EmulatorProcess) {
    this.address = address.replace(/\/+$/, "");
    this.isShared = options.shared ?? false;
    this.control = new ControlClient(this.address, options.token);
    this.guard = new SharedGuard(this.isShared);
    this.clock = new EmulatorClock(this.control, this.guard);
    this.faults = new EmulatorFaults(this.control, this.guard);
    this.journal = new EmulatorJournal(this.control, this.guard);
    this.sessions = new EmulatorSessions(this.control);
    this.state = new EmulatorState(this.control, this.guard);
    this.workspaces = new EmulatorWorkspaces(this.control);
  }

  /**
   * Starts an emulator on a free port of 127.0.0.1, with its data in memory, and returns it when it is ready. It ends with {@link stop}, or
   * with this process.
   *
   * The program is that of `CHASER_EMU_COMMAND`, else of the platform package such as `@chaseremu/linux-x64`, else `chaseremu` on the PATH.
   * Settings in environment variables (`CHASER_EMU_Section__Key`) apply, too.
   *
   * @throws ChaserEmulatorError if there is no program, or it cannot start; the message has its output.
   */
  static async start(options: StartOptions = {}): Promise<ChaserEmulator> {
    const settings: Record<string, string | number | boolean> = {
      urls: "http://127.0.0.1:0",
      "Storage:Path": ":memory:",
      // The line that shows the address has this level.
      "Logging:LogLevel:ChaserEmu": "Information",
      ...((options.browsers ?? "none") === "none" && { "Browsers:Path": "none" }),
      ...options.settings,
    };
    const deadline = Date.now() + (options.timeoutMs ?? defaultTimeoutMs);
    const child = new EmulatorProcess(Object.entries(settings).map(([name, value]) => `--${name}=${value}`), options.log);
    try {
      const token = settings["Control:Token"] ?? process.env["CHASER_EMU_Control__Token"];
      const emulator = new ChaserEmulator(await child.waitForAddress(deadline), { token: token === undefined ? undefined : String(token) }, child);
      await emulator.waitUntilReady(deadline);
      child.unref();
      return emulator;
    } catch (error) {
      await child.stop();
      throw error;
    }
  }

  /**
   * Connects to a running emulator, such as one in a container, and returns when it is ready.
   * @param url Its base address, such as `http://127.0.0.1:8080`.
   */
  static async connect(url: string | URL, options: ConnectOptions = {}): Promise<ChaserEmulator> {
    const emulator = new ChaserEmulator(String(url), options);
    await emulator.waitUntilReady(Date.now() + (options.timeoutMs ?? defaultTimeoutMs));
    return emulator;
  }

  /**
   * Returns a new random API key. Each key has its own workspace, so tests with different keys do not affect each other.
   * @param options `testMode: true` (default) for a `cha_test_` key, whose sessions have no browser; false for a `cha_live_` key, whose sessions
   * have a real one.
   */
  newKey(options: { testMode?: boolean } = {}): string {
    return ((options.testMode ?? true) ? "cha_test_" : "cha_live_") + randomBytes(32).toString("base64url");
  }

  /**
   * Creates a session with a key, as a client does, and returns it when it is ready. The journal records one `createSession`.
   * @throws ChaserEmulatorError if the creation is rejected, or the session ends before it is ready.
   */
  async openSession(key: string, request: CreateSessionRequest = {}): Promise<EmulatorSession> {
    const created = (await (await this.control.send("POST", "/v1/sessions", JSON.stringify(request), key)).json()) as { id: string };
    let session: SessionInspection;
    while ((session = await this.sessions.get(created.id)).status === "creating") await sleep(pollIntervalMs);
    if (session.status === "ready" && session.cdp_url !== null) return new EmulatorSession(this.control, this.sessions, created.id, key, session.cdp_url);
    throw new ChaserEmulatorError(`Session ${created.id} did not become ready: status ${session.status}, ended_reason ${session.ended_reason}. Sessions of a cha_live_ key need a browser: start the emulator with { browsers: "found" }.`);
  }

  /**
   * Resets everything: ends all sessions, deletes all state and fault rules, and resets the clock. With `key` resets the workspace of this key
   * only. Returns when this is completed.
   */
  async reset(options: { key?: string } & SharedOption = {}): Promise<ResetOutcome> {
    if (options.key === undefined) this.guard.check("Resetting everything", options);
    return this.control.json("POST", "/_emu/reset", { body: { key: options.key } });
  }

  /**
   * Stops the emulator if {@link start} started it, and returns when it and its browsers have ended. Does nothing to an emulator that
   * {@link connect} returned.
   */
  async stop(): Promise<void> {
    await this.child?.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** @internal Returns a PNG of the page of a ready session: `POST /v1/sessions/{id}/screenshot`. */
  async screenshot(id: string, key: string): Promise<Uint8Array> {
    return new Uint8Array(await (await this.control.send("POST", `/v1/sessions/${id}/screenshot`, undefined, key)).arrayBuffer());
  }

  private async waitUntilReady(deadline: number): Promise<void> {
    let problem: string;
    do {
      this.child?.throwIfExited();
      try {
        const response = await fetch(`${this.address}/readyz`, { signal: AbortSignal.timeout(Math.max(1, deadline - Date.now())) });
        if (response.ok) return;
        problem = `GET /readyz returns ${response.status}: ${await response.text()}`;
      } catch (error) {
        // It does not listen yet.
        problem = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      }
      await sleep(pollIntervalMs);
    } while (Date.now() < deadline);
    throw new ChaserEmulatorError(`The emulator at ${this.address} is not ready. ${problem}`);
  }
}

/** The process of an emulator, and the guard that ends it with this process. */
class EmulatorProcess {
  private readonly guard: ChildProcess;
  private readonly exited: Promise<unknown>;
  private log = "";

  constructor(args: readonly string[], private readonly onLog: ((text: string) => void) | undefined) {
    this.guard = spawn(process.execPath, [join(__dirname, "guard.js"), ...findProgram(), ...args], { stdio: "pipe" });
    // "close" comes after the last output; "exit" can come before it.
    this.exited = once(this.guard, "close");
    for (const stream of [this.guard.stdout, this.guard.stderr]) stream?.setEncoding("utf8").on("data", (text: string) => this.append(text));
  }

  async waitForAddress(deadline: number): Promise<string> {
    while (Date.now() < deadline) {
      this.throwIfExited();
      const address = /listens on ([a-z]+:\/\/[^\s,"\\]+)/.exec(this.log)?.[1];
      if (address) return address.replace("0.0.0.0", "127.0.0.1").replace("[::]", "127.0.0.1");
      await sleep(pollIntervalMs);
    }
    throw new ChaserEmulatorError(`The emulator did not start in time. Its output:\n${this.log}`);
  }

  throwIfExited(): void {
    if (this.guard.exitCode !== null || this.guard.signalCode !== null) throw new ChaserEmulatorError(`ChaserEmu cannot start. Its output:\n${this.log.trim()}`);
  }

  /** Lets this process end while the emulator runs. The emulator then ends, too. */
  unref(): void {
    this.guard.unref();
    for (const stream of [this.guard.stdin, this.guard.stdout, this.guard.stderr]) (stream as Socket | null)?.unref();
  }

  async stop(): Promise<void> {
    this.guard.ref();
    for (const stream of [this.guard.stdin, this.guard.stdout, this.guard.stderr]) (stream as Socket | null)?.ref();
    this.guard.stdin?.end();
    await this.exited;
  }

  private append(text: string): void {
    this.log = (this.log + text).slice(-maxLogLength);
    this.onLog?.(text);
  }
}
