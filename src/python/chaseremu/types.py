"""The types of the control API: what its requests and answers contain.

Times are ISO 8601 strings in UTC. Every value is plain JSON: a dict, list, str, int, float, bool or None.
Generated from docs/openapi-control.yaml. To change this file, run: python3 src/python/generate_types.py
"""
from __future__ import annotations

from typing import Any, Literal, TypedDict, Union


class _ClockReading(TypedDict):
    """A reading of the emulated clock."""

    now: str
    """The emulated time, with a precision of one microsecond."""


class ClockReading(_ClockReading, total=False):
    """A reading of the emulated clock."""

    rate: float
    """Emulated seconds per real second while the clock is not frozen. Default 1 in a state file."""

    frozen: bool
    """Whether only an advance moves the clock."""


class _Problem(TypedDict):
    """An error of the control API, in the format of RFC 9457 (`application/problem+json`)."""

    status: int
    """The HTTP status."""

    detail: str
    """What was wrong and what to do."""


class Problem(_Problem, total=False):
    """An error of the control API, in the format of RFC 9457 (`application/problem+json`)."""

    type: str | None
    """The URI of the definition of the status."""

    title: str | None
    """The name of the status."""


class UpdateClockRequest(TypedDict, total=False):
    """A change of the clock. Omitted fields stay unchanged."""

    now: str | None
    """The new time, not before the current time and at most ten years later. Timers up to then fire first, in order."""

    rate: float | None
    """Emulated seconds per real second, above 0 and at most 1,000,000."""

    frozen: bool | None
    """Whether the clock is stopped."""


SessionStatus = Literal["creating", "ready", "closed", "error"]
"""The status of a session: creating → ready → closed, creating → closed, or creating → error."""


EndedReason = Literal["client_delete", "ttl_expired", "idle_expired", "abandoned_orphan", "substrate_down"]
"""The reason why a session closed."""


class SessionTransition(TypedDict):
    """A change of a session's status: it became ready or ended."""

    session_id: str
    """The id of the session."""

    status: SessionStatus
    """The new status."""

    ended_reason: EndedReason | None
    """Why the session closed. Null if it became ready, or ended as `error`."""

    at: str
    """The emulated time: `ready_at` or `ended_at` of the session."""


class ClockUpdate(TypedDict):
    """The clock after a change."""

    now: str
    """The emulated time."""

    rate: float
    """Emulated seconds per real second while the clock is not frozen."""

    frozen: bool
    """Whether only an advance moves the clock."""

    transitions: list[SessionTransition]
    """The sessions that became ready or ended on the way to the new time, in order of time."""


class AdvanceClockRequest(TypedDict):
    """An advance of the clock."""

    seconds: float
    """The duration in emulated seconds, from 0 to 316,224,000 (ten years). Rounded to the microsecond."""


class ClockMove(TypedDict):
    """The clock after an advance."""

    now: str
    """The new emulated time."""

    transitions: list[SessionTransition]
    """The sessions that became ready or ended on the way, in order of time."""


class SessionBytes(TypedDict):
    """The traffic of a session that one meter counted."""

    bytes_up: int
    """The bytes sent by the CDP clients, or by the browser to the network."""

    bytes_down: int
    """The bytes received by the CDP clients, or by the browser from the network."""


class SessionInspection(TypedDict):
    """The internal state of a session, which `/v1` does not return. All times are emulated times."""

    session_id: str
    """The id of the session."""

    workspace_id: str
    """The id of its workspace."""

    status: SessionStatus
    """The status, as `/v1` returns it."""

    test_mode: bool
    """Whether the session was created with a `cha_test_` key."""

    ended_reason: EndedReason | None
    """Why the session closed, as `/v1` returns it. Null while it is open."""

    cdp: SessionBytes
    """The traffic of CDP clients, handshakes included."""

    egress: SessionBytes
    """The traffic between the browser and the network."""

    billed_micro_usd: int
    """The price in millionths of a US dollar. 0 until the session has ended."""

    cdp_connections: int
    """The number of open CDP connections."""

    browser_pid: int | None
    """The process id of the browser. Null without a browser."""

    next_due: str | None
    """
    When time alone changes the session next: end of the provisioning delay, idle limit, TTL or a fault. Null if
    nothing is due.
    """

    earliest_ready_at: str
    """The end of the provisioning delay."""

    expires_at: str
    """The end of the TTL."""

    key_id: str
    """The id of the key that created the session."""

    key_name: str | None
    """The name of that key. Null if the key no longer exists."""

    key_prefix: str | None
    """The prefix of that key. Null if the key no longer exists."""

    profile: str
    """The `profile` of the creation."""

    device: str | None
    """The device that the browser presents. Null until the session is ready."""

    created_at: str
    """When the session was created."""

    ready_at: str | None
    """When the session became ready."""

    ended_at: str | None
    """When the session ended."""

    idle_expires_at: str | None
    """When the idle limit ends. Null while the session has a CDP connection, and if it is not ready."""

    cdp_url: str | None
    """The `cdp_url`. Null if the session has ended."""


