import type { ControlClient } from "./control-client.js";
import type { EmulatorSessions } from "./client.js";
import type { EndedReason, Session, SessionInspection } from "./types.js";

/** A session that `emulator.openSession` created. */
export class EmulatorSession {
  /** @internal */
  constructor(
    private readonly control: ControlClient,
    private readonly sessions: EmulatorSessions,
    /** The id, `sess_…`. */
    readonly id: string,
    /** The API key that created it. */
    readonly key: string,
    /** The WebSocket URL for CDP clients such as `chromium.connectOverCDP`. */
    readonly cdpUrl: string,
  ) {}

  /** Returns the session as a client sees it: `GET /v1/sessions/{id}`. The journal records the call. */
  async get(): Promise<Session> {
    return (await (await this.control.send("GET", `/v1/sessions/${this.id}`, undefined, this.key)).json()) as Session;
  }

  /** Returns the internal state. The journal does not record it. */
  inspect(): Promise<SessionInspection> {
    return this.sessions.get(this.id);
  }

  /** Ends the session as the service would for this reason. Throws with status 409 if it has already ended. */
  end(reason: EndedReason): Promise<SessionInspection> {
    return this.sessions.end(this.id, reason);
  }

  /** Deletes the session as a client does: `DELETE /v1/sessions/{id}`. The journal records the call. */
  async delete(): Promise<void> {
    await (await this.control.send("DELETE", `/v1/sessions/${this.id}`, undefined, this.key)).arrayBuffer();
  }
}
