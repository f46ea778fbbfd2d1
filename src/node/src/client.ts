// The parts of an emulator: clock, faults, journal, sessions, state and workspaces.
import type { ControlClient } from "./control-client.js";
import { ChaserEmulatorError } from "./errors.js";
import type {
  CallMatch, CdpJournalPage, CdpMatch, CdpRecording, ClockMove, ClockReading, ClockUpdate, EndedReason, FailedRequest, FaultEffect, FaultMatch,
  FaultPreset, FaultRequest, FaultResource, JournalPage, SessionInspection, SessionStatus, StateImported, UpdateWorkspaceRequest, WorkspaceInspection,
} from "./types.js";

/** Emulated time: a number of seconds, or its parts, such as `{ minutes: 5 }`. */
export type Duration = number | { days?: number; hours?: number; minutes?: number; seconds?: number };

/** Confirms a call that affects all users of a shared emulator. */
export interface SharedOption {
  /** Must be true if the emulator is shared with other tests; see {@link ConnectOptions.shared}. */
  shared?: boolean;
}

/** Refuses calls that affect everybody who uses a shared emulator, unless the caller confirms them. */
export class SharedGuard {
  constructor(readonly isShared: boolean) {}

  check(what: string, options: SharedOption | undefined): void {
    if (this.isShared && options?.shared !== true)
      throw new ChaserEmulatorError(`${what} affects all tests that share this emulator. Pass { shared: true } if that is intended, or start an emulator for this test.`);
  }
}

const toSeconds = (by: Duration): number =>
  typeof by === "number" ? by : (by.days ?? 0) * 86_400 + (by.hours ?? 0) * 3_600 + (by.minutes ?? 0) * 60 + (by.seconds ?? 0);

/**
 * Reads and moves the emulated clock, which drives TTLs, idle limits, rate limits, timestamps and billing. All workspaces share one clock. Only
 * a reset of the whole emulator sets it back.
 */
export class EmulatorClock {
  /** @internal */
  constructor(private readonly control: ControlClient, private readonly guard: SharedGuard) {}

  /** Returns the current reading. */
  get(): Promise<ClockReading> {
    return this.control.json("GET", "/_emu/clock");
  }

  /** Freezes the clock. Only {@link advance} and {@link set} move it then. */
  async freeze(options?: SharedOption): Promise<ClockUpdate> {
    return this.change("Freezing the clock", { frozen: true }, options);
  }

  /** Lets the clock run, from its current time. `rate`: emulated seconds per real second, above 0, at most 1,000,000 (default 1). */
  async run(rate = 1, options?: SharedOption): Promise<ClockUpdate> {
    return this.change("Changing the rate of the clock", { rate, frozen: false }, options);
  }

  /**
   * Advances the clock by 0 to 316,224,000 seconds (ten years). Timers that expire on the way fire in order, each at its own timestamp. Returns
   * when all of them have completed, with the sessions that became ready or ended.
   */
  async advance(by: Duration, options?: SharedOption): Promise<ClockMove> {
    this.guard.check("Advancing the clock", options);
    return this.control.json("POST", "/_emu/clock/advance", { body: { seconds: toSeconds(by) } });
  }

  /** Advances the clock to a time: a `Date` or an ISO 8601 string, not before the current emulated time. */
  async set(now: Date | string, options?: SharedOption): Promise<ClockUpdate> {
    return this.change("Setting the clock", { now: now instanceof Date ? now.toISOString() : now }, options);
  }

  private change(what: string, body: object, options: SharedOption | undefined): Promise<ClockUpdate> {
    this.guard.check(what, options);
    return this.control.json("PUT", "/_emu/clock", { body });
  }
}

/** Adds, lists and deletes fault rules. Rules apply in the order in which they were added; the first that fires wins. */
export class EmulatorFaults {
  /** @internal */
  constructor(private readonly control: ControlClient, private readonly guard: SharedGuard) {}

  /**
   * Adds a rule, such as `{ match: { key }, effect: { type: "status", code: "rate_limited", retry_after: 2 }, count: 1 }`. Match a key: then
   * parallel tests do not affect each other. Throws with status 400 if a value is invalid.
   */
  async add(fault: FaultRequest, options?: SharedOption): Promise<FaultRule> {
    this.checkScope(fault.match, options);
    return new FaultRule(this, await this.control.json<FaultResource>("POST", "/_emu/faults", { body: fault }));
  }