class SessionInspectionList(TypedDict):
    """Sessions of all workspaces."""

    sessions: list[SessionInspection]
    """The sessions, newest first."""

    next_cursor: str | None
    """The `cursor` of the next page. Null on the last page."""


EgressOutcome = Literal["not_connected", "reset"]
"""What happened to a connection of a page that failed."""


EgressCause = Literal["unknown_host", "connection_refused", "unreachable", "timeout", "emulator_port", "fault"]
"""Why a connection of a page failed."""


class FailedRequest(TypedDict):
    """A connection of a page that failed."""

    at: str
    """The emulated time."""

    real_at: str
    """The real time."""

    host: str
    """The host, as the page wrote it."""

    port: int
    """The port."""

    outcome: EgressOutcome
    """What happened to the connection."""

    cause: EgressCause
    """Why it failed."""

    fault_id: str | None
    """The id of the fault rule. Null for other causes."""


class FailedRequestList(TypedDict):
    """The failed connections of the pages of a session."""

    requests: list[FailedRequest]
    """The newest ones, at most 100, newest first."""


class EndSessionRequest(TypedDict):
    """The end of a session."""

    reason: EndedReason
    """The `ended_reason` that the session gets."""


class WorkspaceLimits(TypedDict):
    """The limits of a workspace. 0 means unlimited."""

    concurrent: int
    """The maximum number of open sessions."""

    creates_per_minute: int
    """The maximum number of sessions created in any minute of emulated time."""


class WorkspaceKey(TypedDict):
    """A key of a workspace."""

    id: str
    """The id."""

    name: str
    """The display name."""

    prefix: str
    """The first characters of the secret."""

    test_mode: bool
    """Whether it is a `cha_test_` key."""

    created_at: str
    """When it was created."""

    last_used_at: str | None
    """When it was last used."""

    revoked_at: str | None
    """When it becomes or became invalid. Null while it is valid."""


class WorkspaceInspection(TypedDict):
    """A workspace with its keys."""

    id: str
    """The id."""

    created_at: str
    """When it was first used, or last reset, in emulated time."""

    balance_micro_usd: int
    """The balance in millionths of a US dollar. The last charge can make it negative."""

    free_credit_micro_usd: int
    """The balance of a new workspace."""

    open_sessions: int
    """The number of open sessions."""

    limits: WorkspaceLimits
    """The limits that apply now."""

    keys: list[WorkspaceKey]
    """The keys, oldest first."""


class WorkspaceInspectionList(TypedDict):
    """Workspaces."""

    workspaces: list[WorkspaceInspection]
    """The workspaces, newest first."""

    next_cursor: str | None
    """The `cursor` of the next page. Null on the last page."""


class UpdateLimitsRequest(TypedDict, total=False):
    """A change of limits. Omitted fields stay unchanged; null means the value of the setting."""

    concurrent: int | None
    """The maximum number of open sessions, 0 for no limit. Null: `Limits:Concurrent`."""

    creates_per_minute: int | None
    """
    The maximum number of sessions created in any minute of emulated time, 0 for no limit. Null:
    `Limits:CreatesPerMinute`.
    """


class UpdateWorkspaceRequest(TypedDict, total=False):
    """A change of a workspace. Omitted fields stay unchanged."""

    balance_micro_usd: int | None
    """The new balance in millionths of a US dollar, such as 0."""

    limits: UpdateLimitsRequest | None
    """The new limits."""


class ResetRequest(TypedDict, total=False):
    """The workspace to reset. Without a field, and without a body, everything is reset."""

    key: str | None
    """A whole API key, to reset its workspace. For a key that was never used, nothing happens."""

    workspace: str | None
    """The id of a workspace."""


class ResetOutcome(TypedDict):
    """The result of a reset."""

    workspaces: int
    """The number of workspaces that were reset."""

    sessions: int
    """The number of sessions that were deleted, open ones included."""


class WorkspaceState(TypedDict, total=False):
    """A workspace in a state file."""

    id: str | None
    """The id, `ws_…`. A file written by hand can use `key` instead."""

    key: str | None
    """A whole key such as `cha_test_ci`; the id is derived from it. Never exported."""

    created_at: str | None
    """The creation time. Default: now."""

    balance_micro_usd: int | None
    """The balance in millionths of a US dollar. Default: the free credit."""


