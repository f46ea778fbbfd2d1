"""The parts of an emulator: clock, faults, journal, sessions, state and workspaces."""
from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, List, Literal, cast

from ._control import ControlClient, quote
from .errors import ChaserEmulatorError
from .types import (
    CallMatch, CdpJournalPage, CdpMatch, CdpRecording, ClockMove, ClockReading, ClockUpdate, EndedReason, FailedRequest, FaultEffect,
    FaultMatch, FaultPreset, FaultRequest, FaultResource, JournalPage, SessionInspection, SessionStatus, StateDocument, StateImported,
    UpdateWorkspaceRequest, WorkspaceInspection,
)

_PAGE_SIZE = 500

# Some annotations below are typing.List, because their class has a method with the name list.


class SharedGuard:
    """Refuses calls that affect everybody who uses a shared emulator, unless the caller confirms them."""

    def __init__(self, is_shared: bool) -> None:
        self.is_shared = is_shared

    def check(self, what: str, shared: bool) -> None:
        if self.is_shared and not shared:
            raise ChaserEmulatorError(
                f"{what} affects all tests that share this emulator. Pass shared=True if that is intended, or start an emulator for this test.")


class EmulatorClock:
    """
    Reads and moves the emulated clock, which drives TTLs, idle limits, rate limits, timestamps and billing. All workspaces share one clock.
    Only a reset of the whole emulator sets it back.

    If the emulator is shared (see `ChaserEmulator.connect`), changes of the clock raise `ChaserEmulatorError` without `shared=True`.
    """

    def __init__(self, control: ControlClient, guard: SharedGuard) -> None:
        self._control = control
        self._guard = guard

    def get(self) -> ClockReading:
        """Returns the current reading."""
        return cast(ClockReading, self._control.json("GET", "/_emu/clock"))

    def now(self) -> datetime:
        """Returns the emulated time, in UTC, with a precision of one microsecond."""
        return parse_time(self.get()["now"])

    def freeze(self, *, shared: bool = False) -> ClockUpdate:
        """Freezes the clock. Only `advance` and `set` move it then."""
        return self._change("Freezing the clock", {"frozen": True}, shared)

    def run(self, rate: float = 1, *, shared: bool = False) -> ClockUpdate:
        """Lets the clock run, from its current time. `rate`: emulated seconds per real second, above 0, at most 1,000,000."""
        return self._change("Changing the rate of the clock", {"rate": rate, "frozen": False}, shared)

    def advance(self, by: float | timedelta, *, shared: bool = False) -> ClockMove:
        """
        Advances the clock by seconds or a timedelta, from 0 to ten years. Timers that expire on the way fire in order, each at its own
        timestamp. Returns when all of them have completed, with the sessions that became ready or ended.
        """
        self._guard.check("Advancing the clock", shared)
        seconds = by.total_seconds() if isinstance(by, timedelta) else by
        return cast(ClockMove, self._control.json("POST", "/_emu/clock/advance", {"seconds": seconds}))

    def set(self, now: datetime | str, *, shared: bool = False) -> ClockUpdate:
        """
        Advances the clock to a time that is not before the emulated time: a datetime with a time zone, or text in ISO 8601. Raises
        ValueError for a datetime without a time zone.
        """
        return self._change("Setting the clock", {"now": format_time(now)}, shared)

    def _change(self, what: str, change: dict[str, Any], shared: bool) -> ClockUpdate:
        self._guard.check(what, shared)
        return cast(ClockUpdate, self._control.json("PUT", "/_emu/clock", change))