  /** Adds several rules in this order. If one of them is invalid, none is added. */
  async addAll(faults: readonly FaultRequest[], options?: SharedOption): Promise<FaultRule[]> {
    for (const fault of faults) this.checkScope(fault.match, options);
    return this.toRules(await this.control.json<FaultResource[]>("POST", "/_emu/faults", { body: faults }));
  }

  /** Adds the rules of a preset, such as `api_brownout`. `match` is added to each of them. */
  async addPreset(preset: string, match?: FaultMatch, options?: SharedOption): Promise<FaultRule[]> {
    this.checkScope(match, options);
    return this.toRules(await this.control.json<FaultResource[]>("POST", "/_emu/faults", { body: { preset, match } }));
  }

  /** Returns the presets with their rules. */
  async presets(): Promise<FaultPreset[]> {
    return (await this.control.json<{ presets: FaultPreset[] }>("GET", "/_emu/faults/presets")).presets;
  }

  /** Returns the rules in the order in which they apply. */
  async list(): Promise<FaultRule[]> {
    return this.toRules((await this.control.json<{ faults: FaultResource[] }>("GET", "/_emu/faults")).faults);
  }

  /** Returns a rule with its current counts. Throws with status 404 if there is none. */
  async get(id: string): Promise<FaultRule> {
    return new FaultRule(this, await this.control.json<FaultResource>("GET", `/_emu/faults/${encodeURIComponent(id)}`));
  }

  /** Enables or disables a rule; it keeps its id and counts. Throws with status 404 if there is none. */
  async setEnabled(id: string, enabled: boolean): Promise<FaultRule> {
    return new FaultRule(this, await this.control.json<FaultResource>("PATCH", `/_emu/faults/${encodeURIComponent(id)}`, { body: { enabled } }));
  }

  /** Deletes a rule. Requests, frames and browsers that it holds continue. Throws with status 404 if there is none. */
  delete(id: string): Promise<void> {
    return this.control.empty("DELETE", `/_emu/faults/${encodeURIComponent(id)}`);
  }

  /** Deletes all rules. */
  async deleteAll(options?: SharedOption): Promise<void> {
    this.guard.check("Deleting all fault rules", options);
    await this.control.empty("DELETE", "/_emu/faults");
  }

  private checkScope(match: FaultMatch | null | undefined, options: SharedOption | undefined): void {
    if (!match?.key && !match?.session) this.guard.check("A fault rule that matches neither a key nor a session", options);
  }

  private toRules = (resources: readonly FaultResource[]): FaultRule[] => resources.map(resource => new FaultRule(this, resource));
}

/** A fault rule with its counts at the time when it was added or read. `await using rule = …` deletes it at the end of the block. */
export class FaultRule implements AsyncDisposable {
  /** The id, as in the response header `x-chaser-emu-fault` and in the journal. */
  readonly id: string;
  /** The effect, with default values filled in. */
  readonly effect: FaultEffect;
  /** The conditions. A key is shortened to its prefix. */
  readonly match: FaultMatch;
  /** The maximum number of times that it fires; null without a limit. */
  readonly count: number | null;
  /** The probability, 0 to 1, that it fires if it matches. */
  readonly probability: number;
  /** Whether it is applied. */
  readonly enabled: boolean;
  /** The number of occurrences that matched, fired or not. */
  readonly matched: number;
  /** The number of times that it fired. */
  readonly fired: number;

  /** @internal */
  constructor(private readonly faults: EmulatorFaults, resource: FaultResource) {
    this.id = resource.id;
    this.effect = resource.effect;
    this.match = resource.match;
    this.count = resource.count ?? null;
    this.probability = resource.probability;
    this.enabled = resource.enabled;
    this.matched = resource.matched;
    this.fired = resource.fired;
  }

  /** Returns the rule with its current counts. Throws with status 404 if it was deleted. */
  refresh(): Promise<FaultRule> {
    return this.faults.get(this.id);
  }