class _KeyState(TypedDict):
    """An API key in a state file."""

    workspace: str
    """The id of a workspace in the file."""


class KeyState(_KeyState, total=False):
    """An API key in a state file."""

    secret: str | None
    """The whole key, instead of `id`, `prefix`, `hash` and `test_mode`. Never exported."""

    id: str | None
    """The id, a UUID. Ids of older files (`key_…`) are converted, here and wherever else a file has a key id."""

    name: str | None
    """The display name."""

    prefix: str | None
    """The first characters of the secret."""

    hash: str | None
    """The SHA-256 hash of the secret, in hexadecimal."""

    test_mode: bool | None
    """Whether it is a `cha_test_` key."""

    created_at: str | None
    """The creation time. Default: now."""

    last_used_at: str | None
    """When it was last used."""

    revoked_at: str | None
    """When it becomes invalid."""


class _SessionState(TypedDict):
    """A session in a state file, with all stored fields."""

    id: str
    """The id, `sess_` followed by a UUIDv7."""

    workspace: str
    """The id of a workspace in the file."""

    key_id: str
    """The id of the key that created the session."""

    status: SessionStatus
    """The status."""

    created_at: str
    """The creation time."""

    expires_at: str
    """The end of the TTL."""


class SessionState(_SessionState, total=False):
    """A session in a state file, with all stored fields."""

    test_mode: bool
    """Whether it was created with a `cha_test_` key."""

    profile: str | None
    """The profile label. Default: `default`."""

    device: str | None
    """The device that the browser presents."""

    proxy_ip: str | None
    """The IP address that the browser's traffic comes from."""

    proxy_region: str | None
    """The region of `proxy_ip`."""

    cdp: SessionBytes | None
    """The traffic of CDP clients."""

    egress: SessionBytes | None
    """The traffic between the browser and the network."""

    earliest_ready_at: str | None
    """The end of the provisioning delay: before that, the session does not become ready. Default: `created_at`."""

    provisioned_at: str | None
    """The name of `earliest_ready_at` in older files. Never exported."""

    ready_at: str | None
    """When the session became ready."""

    ended_at: str | None
    """When the session ended. Required if it has ended."""

    ended_reason: EndedReason | None
    """Why the session closed. Required if `status` is `closed`."""

    billed_micro_usd: int
    """The price in millionths of a US dollar."""


class _UsageState(TypedDict):
    """The usage of the sessions that closed on one day, for one key and region."""

    workspace: str
    """The id of a workspace in the file."""

    day: str
    """The day, UTC."""

    key_id: str
    """The id of the key that created the sessions."""

    region: str
    """The `proxy_region` of the sessions."""


class UsageState(_UsageState, total=False):
    """The usage of the sessions that closed on one day, for one key and region."""

    bytes_up: int
    """Bytes sent."""

    bytes_down: int
    """Bytes received."""

    sessions: int
    """The number of sessions."""


class _AuditState(TypedDict):
    """An entry of the audit log in a state file."""

    id: int
    """The id, from 1. Later entries have higher ids."""

    workspace: str
    """The id of a workspace in the file."""

    at: str
    """When the action happened."""

    action: str
    """The action, such as `session.created`."""


class AuditState(_AuditState, total=False):
    """An entry of the audit log in a state file."""

    subject: str | None
    """The id of the session or key; null for billing."""

    detail: str | None
    """The `ended_reason`, the name of a key, or an amount; null if there is none."""


class _FaultEffectRestStatusFault(TypedDict):
    """Returns an error of the API. The request is not handled."""

    type: Literal["status"]

    code: Literal["unauthorized", "session_not_found", "session_not_open", "session_not_ready", "payment_required", "rate_limited", "concurrency_limit", "session_not_provisioned", "no_page", "not_found", "method_not_allowed", "payload_too_large", "unsupported_media_type", "upgrade_required", "internal_error", "browser_unavailable", "unavailable"]
    """The code of the error, such as `rate_limited` (429) or `payment_required` (402)."""


class FaultEffectRestStatusFault(_FaultEffectRestStatusFault, total=False):
    """Returns an error of the API. The request is not handled."""

    retry_after: float | None
    """
    The `Retry-After` header in seconds, 1 to 3600. Default: 1 for a 429, which always has the header, and no header
    otherwise.
    """


class _FaultEffectRestUnavailableFault(TypedDict):
    """Returns 503 `unavailable`. The request is not handled."""

    type: Literal["unavailable"]


class FaultEffectRestUnavailableFault(_FaultEffectRestUnavailableFault, total=False):
    """Returns 503 `unavailable`. The request is not handled."""

    retry_after: float
    """The `Retry-After` header in seconds, 1 to 3600."""


