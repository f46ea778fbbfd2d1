// Fixtures and matchers for Playwright Test: import { test, expect } from "chaseremu/playwright".
import { chromium, expect as baseExpect, type ExpectMatcherState, type MatcherReturnType, type TestInfo, test as baseTest } from "@playwright/test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Expected } from "./client.js";
import { ChaserEmulator, type StartOptions } from "./emulator.js";
import { ChaserEmulatorError, JournalVerificationError } from "./errors.js";
import { EmulatorSession } from "./session.js";
import type { CallMatch, ClockReading, CreateSessionRequest, EndedReason, JournalEntry, SessionInspection } from "./types.js";

/** Options that `test.use({ … })` and the configuration set. */
export interface EmulatorTestOptions {
  /** Whether `key` is a `cha_test_` key, whose sessions have no browser (default false). The fixtures `page` and `context` need a browser. */
  testMode: boolean;
  /** The body of the request that creates `session`, such as `{ ttl_seconds: 60 }` (default `{}`). */
  sessionRequest: CreateSessionRequest;
}

/** Options that apply to all tests of a worker. */
export interface EmulatorWorkerOptions {
  /** How the emulator of the worker starts (default `{ browsers: "found" }`). Ignored with `CHASER_EMU_URL`. */
  emulatorOptions: StartOptions;
}

/** Fixtures of each test. */
export interface EmulatorTestFixtures {
  /** A new API key. Its workspace is reset after the test. */
  key: string;
  /** A ready session of `key`. The journal has one `createSession` for it. */
  session: EmulatorSession;
}

/** Fixtures of each worker. */
export interface EmulatorWorkerFixtures {
  /**
   * The emulator: one of the worker, or that of `CHASER_EMU_URL`, which all workers share. Calls that affect all tests of a shared emulator, such
   * as moving its clock, need `{ shared: true }`. After a test, the worker's emulator gets the clock rate back and has no fault rules.
   */
  emulator: ChaserEmulator;
}

const pollIntervalMs = 50;
const keys = new WeakMap<TestInfo, string>();

/**
 * Playwright's `test` with the fixtures `emulator`, `key` and `session`. `page` and `context` are those of the session's browser, over CDP, with
 * the session's device. If a test fails, the report has the calls of its key, the timeline of each session, and a screenshot.
 */
export const test = baseTest.extend<EmulatorTestOptions & EmulatorTestFixtures, EmulatorWorkerOptions & EmulatorWorkerFixtures>({
  testMode: [false, { option: true }],
  sessionRequest: [{}, { option: true }],
  emulatorOptions: [{}, { option: true, scope: "worker" }],

  emulator: [async ({ emulatorOptions }, use) => {
    const url = process.env["CHASER_EMU_URL"];
    const emulator = url
      ? await ChaserEmulator.connect(url, { token: process.env["CHASER_EMU_TOKEN"], shared: true })
      : await ChaserEmulator.start({ browsers: "found", ...emulatorOptions });
    await use(emulator);
    await emulator.stop();
  }, { scope: "worker", timeout: 90_000 }],

  key: [async ({ emulator, testMode }, use, testInfo) => {
    const key = emulator.newKey({ testMode });
    const clock = emulator.isShared ? undefined : await emulator.clock.get();
    keys.set(testInfo, key);
    await use(key);
    try {
      if (testInfo.status !== testInfo.expectedStatus) await attachEvidence(emulator, key, testInfo);
    } finally {
      await emulator.reset({ key });
      if (clock) await restore(emulator, clock);
    }
  }, { auto: true }],

  session: async ({ emulator, key, sessionRequest }, use) => {
    await use(await emulator.openSession(key, sessionRequest));
  },

  context: async ({ session, testMode }, use) => {
    if (testMode) throw new ChaserEmulatorError("The fixtures page and context need a browser, and sessions of a cha_test_ key have none. Set testMode to false.");
    const browser = await chromium.connectOverCDP(session.cdpUrl);
    await use(browser.contexts()[0]!);
    await browser.close();
  },

  page: async ({ context }, use) => {
    await use(context.pages()[0]!);
  },
});