  /** Deletes the rule if it still exists. */
  async delete(): Promise<void> {
    try {
      await this.faults.delete(this.id);
    } catch (error) {
      // It was already deleted, for example by a reset.
      if (!(error instanceof ChaserEmulatorError && error.status === 404)) throw error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.delete();
  }
}

/** The expected number of entries: one of `exactly`, `atLeast` and `atMost`. */
export type Expected = { exactly: number } | { atLeast: number } | { atMost: number };

/** Limits of a query of the journal. */
export interface QueryOptions {
  /** Only entries with a greater sequence number, such as `newest` of an earlier query. */
  since?: number;
  /** The maximum number of entries, 1 to 10,000 (default 1000). If there are more, the newest are returned. */
  limit?: number;
}

const toVerification = (match: object, expected: Expected & { since?: number }): object => ({
  match,
  ...("exactly" in expected && { exactly: expected.exactly }),
  ...("atLeast" in expected && { at_least: expected.atLeast }),
  ...("atMost" in expected && { at_most: expected.atMost }),
  since: expected.since,
});

/** Lists and verifies the recorded API calls. Secrets are redacted. Older calls are evicted (`Journal:Capacity`, default 10,000). */
export class EmulatorJournal {
  /** The journal of messages on CDP connections. Recording is off until `cdp.record` turns it on. */
  readonly cdp: EmulatorCdpJournal;

  /** @internal */
  constructor(private readonly control: ControlClient, private readonly guard: SharedGuard) {
    this.cdp = new EmulatorCdpJournal(control, guard);
  }

  /** Returns the recorded calls that match, oldest first. */
  query(match: Omit<CallMatch, "body"> = {}, options: QueryOptions = {}): Promise<JournalPage> {
    return this.control.json("GET", "/_emu/journal", { query: { ...match, ...options } });
  }

  /**
   * Verifies the number of recorded calls, such as `verify({ key, operation: "createSession" }, { exactly: 2 })`, and returns it. Throws
   * {@link JournalVerificationError} if it is different; its message shows the closest calls. Throws with status 409 if the journal evicted
   * calls that could match.
   */
  async verify(match: CallMatch, expected: Expected & { since?: number }): Promise<number> {
    return (await this.control.json<{ count: number }>("POST", "/_emu/journal/verify", { body: toVerification(match, expected) })).count;
  }

  /** Returns the calls that depart from the contract, oldest first: unknown fields and parameters, polling too fast and others. */
  deviations(options: QueryOptions & { workspace?: string } = {}): Promise<JournalPage> {
    return this.control.json("GET", "/_emu/journal/deviations", { query: { ...options } });
  }

  /** Deletes the recorded calls of one workspace, or of all. */
  async delete(options: { key?: string; workspace?: string } & SharedOption = {}): Promise<void> {
    if (options.key === undefined && options.workspace === undefined) this.guard.check("Deleting all recorded calls", options);
    await this.control.empty("DELETE", "/_emu/journal", { key: options.key, workspace: options.workspace });
  }
}

/** Records, lists and verifies the messages on CDP connections. Older messages are evicted (`Journal:CdpCapacity`). */
export class EmulatorCdpJournal {
  /** @internal */
  constructor(private readonly control: ControlClient, private readonly guard: SharedGuard) {}

  /** Sets what is recorded from now on: of the workspace of one key, or of all workspaces. */
  async record(recording: CdpRecording, options: { key?: string; workspace?: string } & SharedOption = {}): Promise<void> {
    const { shared, ...scope } = options;
    if (scope.key === undefined && scope.workspace === undefined) this.guard.check("Recording all CDP messages", { shared });
    await this.control.json("PUT", "/_emu/journal/cdp", { body: { recording, ...scope } });
  }

  /** Returns the recorded messages that match, oldest first. */
  query(match: Omit<CdpMatch, "body"> = {}, options: QueryOptions = {}): Promise<CdpJournalPage> {
    return this.control.json("GET", "/_emu/journal/cdp", { query: { ...match, ...options } });
  }

  /** Verifies the number of recorded messages, as {@link EmulatorJournal.verify}. Throws with status 409 if nothing was recorded. */
  async verify(match: CdpMatch, expected: Expected & { since?: number }): Promise<number> {
    return (await this.control.json<{ count: number }>("POST", "/_emu/journal/cdp/verify", { body: toVerification(match, expected) })).count;
  }

  /** Deletes the recorded messages of one workspace, or of all. What is recorded from now on does not change. */
  async delete(options: { key?: string; workspace?: string } & SharedOption = {}): Promise<void> {
    if (options.key === undefined && options.workspace === undefined) this.guard.check("Deleting all recorded CDP messages", options);
    await this.control.empty("DELETE", "/_emu/journal/cdp", { key: options.key, workspace: options.workspace });
  }
}

/** Inspects and ends the sessions of all workspaces. */
export class EmulatorSessions {
  /** @internal */
  constructor(private readonly control: ControlClient) {}