class FaultEffectRestDelayFault(TypedDict):
    """Delays the request, then handles it."""

    type: Literal["delay"]

    seconds: float
    """The delay in real seconds, 0 to 3600."""


class FaultEffectRestResetFault(TypedDict):
    """Resets the TCP connection. The request is not handled."""

    type: Literal["reset"]


class FaultEffectRestTruncateFault(TypedDict):
    """
    Handles the request, sends the full `Content-Length` but only half of the body, and closes the connection.
    Without a body it resets the connection.
    """

    type: Literal["truncate"]


class FaultEffectStayCreatingFault(TypedDict):
    """Keeps sessions that are created while the rule is active in `creating` for a longer time."""

    type: Literal["stay_creating"]

    seconds: float
    """The additional time in emulated seconds, 0 to 86,400."""


class FaultEffectProvisioningErrorFault(TypedDict):
    """Ends sessions that are created while the rule is active in `error` when they would become ready."""

    type: Literal["provisioning_error"]


class _FaultEffectDeviceMissingFault(TypedDict):
    """
    Returns `device: null` in the first responses of `GET /v1/sessions/{id}` after the session is ready. Lists also
    return null until then, but do not count as polls.
    """

    type: Literal["device_missing"]


class FaultEffectDeviceMissingFault(_FaultEffectDeviceMissingFault, total=False):
    """
    Returns `device: null` in the first responses of `GET /v1/sessions/{id}` after the session is ready. Lists also
    return null until then, but do not count as polls.
    """

    polls: int
    """The number of responses, 1 to 1,000,000."""


class FaultEffectCdpUrlLateFault(TypedDict):
    """
    Returns `cdp_url: null` in all responses with sessions in `creating`, the one of the creation included. The
    contract of the API has a URL from creation; another page of the documentation says that it appears when the
    session is ready.
    """

    type: Literal["cdp_url_late"]


class _FaultEffectBrowserCrashFault(TypedDict):
    """Kills the browser's processes. The session ends as `substrate_down`; in test mode too."""

    type: Literal["browser_crash"]


class FaultEffectBrowserCrashFault(_FaultEffectBrowserCrashFault, total=False):
    """Kills the browser's processes. The session ends as `substrate_down`; in test mode too."""

    after_seconds: float
    """Emulated seconds after `ready_at`, 0 to 86,400."""


class _FaultEffectBrowserFreezeFault(TypedDict):
    """Freezes the browser's processes until the rule is deleted."""

    type: Literal["browser_freeze"]


class FaultEffectBrowserFreezeFault(_FaultEffectBrowserFreezeFault, total=False):
    """Freezes the browser's processes until the rule is deleted."""

    after_seconds: float
    """Emulated seconds after `ready_at`, 0 to 86,400."""


class _FaultEffectCdpCloseFault(TypedDict):
    """Sends a close frame to the client and closes the connection."""

    type: Literal["cdp_close"]


class FaultEffectCdpCloseFault(_FaultEffectCdpCloseFault, total=False):
    """Sends a close frame to the client and closes the connection."""

    code: int
    """The close code: 1000 to 1003, 1007 to 1014, or 3000 to 4999."""

    reason: str
    """The close reason, at most 123 bytes of UTF-8."""

    after_frames: int | None
    """The number of whole frames, control frames included, 0 or more."""

    after_bytes: int | None
    """The number of frame bytes, headers included, 0 or more. A frame is never cut."""


class _FaultEffectCdpDropFault(TypedDict):
    """Resets the client's TCP connection, without a close frame."""

    type: Literal["cdp_drop"]


class FaultEffectCdpDropFault(_FaultEffectCdpDropFault, total=False):
    """Resets the client's TCP connection, without a close frame."""

    after_frames: int | None
    """The number of whole frames, control frames included, 0 or more."""

    after_bytes: int | None
    """The number of frame bytes, headers included, 0 or more. A frame is never cut."""


class _FaultEffectCdpStallFault(TypedDict):
    """Passes no further frames but leaves the connection open. When the rule is deleted, the held frames are sent."""

    type: Literal["cdp_stall"]


class FaultEffectCdpStallFault(_FaultEffectCdpStallFault, total=False):
    """Passes no further frames but leaves the connection open. When the rule is deleted, the held frames are sent."""

    after_frames: int | None
    """The number of whole frames, control frames included, 0 or more."""

    after_bytes: int | None
    """The number of frame bytes, headers included, 0 or more. A frame is never cut."""


class FaultEffectCdpDelayFault(TypedDict):
    """Delays each frame of a CDP connection."""

    type: Literal["cdp_delay"]

    milliseconds: float
    """The delay in real milliseconds, 0 to 3,600,000."""


