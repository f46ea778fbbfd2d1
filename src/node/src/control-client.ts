import { ChaserEmulatorError, JournalVerificationError, type NearMiss } from "./errors.js";
import type { NearCall, NearMessage } from "./types.js";

type Query = Record<string, string | number | null | undefined>;

interface Problem {
  detail?: string;
  error?: { message?: string };
  count?: number;
  expected?: string;
  closest?: (NearCall | NearMessage)[];
}

/** Calls an emulator, and throws its error responses as exceptions with the server's message. */
export class ControlClient {
  constructor(readonly address: string, private readonly token: string | undefined) {}

  /** Sends a request and returns the JSON of its response. The caller names the type that the contract gives. */
  async json<T>(method: string, path: string, options: { query?: Query; body?: unknown } = {}): Promise<T> {
    const body = options.body === undefined ? undefined : JSON.stringify(options.body);
    return (await (await this.send(method, path + toQuery(options.query), body)).json()) as T;
  }

  /** Sends a request whose response has no body. */
  async empty(method: string, path: string, query?: Query): Promise<void> {
    await (await this.send(method, path + toQuery(query))).arrayBuffer();
  }

  /** Sends a request and returns its successful response. `bearer` replaces the control token. */
  async send(method: string, path: string, body?: string, bearer = this.token): Promise<Response> {
    const headers: Record<string, string> = {};
    if (bearer !== undefined) headers["Authorization"] = `Bearer ${bearer}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let response: Response;
    try {
      response = await fetch(this.address + path, { method, headers, body });
    } catch (cause) {
      throw new ChaserEmulatorError(`No emulator answers at ${this.address} (${reason(cause)}). Start one, or correct the address.`, { cause });
    }
    if (response.ok) return response;
    throw await this.toError(method, path, response);
  }

  private async toError(method: string, path: string, response: Response): Promise<ChaserEmulatorError> {
    const { status } = response;
    const text = await response.text();
    const problem = /json/.test(response.headers.get("Content-Type") ?? "") ? (JSON.parse(text) as Problem) : undefined;
    // The control API returns problems. /v1, and the checks before the control API, return { error: { message } }.
    const detail = problem?.detail ?? problem?.error?.message;
    if (problem === undefined || detail === undefined)
      return new ChaserEmulatorError(`${method} ${path} at ${this.address} returned ${status} without an error message of an emulator. Check that this is the address of an emulator.`, { status });
    if (problem.count === undefined || problem.expected === undefined || problem.closest === undefined) return new ChaserEmulatorError(detail, { status, detail });
    return new JournalVerificationError(detail, problem.count, problem.expected, problem.closest.map(toNearMiss));
  }
}

const toNearMiss = (near: NearCall | NearMessage): NearMiss => ({
  sequence: near.sequence,
  what: "path" in near ? `${near.method} ${near.path} → ${near.status}` : `${near.kind} ${near.method ?? ""}`.trimEnd(),
  differences: near.differences,
});

function toQuery(query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  return given.length === 0 ? "" : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

/** Node's fetch says "fetch failed"; its cause says why. */
function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : String(cause);
}