  /** Returns sessions, oldest first: the open ones, or those with a status; of one workspace or one key, if given. */
  async list(options: { workspace?: string; keyId?: string; status?: SessionStatus | "open" | "ended" } = {}): Promise<SessionInspection[]> {
    const newestFirst: SessionInspection[] = [];
    let cursor: string | null = null;
    do {
      const query: Record<string, string | number | null | undefined> = { workspace: options.workspace, key_id: options.keyId, status: options.status ?? "open", limit: 500, cursor };
      const page: { sessions: SessionInspection[]; next_cursor: string | null } = await this.control.json("GET", "/_emu/sessions", { query });
      newestFirst.push(...page.sessions);
      cursor = page.next_cursor;
    } while (cursor !== null);
    return newestFirst.reverse();
  }

  /** Returns the internal state of a session, open or ended. Throws with status 404 if it does not exist. */
  get(id: string): Promise<SessionInspection> {
    return this.control.json("GET", `/_emu/sessions/${encodeURIComponent(id)}`);
  }

  /**
   * Ends a session as the service would for this reason. Returns when its browser, files and connections are gone. Throws with status 404 if it
   * does not exist, 409 if it has already ended.
   */
  end(id: string, reason: EndedReason): Promise<SessionInspection> {
    return this.control.json("POST", `/_emu/sessions/${encodeURIComponent(id)}/end`, { body: { reason } });
  }

  /** Returns the failed connections of the session's pages with their cause, newest first, at most 100. */
  async failedRequests(id: string): Promise<FailedRequest[]> {
    return (await this.control.json<{ requests: FailedRequest[] }>("GET", `/_emu/sessions/${encodeURIComponent(id)}/requests`)).requests;
  }

  /**
   * Returns a JPEG of the session's page, at most 1 s old and `width` pixels wide (16 to 1280, default 160); after the end of the session the
   * last one that was taken. Throws with status 404 if there is none.
   */
  async frame(id: string, options: { width?: number } = {}): Promise<Uint8Array> {
    const query = options.width === undefined ? "" : `?width=${options.width}`;
    return new Uint8Array(await (await this.control.send("GET", `/_emu/sessions/${encodeURIComponent(id)}/frame${query}`)).arrayBuffer());
  }
}

/** Exports and imports all state (workspaces, keys, sessions, usage, audit events, faults, clock) as one JSON document. */
export class EmulatorState {
  /** @internal */
  constructor(private readonly control: ControlClient, private readonly guard: SharedGuard) {}

  /** Returns the state as JSON text. Keys are included as hashes only. */
  async export(): Promise<string> {
    return (await this.control.send("GET", "/_emu/state")).text();
  }

  /**
   * Replaces the whole state, or changes nothing if the document is invalid (status 400).
   * @param json Text of {@link export}, or text written by hand, such as `{"version":1,"workspaces":[{"key":"cha_test_poor","balance_micro_usd":0}]}`.
   */
  async import(json: string, options?: SharedOption): Promise<StateImported> {
    this.guard.check("Importing a state", options);
    return (await (await this.control.send("PUT", "/_emu/state", json)).json()) as StateImported;
  }
}

/** Lists workspaces, and sets their balance and limits. */
export class EmulatorWorkspaces {
  /** @internal */
  constructor(private readonly control: ControlClient) {}

  /** Returns all workspaces, newest first. */
  async list(): Promise<WorkspaceInspection[]> {
    const all: WorkspaceInspection[] = [];
    let cursor: string | null = null;
    do {
      const page: { workspaces: WorkspaceInspection[]; next_cursor: string | null } = await this.control.json("GET", "/_emu/workspaces", { query: { limit: 500, cursor } });
      all.push(...page.workspaces);
      cursor = page.next_cursor;
    } while (cursor !== null);
    return all;
  }

  /** Returns a workspace. Throws with status 404 if there is none. */
  get(id: string): Promise<WorkspaceInspection> {
    return this.control.json("GET", `/_emu/workspaces/${encodeURIComponent(id)}`);
  }

  /** Sets the balance or the limits, such as `{ balance_micro_usd: 0 }`. Omitted fields do not change. */
  update(id: string, change: UpdateWorkspaceRequest): Promise<WorkspaceInspection> {
    return this.control.json("PUT", `/_emu/workspaces/${encodeURIComponent(id)}`, { body: change });
  }
}
