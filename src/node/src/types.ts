// Names for the generated types. Requests and responses have the field names of the API.
import type { components as Control } from "./control-api.js";
import type { components as Service } from "./service-api.js";

type Schemas = Control["schemas"];

/** Requires the field `type`, which selects the effect. */
type Tagged<T> = T extends { type?: infer Type } ? Omit<T, "type"> & { type: NonNullable<Type> } : never;

/** The 19 effects of fault rules; `type` selects one. */
export type FaultEffect = Tagged<Schemas["FaultEffect"]>;
/** The conditions of a fault rule. */
export type FaultMatch = Schemas["FaultMatch"];
/** A fault rule to add. */
export type FaultRequest = Omit<Schemas["FaultRequest"], "effect"> & { effect: FaultEffect };
/** A fault rule with its counts, as the API returns it. */
export type FaultResource = Omit<Schemas["FaultRule"], "effect"> & { effect: FaultEffect };
/** A named set of rules. */
export type FaultPreset = Schemas["FaultPreset"];

/** The emulated time, the rate, and whether the clock is frozen. */
export type ClockReading = Schemas["ClockReading"];
/** The new time, and the sessions that became ready or ended on the way. */
export type ClockMove = Schemas["ClockMove"];
/** The new reading, and the sessions that became ready or ended on the way. */
export type ClockUpdate = Schemas["ClockUpdate"];
/** A session that became ready or ended. */
export type SessionTransition = Schemas["SessionTransition"];

/** A filter of API calls. Omitted fields match everything. `body`: fields that the request body must have. */
export type CallMatch = Omit<Schemas["CallMatch"], "body"> & { body?: Record<string, unknown> };
/** A recorded API call. */
export type JournalEntry = Schemas["JournalEntry"];
/** Recorded API calls. */
export type JournalPage = Schemas["JournalPage"];
/** A call that nearly matched. */
export type NearCall = Schemas["NearCall"];
/** A filter of CDP messages. Omitted fields match everything. `body`: fields that the message must have. */
export type CdpMatch = Omit<Schemas["CdpMatch"], "body"> & { body?: Record<string, unknown> };
/** Recorded CDP messages. */
export type CdpJournalPage = Schemas["CdpJournalPage"];
/** What is recorded of CDP messages: `off`, `headers` or `bodies`. */
export type CdpRecording = Schemas["CdpRecording"];
/** A CDP message that nearly matched. */
export type NearMessage = Schemas["NearMessage"];
/** A field that did not match. */
export type NearDifference = Schemas["NearDifference"];

/** The internal state of a session. All times are emulated times. */
export type SessionInspection = Schemas["SessionInspection"];
/** `creating`, `ready`, `closed` or `error`. */
export type SessionStatus = Schemas["SessionStatus"];
/** Why a session ended. */
export type EndedReason = Schemas["EndedReason"];
/** A failed connection of a page, with its cause. */
export type FailedRequest = Schemas["FailedRequest"];

/** A workspace with its keys, balance and limits. */
export type WorkspaceInspection = Schemas["WorkspaceInspection"];
/** The balance or the limits to set. */
export type UpdateWorkspaceRequest = Schemas["UpdateWorkspaceRequest"];
/** The number of workspaces and sessions that a reset deleted. */
export type ResetOutcome = Schemas["ResetOutcome"];
/** What an import contained. */
export type StateImported = Schemas["StateImported"];

/** The body of `POST /v1/sessions`. */
export type CreateSessionRequest = Service["schemas"]["CreateSessionRequest"];
/** A session as `GET /v1/sessions/{id}` returns it. */
export type Session = Service["schemas"]["Session"];
