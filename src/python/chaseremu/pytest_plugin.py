"""The pytest plugin: fixtures for an emulator and for keys, and the recorded calls of a failed test in its report."""
from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterator
from typing import Any

import pytest

from ._emulator import ChaserEmulator
from ._parts import EmulatorClock
from .errors import ChaserEmulatorError
from .types import JournalEntry

_CALLS_SHOWN = 50
_CHARACTERS_SHOWN = 300
_KEYS: pytest.StashKey[list[tuple[ChaserEmulator, str]]] = pytest.StashKey()


@pytest.fixture(scope="session")
def emulator_options() -> dict[str, Any]:
    """The arguments of `ChaserEmulator.start` for the fixture `emulator`. Override it in conftest.py; not used with `CHASER_EMU_URL`."""
    return {}


@pytest.fixture(scope="session")
def emulator(emulator_options: dict[str, Any]) -> Iterator[ChaserEmulator]:
    """
    An emulator for all tests of this process: one per session, or one per worker with pytest-xdist.

    With the environment variable `CHASER_EMU_URL` it is the running one at this address (its `Control:Token` is read from
    `CHASER_EMU_Control__Token`). It is shared then: calls that affect other tests, such as moving the clock, require `shared=True`.
    """
    url = os.environ.get("CHASER_EMU_URL")
    if url:
        with ChaserEmulator.connect(url, os.environ.get("CHASER_EMU_Control__Token"), shared=True) as shared:
            shared.wait_until_ready()
            yield shared
    else:
        with ChaserEmulator.start(**emulator_options) as started:
            yield started


@pytest.fixture
def key(emulator: ChaserEmulator, request: pytest.FixtureRequest) -> Iterator[str]:
    """A `cha_test_` key for this test alone, whose sessions have no browser. Its workspace is reset after the test."""
    yield from _key(emulator, request, test_mode=True)


@pytest.fixture
def live_key(emulator: ChaserEmulator, request: pytest.FixtureRequest) -> Iterator[str]:
    """
    A `cha_live_` key for this test alone, whose sessions have a browser. Its workspace is reset after the test. The fixture
    `emulator_options` must return `{"browsers": "found"}`.
    """
    yield from _key(emulator, request, test_mode=False)


@pytest.fixture
def emulator_clock(emulator: ChaserEmulator) -> Iterator[EmulatorClock]:
    """The clock of the emulator. After the test its rate, and whether it is frozen, are as before. Its time does not go back."""
    before = emulator.clock.get()
    yield emulator.clock
    after = emulator.clock.get()
    if (after["rate"], after["frozen"]) != (before["rate"], before["frozen"]):
        # On a shared emulator only a test that passed shared=True can have changed it.
        emulator.clock.run(before["rate"], shared=True)
        if before["frozen"]:
            emulator.clock.freeze(shared=True)


def _key(emulator: ChaserEmulator, request: pytest.FixtureRequest, test_mode: bool) -> Iterator[str]:
    key = emulator.new_key(test_mode)
    request.node.stash.setdefault(_KEYS, []).append((emulator, key))
    yield key
    emulator.reset(key)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    """Adds the calls of the test's keys to the report of a failed test."""
    report: pytest.TestReport = (yield).get_result()
    # At the teardown the keys have been reset.
    if report.failed and report.when != "teardown":
        for emulator, key in item.stash.get(_KEYS, []):
            report.sections.append(("ChaserEmu journal", describe_calls(emulator, key)))


def describe_calls(emulator: ChaserEmulator, key: str) -> str:
    """Returns the newest calls of a key as text."""
    try:
        entries = emulator.journal.query({"key": key}, limit=_CALLS_SHOWN)["entries"]
    except ChaserEmulatorError as error:
        return f"The calls of the test's key could not be read: {error}"
    if not entries:
        return "The test's key made no calls."
    return "\n".join(_describe(entry) for entry in entries)


def _describe(entry: JournalEntry) -> str:
    query = f"?{entry['query'].lstrip('?')}" if entry["query"] else ""
    lines = [f"#{entry['sequence']} {entry['at']} {entry['method']} {entry['path']}{query} → {entry['status'] or 'no answer'}"]
    for name, value in (
        ("error", entry["error_code"]), ("Retry-After", entry["retry_after"]), ("fault", entry["fault"]),
        ("request", _to_line(entry["request_body"])), ("response", _to_line(entry["response_body"])),
        *(("deviation", deviation["detail"]) for deviation in entry["deviations"]),
    ):
        if value:
            lines.append(f"    {name}: {value}")
    return "\n".join(lines)


def _to_line(body: Any) -> str | None:
    """Returns a body on one line, shortened. None if there is none."""
    text = None if body is None else json.dumps(body, ensure_ascii=False)
    return text if text is None or len(text) <= _CHARACTERS_SHOWN else f"{text[:_CHARACTERS_SHOWN]}… ({len(text)} characters)"