class EmulatorFaults:
    """Adds, lists and deletes fault rules. Rules are tried in the order in which they were added; the first that fires is applied, alone."""

    def __init__(self, control: ControlClient, guard: SharedGuard) -> None:
        self._control = control
        self._guard = guard

    def add(self, fault: FaultRequest) -> FaultRule:
        """
        Adds a rule, such as `{"match": {"key": key}, "effect": {"type": "status", "code": "rate_limited", "retry_after": 2}, "count": 1}`.
        Match a key, so that tests do not affect each other. Raises an error with status 400 if a value is invalid.
        """
        return FaultRule(self, self._control.json("POST", "/_emu/faults", fault))

    def add_all(self, faults: Iterable[FaultRequest]) -> List[FaultRule]:
        """Adds several rules in this order. If one of them is invalid, none is added."""
        return self._to_rules(self._control.json("POST", "/_emu/faults", list(faults)))

    def add_preset(self, preset: str, match: FaultMatch | None = None) -> List[FaultRule]:
        """Adds the rules of a preset, such as `api_brownout`. `match` is added to each of them."""
        request: dict[str, Any] = {"preset": preset} if match is None else {"preset": preset, "match": match}
        return self._to_rules(self._control.json("POST", "/_emu/faults", request))

    def presets(self) -> list[FaultPreset]:
        """Returns the presets with their rules."""
        return cast("list[FaultPreset]", self._control.json("GET", "/_emu/faults/presets")["presets"])

    def list(self) -> List[FaultRule]:
        """Returns the rules in the order in which they are tried."""
        return self._to_rules(self._control.json("GET", "/_emu/faults")["faults"])

    def get(self, id: str) -> FaultRule:
        """Returns a rule with its current counts. Raises an error with status 404 if there is none."""
        return FaultRule(self, self._control.json("GET", f"/_emu/faults/{quote(id)}"))

    def set_enabled(self, id: str, enabled: bool) -> FaultRule:
        """Enables or disables a rule. It keeps its id and counts. Raises an error with status 404 if there is none."""
        return FaultRule(self, self._control.json("PATCH", f"/_emu/faults/{quote(id)}", {"enabled": enabled}))

    def delete(self, id: str) -> None:
        """Deletes a rule. Requests, frames and browsers that it holds continue. Raises an error with status 404 if there is none."""
        self._control.send("DELETE", f"/_emu/faults/{quote(id)}")

    def delete_all(self, *, shared: bool = False) -> None:
        """Deletes all rules. A shared emulator requires `shared=True`."""
        self._guard.check("Deleting all fault rules", shared)
        self._control.send("DELETE", "/_emu/faults")

    def _to_rules(self, resources: Iterable[FaultResource]) -> List[FaultRule]:
        return [FaultRule(self, resource) for resource in resources]


class FaultRule:
    """A fault rule with its counts at the time when it was added or read. As a context manager it deletes the rule at the end."""

    def __init__(self, faults: EmulatorFaults, resource: FaultResource) -> None:
        self._faults = faults

        self.id: str = resource["id"]
        """The id, as in the response header `x-chaser-emu-fault` and in the journal."""

        self.effect: FaultEffect = resource["effect"]
        """The effect, with default values filled in."""

        self.match: FaultMatch = resource["match"]
        """The conditions. A key is shortened to its prefix."""

        self.count: int | None = resource.get("count")
        """The maximum number of times that it fires. None without a limit."""

        self.probability: float = resource["probability"]
        """The probability, 0 to 1, that it fires if it matches."""

        self.enabled: bool = resource["enabled"]
        """Whether it is applied."""

        self.matched: int = resource["matched"]
        """The number of occurrences that matched, fired or not."""

        self.fired: int = resource["fired"]
        """The number of times that it fired."""

    def refresh(self) -> FaultRule:
        """Returns the rule with its current counts. Raises an error with status 404 if it was deleted."""
        return self._faults.get(self.id)

    def delete(self) -> None:
        """Deletes the rule if it still exists."""
        try:
            self._faults.delete(self.id)
        except ChaserEmulatorError as error:
            # It was already deleted, for example by a reset.
            if error.status != 404:
                raise

    def __enter__(self) -> FaultRule:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.delete()

    def __repr__(self) -> str:
        return f"<FaultRule {self.id} {json.dumps(self.effect)} matched={self.matched} fired={self.fired}>"