class FaultEffectEgressRefuseFault(TypedDict):
    """Refuses the network connections of a browser."""

    type: Literal["egress_refuse"]


class _FaultEffectEgressResetFault(TypedDict):
    """Resets a network connection of a browser."""

    type: Literal["egress_reset"]


class FaultEffectEgressResetFault(_FaultEffectEgressResetFault, total=False):
    """Resets a network connection of a browser."""

    after_bytes: int
    """The number of bytes of both directions together after which it is reset, 0 or more."""


class FaultEffectEgressLatencyFault(TypedDict):
    """Delays the opening of a network connection of a browser."""

    type: Literal["egress_latency"]

    milliseconds: float
    """The delay in real milliseconds, 0 to 3,600,000."""


class FaultEffectEgressBandwidthFault(TypedDict):
    """Limits the bandwidth of a network connection of a browser."""

    type: Literal["egress_bandwidth"]

    bytes_per_second: int
    """The limit of each direction, in bytes per real second, 1 to 2,147,483,647."""


FaultEffect = Union[
    FaultEffectRestStatusFault,
    FaultEffectRestUnavailableFault,
    FaultEffectRestDelayFault,
    FaultEffectRestResetFault,
    FaultEffectRestTruncateFault,
    FaultEffectStayCreatingFault,
    FaultEffectProvisioningErrorFault,
    FaultEffectDeviceMissingFault,
    FaultEffectCdpUrlLateFault,
    FaultEffectBrowserCrashFault,
    FaultEffectBrowserFreezeFault,
    FaultEffectCdpCloseFault,
    FaultEffectCdpDropFault,
    FaultEffectCdpStallFault,
    FaultEffectCdpDelayFault,
    FaultEffectEgressRefuseFault,
    FaultEffectEgressResetFault,
    FaultEffectEgressLatencyFault,
    FaultEffectEgressBandwidthFault,
]
"""What a rule does when it fires. There is one record per effect; the field `type` selects it."""


CdpDirection = Literal["to_client", "to_browser"]
"""A direction of a CDP connection."""


class FaultMatch(TypedDict, total=False):
    """The conditions of a rule. A field that is null matches everything."""

    key: str | None
    """A whole API key; matches all keys of its workspace. Responses and state files have only its prefix."""

    session: str | None
    """The id of a session."""

    method: str | None
    """An HTTP method. Only for effects on REST requests."""

    route: str | None
    """A route of `/openapi.yaml`, such as `/v1/sessions/{id}`, or a path. Only for effects on REST requests."""

    host: str | None
    """The host that a browser connects to, without port and wildcard. Only for effects on the network."""

    direction: CdpDirection | None
    """The direction of a CDP connection; null means both. Only for effects on CDP connections."""

    nth: int | None
    """
    The number, from 1, of the only occurrence to which the rule applies. Counted are those that match all other
    fields.
    """


class _FaultState(TypedDict):
    """A fault rule in a state file."""

    effect: FaultEffect
    """The effect and its parameters."""


class FaultState(_FaultState, total=False):
    """A fault rule in a state file."""

    workspace: str | None
    """
    The id of the workspace that it applies to; null for all. A file written by hand can use a whole key in Match
    instead.
    """

    match: FaultMatch | None
    """What the rule applies to."""

    count: int | None
    """The maximum number of times it fires. Default: no limit."""

    probability: float
    """The probability, 0 to 1, that a match fires."""

    matched: int
    """The number of matches before the export."""

    fired: int
    """How often it fired before the export."""

    enabled: bool
    """Whether the rule is applied."""


class _StateDocument(TypedDict):
    """
    The complete state of the emulator as one JSON file, to read, diff and import. An export has all fields; a file
    written by hand can omit all fields except `version`.
    """

    version: int
    """The version of this format: 1."""


class StateDocument(_StateDocument, total=False):
    """
    The complete state of the emulator as one JSON file, to read, diff and import. An export has all fields; a file
    written by hand can omit all fields except `version`.
    """

    clock: ClockReading | None
    """The emulated clock. Without it, an import leaves the clock unchanged."""

    workspaces: list[WorkspaceState] | None
    """The workspaces."""

    keys: list[KeyState] | None
    """The keys, with hashes. A file written by hand can contain secrets instead."""

    sessions: list[SessionState] | None
    """The sessions, oldest first. On import, open sessions are closed as `abandoned_orphan`."""

    usage: list[UsageState] | None
    """The usage of closed sessions by day, key and region."""

    audit: list[AuditState] | None
    """The audit log, oldest first."""

    faults: list[FaultState] | None
    """The fault rules in order, each as FaultState."""


