"""The emulator, as tests see it."""
from __future__ import annotations

import secrets
import ssl
import time
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Literal, cast

from ._control import ControlClient
from ._parts import (
    EmulatorClock, EmulatorFaults, EmulatorJournal, EmulatorSessions, EmulatorState, EmulatorWorkspaces, SharedGuard, format_time,
)
from ._process import EmulatorProcess
from .errors import ChaserEmulatorError
from .types import ResetOutcome

_POLL_INTERVAL = 0.02


class ChaserEmulator:
    """
    An emulator that tests control: `with ChaserEmulator.start() as emulator:` starts one, `ChaserEmulator.connect(url)` uses a running one.

    All methods raise `ChaserEmulatorError` if the emulator rejects the call or does not answer.
    """

    def __init__(
        self, address: str, token: str | None = None, *, shared: bool = False, ssl_context: ssl.SSLContext | None = None,
        _process: EmulatorProcess | None = None,
    ) -> None:
        """Use `start` or `connect`."""
        self._process = _process
        self._control = ControlClient(address.rstrip("/"), token, ssl_context)
        self._guard = SharedGuard(shared)

        self.clock = EmulatorClock(self._control, self._guard)
        """The emulated clock, which drives TTLs, idle limits, rate limits and timestamps."""

        self.faults = EmulatorFaults(self._control, self._guard)
        """The fault injection rules."""

        self.journal = EmulatorJournal(self._control, self._guard)
        """The request journal, which lists and verifies API calls, and CDP messages in `journal.cdp`."""

        self.sessions = EmulatorSessions(self._control)
        """The sessions of all workspaces, to inspect them and to end them."""

        self.state = EmulatorState(self._control, self._guard)
        """The stored state, to export and to import it."""

        self.workspaces = EmulatorWorkspaces(self._control)
        """The workspaces, to read and to set their balance and limits."""

    @classmethod
    def start(
        cls, settings: Mapping[str, object] | None = None, *, browsers: Literal["none", "found"] = "none", storage_path: str = ":memory:",
        seed: str | None = None, now: datetime | str | None = None, frozen: bool = False, port: int = 0, timeout: float = 60,
    ) -> ChaserEmulator:
        """
        Starts an emulator as a process and returns it when it is ready. It ends with `close`, at the end of a `with` block, or when this
        process ends, for whatever reason. Environment variables with the prefix `CHASER_EMU_` do not configure it.

        The program is the command in the environment variable `CHASER_EMU_COMMAND`, else `chaseremu` on the PATH.

        settings: settings of the emulator, such as `{"Sessions:IdleSeconds": 5}`. They override the other parameters.
        browsers: `none`, which is enough for `cha_test_` keys, or `found`, the Chrome or Chromium of this machine (or `CHROME_PATH`).
            With `found` the emulator is ready when the first browser has answered.
        storage_path: the SQLite file, which is kept. The default stores nothing on disk.
        seed: any text. Ids, devices, delays and secrets are repeatable with it.
        now: the emulated time at the start: a datetime with a time zone, or text in ISO 8601. Default: the real time.
        frozen: whether the clock starts frozen.
        port: the TCP port on 127.0.0.1. 0 selects a free one.
        timeout: the real seconds after which the start fails.

        Raises `ChaserEmulatorError` if there is no program, or it does not start: the message has its output.
        """
        given: dict[str, object | None] = {
            "urls": f"http://127.0.0.1:{port}", "Storage:Path": storage_path, "Browsers:Path": "none" if browsers == "none" else None,
            "Seed": seed, "Clock:Now": None if now is None else format_time(now), "Clock:Frozen": frozen,
        }
        # The keys of settings are case-insensitive.
        names = {name.lower(): name for name in given}
        given.update({names.get(name.lower(), name): value for name, value in (settings or {}).items()})
        texts = {name: _to_text(value) for name, value in given.items() if value is not None}

        deadline = time.monotonic() + timeout
        process = EmulatorProcess(texts)
        try:
            address = process.wait_for_address(timeout)
            token = next((value for name, value in texts.items() if name.lower() == "control:token"), None)
            emulator = cls(address, token, _process=process)
            emulator.wait_until_ready(max(0.0, deadline - time.monotonic()))
            return emulator
        except BaseException:
            process.stop()
            raise

    @classmethod
    def connect(
        cls, url: str, token: str | None = None, *, shared: bool = False, ssl_context: ssl.SSLContext | None = None,
    ) -> ChaserEmulator:
        """
        Returns a client of a running emulator. Closing it does not end the emulator. Connects on the first call.

        url: the base address, such as `http://127.0.0.1:8080`.
        token: the value of the emulator's setting `Control:Token`, if it is set.
        shared: whether others use the emulator, too. Calls that affect them, such as moving the clock, then require `shared=True`.
        ssl_context: for https with a certificate of an own CA, for example `ssl.create_default_context(cafile="ca.pem")`.
        """
        return cls(url, token, shared=shared, ssl_context=ssl_context)

    @property
    def address(self) -> str:
        """The base address, without a slash at the end. Configure the code under test with it."""
        return self._control.address

    @property
    def is_shared(self) -> bool:
        """Whether others use the emulator, too; see `connect`."""
        return self._guard.is_shared

    @property
    def log(self) -> str:
        """The newest lines of the emulator's output. Empty if `connect` was used."""
        return "" if self._process is None else self._process.log

    def new_key(self, test_mode: bool = True) -> str:
        """
        Returns a new random API key. Each key has its own workspace, so tests with different keys do not affect each other.

        test_mode: True for a `cha_test_` key, whose sessions have no browser; False for a `cha_live_` key, whose sessions have one.
        """
        return ("cha_test_" if test_mode else "cha_live_") + secrets.token_urlsafe(32)

    def reset(self, key: str | None = None, *, shared: bool = False) -> ResetOutcome:
        """
        Resets the workspace of a key: ends its sessions, deletes its data, fault rules and recorded calls. Without a key resets the whole
        emulator, the clock included; a shared emulator then requires `shared=True`. Returns when this is completed.
        """
        if key is None:
            self._guard.check("Resetting the whole emulator", shared)
        return cast(ResetOutcome, self._control.json("POST", "/_emu/reset", {} if key is None else {"key": key}))

    def wait_until_ready(self, timeout: float = 60) -> None:
        """
        Waits until the emulator is ready: the database is open and, if browsers are configured, one has answered. Raises
        `ChaserEmulatorError` with the reason if it is not ready after `timeout` real seconds.
        """
        deadline = time.monotonic() + timeout
        while (reason := self._control.why_not_ready()) is not None:
            if self._process is not None and self._process.has_ended:
                raise ChaserEmulatorError(f"The emulator has ended. Its output:\n{self.log}")
            if time.monotonic() > deadline:
                output = "" if self._process is None else f"\nIts output:\n{self.log}"
                raise ChaserEmulatorError(f"The emulator at {self.address} is not ready after {timeout:.0f} s: {reason}{output}")
            time.sleep(_POLL_INTERVAL)

    def close(self) -> None:
        """Ends the emulator if `start` started it, with its sessions and browsers. Returns when it has ended. Can be called again."""
        if self._process is not None:
            self._process.stop()

    def __enter__(self) -> ChaserEmulator:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<ChaserEmulator {self.address}>"


def _to_text(value: object) -> str:
    """Returns a value as text of a setting."""
    return str(value).lower() if isinstance(value, bool) else str(value)