class EmulatorJournal:
    """Lists and verifies the recorded API calls. Secrets are redacted. Older calls are evicted (`Journal:Capacity`, default 10,000)."""

    def __init__(self, control: ControlClient, guard: SharedGuard) -> None:
        self._control = control
        self._guard = guard

        self.cdp = EmulatorCdpJournal(control, guard)
        """The journal of messages on CDP connections. Recording is off until `cdp.record` turns it on."""

    def query(self, match: CallMatch | None = None, *, since: int = 0, limit: int = 1000) -> JournalPage:
        """
        Returns the recorded calls that match, oldest first. `match` cannot have a `body` here.

        since: only calls with a greater sequence number, such as `newest` of an earlier query.
        limit: the maximum number of calls, 1 to 10,000. If more match, the newest are returned.
        """
        return cast(JournalPage, self._control.json("GET", "/_emu/journal", query={**(match or {}), "since": since, "limit": limit}))

    def verify(
        self, match: CallMatch, *, exactly: int | None = None, at_least: int | None = None, at_most: int | None = None, since: int = 0,
    ) -> int:
        """
        Verifies the number of recorded calls, such as `verify({"key": key, "operation": "createSession"}, exactly=2)`, and returns it.
        Takes one of `exactly`, `at_least` and `at_most`.

        Raises `JournalVerificationError`, an AssertionError, if the number is different: its message shows the closest calls. Raises an
        error with status 409 if the journal evicted calls that could match.
        """
        __tracebackhide__ = True  # pytest shows the line of the test.
        return _verify(self._control, "/_emu/journal/verify", match, exactly, at_least, at_most, since)

    def deviations(self, *, key: str | None = None, workspace: str | None = None, since: int = 0, limit: int = 1000) -> JournalPage:
        """Returns the calls that depart from the contract, oldest first: unknown fields and parameters, polling too fast and others."""
        query = {"key": key, "workspace": workspace, "since": since, "limit": limit}
        return cast(JournalPage, self._control.json("GET", "/_emu/journal/deviations", query=query))

    def delete(self, *, key: str | None = None, workspace: str | None = None, shared: bool = False) -> None:
        """Deletes the recorded calls of one workspace, or of all. A shared emulator requires `shared=True` to delete all."""
        if key is None and workspace is None:
            self._guard.check("Deleting all recorded calls", shared)
        self._control.send("DELETE", "/_emu/journal", query={"key": key, "workspace": workspace})


class EmulatorCdpJournal:
    """Records, lists and verifies the messages on CDP connections. Older messages are evicted (`Journal:CdpCapacity`)."""

    def __init__(self, control: ControlClient, guard: SharedGuard) -> None:
        self._control = control
        self._guard = guard

    def record(self, recording: CdpRecording, *, key: str | None = None, workspace: str | None = None, shared: bool = False) -> None:
        """
        Sets what is recorded from now on, `off`, `headers` or `bodies`: of the workspace of one key, or of all workspaces. A shared emulator
        requires `shared=True` to record all.
        """
        if key is None and workspace is None:
            self._guard.check("Recording all CDP messages", shared)
        self._control.json("PUT", "/_emu/journal/cdp", {"recording": recording, "key": key, "workspace": workspace})

    def query(self, match: CdpMatch | None = None, *, since: int = 0, limit: int = 1000) -> CdpJournalPage:
        """Returns the recorded messages that match, oldest first. Parameters as for `EmulatorJournal.query`."""
        return cast(CdpJournalPage, self._control.json("GET", "/_emu/journal/cdp", query={**(match or {}), "since": since, "limit": limit}))

    def verify(
        self, match: CdpMatch, *, exactly: int | None = None, at_least: int | None = None, at_most: int | None = None, since: int = 0,
    ) -> int:
        """
        Verifies the number of recorded messages, as `EmulatorJournal.verify` does for calls. Raises an error with status 409 if nothing was
        recorded.
        """
        __tracebackhide__ = True
        return _verify(self._control, "/_emu/journal/cdp/verify", match, exactly, at_least, at_most, since)

    def delete(self, *, key: str | None = None, workspace: str | None = None, shared: bool = False) -> None:
        """
        Deletes the recorded messages of one workspace, or of all. What is recorded from now on does not change. A shared emulator requires
        `shared=True` to delete all.
        """
        if key is None and workspace is None:
            self._guard.check("Deleting all recorded CDP messages", shared)
        self._control.send("DELETE", "/_emu/journal/cdp", query={"key": key, "workspace": workspace})


class EmulatorSessions:
    """Inspects and ends the sessions of all workspaces."""

    def __init__(self, control: ControlClient) -> None:
        self._control = control

    def list(
        self, *, workspace: str | None = None, key_id: str | None = None, status: SessionStatus | Literal["open", "ended"] = "open",
    ) -> list[SessionInspection]:
        """Returns the sessions with a status, oldest first: of one workspace or one key, or of all."""
        newest_first = _all_pages(self._control, "/_emu/sessions", "sessions", {"workspace": workspace, "key_id": key_id, "status": status})
        return newest_first[::-1]

    def get(self, id: str) -> SessionInspection:
        """Returns the internal state of a session, open or ended. Raises an error with status 404 if it does not exist."""
        return cast(SessionInspection, self._control.json("GET", f"/_emu/sessions/{quote(id)}"))

    def end(self, id: str, reason: EndedReason) -> SessionInspection:
        """
        Ends a session as the service would for this reason. Returns when its browser, files and connections are gone. Raises an error with
        status 404 if it does not exist, 409 if it has already ended.
        """
        return cast(SessionInspection, self._control.json("POST", f"/_emu/sessions/{quote(id)}/end", {"reason": reason}))

    def failed_requests(self, id: str) -> List[FailedRequest]:
        """Returns the failed connections of the session's pages with their cause, newest first, at most 100."""
        return cast("list[FailedRequest]", self._control.json("GET", f"/_emu/sessions/{quote(id)}/requests")["requests"])

    def frame(self, id: str, *, width: int = 160) -> bytes:
        """
        Returns a JPEG of the session's page, at most 1 s old and `width` pixels wide (16 to 1280); after the end of the session the last one
        that was taken. Raises an error with status 404 if there is none.
        """
        return self._control.send("GET", f"/_emu/sessions/{quote(id)}/frame", query={"width": width})