class StateImported(TypedDict):
    """The result of an import."""

    workspaces: int
    """The number of imported workspaces."""

    keys: int
    """The number of imported keys."""

    sessions: int
    """The number of imported sessions."""

    abandoned: int
    """The number of imported sessions that were open in the file and are closed now."""


class SettingValue(TypedDict):
    """A setting of the emulator."""

    key: str
    """The key, such as `Sessions:IdleSeconds`."""

    value: str | None
    """The value as text. Null if the setting has no value. A secret is shown as `***`."""

    source: str
    """Where the value comes from: `default`, `argument`, `environment variable`, or the name of a file."""


class SettingList(TypedDict):
    """Settings."""

    settings: list[SettingValue]
    """All settings, in the order of the sections and keys of the documentation."""


ErrorCode = Literal["unauthorized", "session_not_found", "session_not_open", "session_not_ready", "payment_required", "rate_limited", "concurrency_limit", "session_not_provisioned", "no_page", "not_found", "method_not_allowed", "payload_too_large", "unsupported_media_type", "upgrade_required", "internal_error", "browser_unavailable", "unavailable", "invalid_request", "forbidden"]
"""A machine-readable error code."""


DeviationKind = Literal["unknown_field", "unknown_parameter", "content_type", "method_case", "fast_polling", "early_retry"]
"""What a client sends or does beside the contract."""


class Deviation(TypedDict):
    """A difference between a request and the contract."""

    kind: DeviationKind
    """The kind."""

    detail: str
    """What is wrong and what the contract says."""


class JournalEntry(TypedDict):
    """A recorded API call. Secrets are redacted."""

    sequence: int
    """The sequence number, from 1. It increases with each journal entry, CDP messages included."""

    at: str
    """The emulated time at which the request arrived."""

    duration_ms: float
    """The real milliseconds until the response started."""

    method: str
    """The HTTP method, such as `POST`."""

    path: str
    """The path, such as `/v1/sessions`."""

    query: str
    """The query string with its question mark. Empty if there is none."""

    route: str | None
    """The route as in `/openapi.yaml`. Null if no route matches."""

    operation: str | None
    """The operationId of `/openapi.yaml`."""

    key_prefix: str | None
    """The prefix of the API key. Null if no valid key was sent."""

    workspace_id: str | None
    """The id of the caller's workspace."""

    session_id: str | None
    """The id of the session that is in the path or that the call created."""

    request_body: Any
    """The request body, if it was JSON of at most 16 KiB."""

    request_body_omitted: bool
    """Whether the request had a body that was not recorded."""

    status: int
    """The status of the response. 0 if the connection ended before the response."""

    error_code: ErrorCode | None
    """The error code of the response."""

    retry_after: str | None
    """The `Retry-After` header of the response, in seconds."""

    fault: str | None
    """The id of the fault rule that produced or changed the response."""

    response_body: Any
    """The response body, if it was JSON of at most 16 KiB."""

    deviations: list[Deviation]
    """What the client sent or did beside the contract. Empty if `Requests:Deviations` is `ignore`."""


class JournalPage(TypedDict):
    """The result of a query of API calls."""

    entries: list[JournalEntry]
    """The newest matching calls, at most `limit`, oldest first."""

    newest: int
    """The sequence number of the newest journal entry. Send it as `since` to get only later entries."""

    evicted: int
    """The number of evicted calls that could have matched. 0 means that the result is complete."""


class CallMatch(TypedDict, total=False):
    """A filter of API calls. Omitted fields match everything."""

    key: str | None
    """The whole API key that the call was made with. Use `workspace` for all keys of a workspace."""

    workspace: str | None
    """The id of a workspace."""

    session: str | None
    """The id of the session that is in the path or that the call created."""

    method: str | None
    """The HTTP method, such as `POST`."""

    path: str | None
    """The path without its query, such as `/v1/sessions`."""

    route: str | None
    """The route as in `/openapi.yaml`, such as `/v1/sessions/{id}`."""

    operation: str | None
    """The operationId of `/openapi.yaml`, such as `createSession`."""

    status: int | None
    """The status of the response, 100 to 599; 0 for a call without a response."""

    error_code: ErrorCode | None
    """The error code of the response, such as `rate_limited`."""

    body: dict[str, Any] | None
    """Fields that the request body must contain with these values. Other fields are ignored."""


class _CallVerification(TypedDict):
    """The expected number of matching journal entries. Give exactly one of `exactly`, `at_least` and `at_most`."""

    match: CallMatch
    """The filter of the entries."""


