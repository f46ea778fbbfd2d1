import type { NearDifference } from "./types.js";

/** Thrown if an emulator cannot start, cannot be reached, or rejects a call. The message says what to do. */
export class ChaserEmulatorError extends Error {
  override readonly name: string = "ChaserEmulatorError";

  /**
   * The HTTP status of the response: 400 for an invalid request, 401 without the control token, 404 if the resource does not exist, 409 if the
   * current state does not allow the call. Missing if there was no response.
   */
  declare readonly status?: number;

  /** The `detail` of the problem (RFC 9457) in the response. Missing if there was none. */
  declare readonly detail?: string;

  /** @internal */
  constructor(message: string, options: { status?: number; detail?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    if (options.status !== undefined) this.status = options.status;
    if (options.detail !== undefined) this.detail = options.detail;
  }
}

/** A call or message that nearly matched a verification. */
export interface NearMiss {
  /** The sequence number in the journal. */
  readonly sequence: number;
  /** A description, such as `POST /v1/sessions → 201` or `command Page.navigate`. */
  readonly what: string;
  /** The fields that did not match. */
  readonly differences: readonly NearDifference[];
}

/** Thrown if a verification of the journal fails. The message has the expected and the actual count, and the closest entries. */
export class JournalVerificationError extends ChaserEmulatorError {
  override readonly name: string = "JournalVerificationError";

  /** The number of calls or messages that matched. */
  readonly count: number;

  /** The expected number as text, such as `exactly 2`. */
  readonly expected: string;

  /** Up to three entries that nearly matched, the closest first. */
  readonly closest: readonly NearMiss[];

  /** @internal */
  constructor(detail: string, count: number, expected: string, closest: readonly NearMiss[]) {
    super(detail + closest.map(near => `\n  #${near.sequence} ${near.what}: ${near.differences.map(describe).join(", ")}`).join(""), { status: 422, detail });
    this.count = count;
    this.expected = expected;
    this.closest = closest;
  }
}

const describe = ({ field, expected, actual }: NearDifference): string => `${field} was ${actual ?? "missing"} and not ${expected}`;