class EmulatorState:
    """Exports and imports all state (workspaces, keys, sessions, usage, audit events, faults, clock) as one JSON document."""

    def __init__(self, control: ControlClient, guard: SharedGuard) -> None:
        self._control = control
        self._guard = guard

    def export(self) -> StateDocument:
        """Returns the state. Keys are included as hashes only. `json.dump` writes it to a file that the setting `State:Seed` reads."""
        return cast(StateDocument, self._control.json("GET", "/_emu/state"))

    def import_(self, document: StateDocument, *, shared: bool = False) -> StateImported:
        """
        Replaces the whole state, or changes nothing if the document is invalid (status 400). A shared emulator requires `shared=True`.

        document: from `export`, or written by hand, such as `{"version": 1, "workspaces": [{"key": key, "balance_micro_usd": 0}]}`.
        """
        self._guard.check("Importing a state", shared)
        return cast(StateImported, self._control.json("PUT", "/_emu/state", document))


class EmulatorWorkspaces:
    """Lists workspaces, and sets their balance and limits."""

    def __init__(self, control: ControlClient) -> None:
        self._control = control

    def list(self) -> list[WorkspaceInspection]:
        """Returns all workspaces, newest first."""
        return _all_pages(self._control, "/_emu/workspaces", "workspaces", {})

    def get(self, id: str) -> WorkspaceInspection:
        """Returns a workspace. Raises an error with status 404 if there is none."""
        return cast(WorkspaceInspection, self._control.json("GET", f"/_emu/workspaces/{quote(id)}"))

    def update(self, id: str, change: UpdateWorkspaceRequest) -> WorkspaceInspection:
        """
        Sets the balance or the limits, such as `{"balance_micro_usd": 0, "limits": {"concurrent": 2}}`. Omitted fields do not change. Raises
        an error with status 404 if there is no such workspace.
        """
        return cast(WorkspaceInspection, self._control.json("PUT", f"/_emu/workspaces/{quote(id)}", change))


def parse_time(text: str) -> datetime:
    """Parses a time of the emulator. (`datetime.fromisoformat` of Python 3.10 knows neither Z nor every number of decimals.)"""
    seconds, decimals = re.fullmatch(r"([^.Z]+)(?:\.(\d{1,6})\d*)?Z", text).groups()  # type: ignore[union-attr]
    return datetime.fromisoformat(f"{seconds}.{(decimals or '0'):0<6}+00:00")


def format_time(time: datetime | str) -> str:
    """Returns a time as text in ISO 8601. Raises ValueError if a datetime has no time zone."""
    if isinstance(time, str):
        return time
    if time.tzinfo is None:
        raise ValueError(f"{time!r} has no time zone. Use for example datetime(2026, 6, 13, tzinfo=timezone.utc).")
    return time.isoformat()


def _verify(
    control: ControlClient, path: str, match: CallMatch | CdpMatch, exactly: int | None, at_least: int | None, at_most: int | None, since: int,
) -> int:
    __tracebackhide__ = True
    expected = {name: value for name, value in (("exactly", exactly), ("at_least", at_least), ("at_most", at_most)) if value is not None}
    return cast(int, control.json("POST", path, {"match": match, **expected, "since": since})["count"])


def _all_pages(control: ControlClient, path: str, field: str, query: dict[str, Any]) -> list[Any]:
    """Returns the entries of all pages of a list."""
    entries: list[Any] = []
    cursor = None
    while True:
        page = control.json("GET", path, query={**query, "limit": _PAGE_SIZE, "cursor": cursor})
        entries += page[field]
        cursor = page["next_cursor"]
        if cursor is None:
            return entries