class CallVerification(_CallVerification, total=False):
    """The expected number of matching journal entries. Give exactly one of `exactly`, `at_least` and `at_most`."""

    exactly: int | None
    """The expected number."""

    at_least: int | None
    """The expected minimum."""

    at_most: int | None
    """The expected maximum."""

    since: int
    """Counts only entries with a greater sequence number."""


class Verified(TypedDict):
    """A successful verification."""

    verified: bool
    """Always true."""

    count: int
    """The number of entries that matched."""


class _UndecidedProblem(TypedDict):
    """A verification without a result: entries that the journal does not have could change it."""

    count: int
    """The number of recorded entries that matched."""

    status: int
    """The HTTP status."""

    detail: str
    """What was wrong and what to do."""


class UndecidedProblem(_UndecidedProblem, total=False):
    """A verification without a result: entries that the journal does not have could change it."""

    evicted: int | None
    """The number of evicted entries that could have matched, if that is the cause."""

    unknown: int | None
    """The number of entries that match except for a body that was not recorded, if that is the cause."""

    type: str | None
    """The URI of the definition of the status."""

    title: str | None
    """The name of the status."""


class NearDifference(TypedDict):
    """A field that did not match."""

    field: str
    """The name of the field, such as `operation` or `body.ttl_seconds`."""

    expected: str
    """The value of the filter."""

    actual: str | None
    """The value of the entry. Null if the field is missing."""


class NearCall(TypedDict):
    """A call that nearly matched."""

    sequence: int
    """The sequence number in the journal."""

    method: str
    """The HTTP method."""

    path: str
    """The path."""

    status: int
    """The status of the response."""

    differences: list[NearDifference]
    """The fields that did not match."""


class _CallVerificationProblem(TypedDict):
    """A failed verification: the number of matching entries is not the expected one."""

    count: int
    """The number of entries that matched."""

    expected: str
    """The expected number as text, such as `exactly 2`."""

    closest: list[NearCall]
    """Up to three entries that nearly matched, the closest first."""

    status: int
    """The HTTP status."""

    detail: str
    """What was wrong and what to do."""


class CallVerificationProblem(_CallVerificationProblem, total=False):
    """A failed verification: the number of matching entries is not the expected one."""

    type: str | None
    """The URI of the definition of the status."""

    title: str | None
    """The name of the status."""


CdpRecording = Literal["off", "headers", "bodies"]
"""What is recorded of CDP messages."""


CdpMessageKind = Literal["command", "result", "error", "event", "unknown"]
"""The kind of a CDP message."""


class CdpMessage(TypedDict):
    """A recorded CDP message. Secrets are redacted."""

    sequence: int
    """The sequence number. It increases with each journal entry, API calls included."""

    at: str
    """The emulated time at which the message passed."""

    direction: CdpDirection
    """The direction."""

    kind: CdpMessageKind
    """The kind of the message."""

    method: str | None
    """The CDP method. Results and errors have the method of their command; null if that was not recorded."""

    id: int | None
    """The CDP `id` of a command, and of its result or error."""

    cdp_session: str | None
    """The `sessionId` of CDP, which identifies a page or worker; null for the browser."""

    workspace_id: str | None
    """The id of the session's workspace."""

    session_id: str
    """The id of the session."""

    connection: int
    """The number of the CDP connection, from 1 since the emulator started."""

    size: int
    """The size of the payload in bytes."""

    duration_ms: float | None
    """For a result or error: the real milliseconds since its command."""

    error_message: str | None
    """For an error: its message."""

    body: Any
    """The message, if bodies are recorded and it has at most 16 KiB."""


class CdpJournalPage(TypedDict):
    """The result of a query of CDP messages."""

    recording: CdpRecording
    """What is recorded now of the queried messages."""

    entries: list[CdpMessage]
    """The newest matching messages, at most `limit`, oldest first."""

    newest: int
    """
    The sequence number of the newest journal entry, API calls included. Send it as `since` to get only later
    entries.
    """

    evicted: int
    """The number of evicted messages that could have matched. 0 means that the result is complete."""


class _CdpRecordingRequest(TypedDict):
    """A change of what is recorded of CDP messages."""

    recording: CdpRecording
    """What is recorded from now on."""


class CdpRecordingRequest(_CdpRecordingRequest, total=False):
    """A change of what is recorded of CDP messages."""

    key: str | None
    """A whole API key, to change only its workspace."""

    workspace: str | None
    """The id of a workspace. Without it and without a key, the change applies to all workspaces."""


class CdpRecordingResource(TypedDict):
    """What is recorded of CDP messages after a change."""

    recording: CdpRecording
    """What is recorded from now on."""