/** Playwright's `expect` with matchers for emulators and sessions. */
export const expect = baseExpect.extend({
  /**
   * Verifies that the emulator received calls that match: `times` of them, at least one by default. Counts the calls of the test's `key`, unless
   * the match names a `key`, `workspace` or `session`.
   */
  async toHaveReceived(this: ExpectMatcherState, emulator: ChaserEmulator, match: CallMatch, times: number | Expected = { atLeast: 1 }): Promise<MatcherReturnType> {
    const scoped = match.key ?? match.workspace ?? match.session ? match : { ...match, key: keys.get(baseTest.info()) };
    try {
      const count = await emulator.journal.verify(scoped, typeof times === "number" ? { exactly: times } : times);
      return { name: "toHaveReceived", pass: true, message: () => `Expected other calls, but ${count} match ${JSON.stringify(match)}.` };
    } catch (error) {
      if (!(error instanceof JournalVerificationError)) throw error;
      return { name: "toHaveReceived", pass: false, message: () => error.message };
    }
  },

  /** Verifies that a session has ended, for this reason if one is given. Waits, in real time, for the timeout of `expect`. */
  async toHaveEnded(this: ExpectMatcherState, session: EmulatorSession, reason?: EndedReason): Promise<MatcherReturnType> {
    const deadline = Date.now() + (this.isNot ? 0 : this.timeout);
    let state = await session.inspect();
    while (!hasEnded(state) && Date.now() < deadline) {
      await sleep(pollIntervalMs);
      state = await session.inspect();
    }
    const actual = hasEnded(state) ? `has ended: ${state.status}, ended_reason ${state.ended_reason}` : `is ${state.status}; its next deadline is ${state.next_due}`;
    return {
      name: "toHaveEnded",
      pass: hasEnded(state) && (reason === undefined || state.ended_reason === reason),
      message: () => `Expected session ${session.id} ${this.isNot ? "not " : ""}to have ended${reason === undefined ? "" : ` as ${reason}`}, but it ${actual}.`,
    };
  },
});

const hasEnded = (session: SessionInspection): boolean => session.status === "closed" || session.status === "error";

/** Undoes what a test did to the worker's emulator. The clock does not go back. */
async function restore(emulator: ChaserEmulator, before: ClockReading): Promise<void> {
  await emulator.faults.deleteAll();
  const now = await emulator.clock.get();
  if (now.rate !== before.rate || now.frozen !== before.frozen) await emulator.clock.run(before.rate);
  if (before.frozen) await emulator.clock.freeze();
}

/** Attaches what a failed test did: the calls of its key, and for each session the timeline and a picture. */
async function attachEvidence(emulator: ChaserEmulator, key: string, testInfo: TestInfo): Promise<void> {
  const { entries } = await emulator.journal.query({ key });
  await testInfo.attach("journal.json", { body: JSON.stringify(entries, null, 2), contentType: "application/json" });
  const ids = new Set(entries.filter(({ operation }) => operation === "createSession").map(({ session_id }) => session_id));
  for (const id of ids) {
    if (id === null) continue;
    const session = await emulator.sessions.get(id);
    await testInfo.attach(`${id}-timeline.txt`, { body: await timeline(emulator, session), contentType: "text/plain" });
    if (!session.test_mode) await attachPicture(emulator, session, key, testInfo);
  }
}

async function attachPicture(emulator: ChaserEmulator, session: SessionInspection, key: string, testInfo: TestInfo): Promise<void> {
  const id = session.session_id;
  try {
    if (session.status === "ready") {
      await testInfo.attach(`${id}.png`, { body: Buffer.from(await emulator.screenshot(id, key)), contentType: "image/png" });
    } else {
      // After the end of a session, the emulator has only the last small picture that it took, if any.
      await testInfo.attach(`${id}.jpg`, { body: Buffer.from(await emulator.sessions.frame(id, { width: 1280 })), contentType: "image/jpeg" });
    }
  } catch (error) {
    if (!(error instanceof ChaserEmulatorError)) throw error;
    await testInfo.attach(`${id}-no-picture.txt`, { body: error.message, contentType: "text/plain" });
  }
}

/** Returns what happened to a session, one line per event, in emulated time. */
async function timeline(emulator: ChaserEmulator, session: SessionInspection): Promise<string> {
  const [calls, failures] = await Promise.all([emulator.journal.query({ session: session.session_id }), emulator.sessions.failedRequests(session.session_id)]);
  const events: [at: string | null, what: string][] = [
    [session.created_at, "created"],
    [session.ready_at, `ready: ${session.device}`],
    ...calls.entries.map((call): [string, string] => [call.at, describe(call)]),
    ...failures.map((failure): [string, string] => [failure.at, `connection to ${failure.host}:${failure.port} failed: ${failure.outcome}, ${failure.cause}${failure.fault_id ? ` ${failure.fault_id}` : ""}`]),
    [session.ended_at, `ended: ${session.status}, ended_reason ${session.ended_reason}, CDP bytes up ${session.cdp.bytes_up} down ${session.cdp.bytes_down}, network bytes up ${session.egress.bytes_up} down ${session.egress.bytes_down}`],
  ];
  const known = events.flatMap(([at, what]) => at === null ? [] : [{ at, what }]);
  return known.sort((one, other) => one.at < other.at ? -1 : one.at > other.at ? 1 : 0).map(({ at, what }) => `${at}  ${what}\n`).join("");
}

const describe = ({ method, path, status, error_code, fault, deviations }: JournalEntry): string =>
  `${method} ${path} → ${status}${error_code ? ` ${error_code}` : ""}${fault ? ` (fault ${fault})` : ""}${deviations.map(({ kind }) => ` (deviation ${kind})`).join("")}`;
