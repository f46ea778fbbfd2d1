"""Checks that type checkers find the types of the package, and use them."""
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import chaseremu

GOOD = '''
from datetime import datetime, timedelta
from chaseremu import ChaserEmulator
from chaseremu.types import CallMatch, EndedReason, SessionInspection

def use(emulator: ChaserEmulator) -> None:
    key: str = emulator.new_key()
    match: CallMatch = {"key": key, "operation": "createSession", "body": {"ttl_seconds": 60}}
    count: int = emulator.journal.verify(match, exactly=1)
    reason: EndedReason | None = emulator.clock.advance(timedelta(minutes=1))["transitions"][0]["ended_reason"]
    sessions: list[SessionInspection] = emulator.sessions.list()
    now: datetime = emulator.clock.now()
    with emulator.faults.add({"match": {"key": key}, "effect": {"type": "status", "code": "rate_limited", "retry_after": 2}, "count": 1}) as rule:
        fired: int = rule.refresh().fired
'''
BAD = [
    'emulator.journal.verify({"oporation": "createSession"}, exactly=1)',
    'emulator.faults.add({"effect": {"type": "status", "code": "no_such_code"}})',
    'emulator.sessions.end("sess_1", "tired")',
    'emulator.clock.get()["tomorrow"]',
]


def test_a_type_checker_accepts_right_uses_and_finds_wrong_ones(tmp_path):
    (tmp_path / "good.py").write_text(GOOD)
    lines = ["from chaseremu import ChaserEmulator", "def use(emulator: ChaserEmulator) -> None:", *(f"    {code}" for code in BAD)]
    (tmp_path / "bad.py").write_text("\n".join(lines))

    environment = {**os.environ, "MYPYPATH": str(Path(chaseremu.__file__).parents[1])}
    command = [sys.executable, "-m", "mypy", "--strict", "--python-version", "3.10", "--cache-dir", os.devnull, "good.py", "bad.py"]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    errors = {":".join(line.split(":")[:2]) for line in result.stdout.splitlines() if ": error: " in line}
    assert errors == {f"bad.py:{number}" for number in range(3, 3 + len(BAD))}, result.stdout + result.stderr