class CdpMatch(TypedDict, total=False):
    """A filter of CDP messages. Omitted fields match everything."""

    key: str | None
    """A whole API key; matches all messages of its workspace."""

    workspace: str | None
    """The id of a workspace."""

    session: str | None
    """The id of a session."""

    method: str | None
    """The CDP method, such as `Page.navigate`. Results and errors have the method of their command."""

    direction: CdpDirection | None
    """The direction."""

    kind: CdpMessageKind | None
    """The kind of the message."""

    cdp_session: str | None
    """The `sessionId` of CDP (not the id of a session of the API)."""

    body: dict[str, Any] | None
    """
    Fields that the message must contain, such as `{"params":{"url":"about:blank"}}`. Other fields are ignored.
    Requires the recording `bodies`.
    """


class _CdpVerification(TypedDict):
    """The expected number of matching journal entries. Give exactly one of `exactly`, `at_least` and `at_most`."""

    match: CdpMatch
    """The filter of the entries."""


class CdpVerification(_CdpVerification, total=False):
    """The expected number of matching journal entries. Give exactly one of `exactly`, `at_least` and `at_most`."""

    exactly: int | None
    """The expected number."""

    at_least: int | None
    """The expected minimum."""

    at_most: int | None
    """The expected maximum."""

    since: int
    """Counts only entries with a greater sequence number."""


class NearMessage(TypedDict):
    """A message that nearly matched."""

    sequence: int
    """The sequence number in the journal."""

    direction: CdpDirection
    """The direction."""

    kind: CdpMessageKind
    """The kind of the message."""

    method: str | None
    """The CDP method."""

    session_id: str
    """The id of the session."""

    differences: list[NearDifference]
    """The fields that did not match."""


class _CdpVerificationProblem(TypedDict):
    """A failed verification: the number of matching entries is not the expected one."""

    count: int
    """The number of entries that matched."""

    expected: str
    """The expected number as text, such as `exactly 2`."""

    closest: list[NearMessage]
    """Up to three entries that nearly matched, the closest first."""

    status: int
    """The HTTP status."""

    detail: str
    """What was wrong and what to do."""


class CdpVerificationProblem(_CdpVerificationProblem, total=False):
    """A failed verification: the number of matching entries is not the expected one."""

    type: str | None
    """The URI of the definition of the status."""

    title: str | None
    """The name of the status."""


class _FaultRequest(TypedDict):
    """A fault rule to add."""

    effect: FaultEffect
    """The effect and its parameters."""


class FaultRequest(_FaultRequest, total=False):
    """A fault rule to add."""

    match: FaultMatch | None
    """What the rule applies to. Default: everything. A field that does not fit the effect is an error."""

    count: int | None
    """The maximum number of times it fires, 1 or more. Default: no limit."""

    probability: float
    """The probability, 0 to 1, that a match fires. Repeatable if the emulator has a `Seed`."""

    enabled: bool
    """Whether the rule is applied. A rule that is not applied can be enabled later."""


class _FaultPresetRequest(TypedDict):
    """A preset to add."""

    preset: str
    """The name of the preset."""


class FaultPresetRequest(_FaultPresetRequest, total=False):
    """A preset to add."""

    match: dict[str, Any]
    """The conditions of a rule. A field that is null matches everything."""


class _FaultResource(TypedDict):
    """A fault rule."""

    id: str
    """The id of the rule, as in the header `x-chaser-emu-fault`, in the journal and in the log."""

    match: FaultMatch
    """The match as given, with only the prefix of the key."""

    effect: FaultEffect
    """The effect as given, with default values filled in."""

    probability: float
    """The probability, 0 to 1, that a match fires."""

    enabled: bool
    """Whether the rule is applied."""

    matched: int
    """
    The number of occurrences that matched, fired or not. Occurrences for which an earlier rule fired are not
    included.
    """

    fired: int
    """The number of times the rule fired. A rule that waits for its seconds, frames or bytes has not fired yet."""


class FaultResource(_FaultResource, total=False):
    """A fault rule."""

    count: int | None
    """The maximum number of times it fires. Omitted without a limit."""


class FaultList(TypedDict):
    """The rules, in the order in which they are tried."""

    faults: list[FaultResource]
    """The rules in the order in which they are tried."""


class FaultPreset(TypedDict):
    """Rules that reproduce an incident."""

    name: str
    """The name, for `POST /_emu/faults`."""

    title: str
    """A title for people."""

    description: str
    """What clients see."""

    rules: list[FaultRequest]
    """The rules that it adds, in order."""


class FaultPresetList(TypedDict):
    """The presets."""

    presets: list[FaultPreset]
    """The presets."""


class UpdateFaultRequest(TypedDict):
    """A change of a fault rule."""

    enabled: bool
    """Whether the rule is applied."""
