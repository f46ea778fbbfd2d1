"""Starts the emulator as a process that ends with this one."""
from __future__ import annotations

import collections
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from .errors import ChaserEmulatorError

_LISTENS = re.compile(r"listens on (https?://[^\s,]+)")
_GUARD = Path(__file__).with_name("_guard.py")
_LINES_KEPT = 1000


def find_command() -> list[str]:
    """Returns the command that starts an emulator."""
    given = os.environ.get("CHASER_EMU_COMMAND")
    if given:
        # Windows paths contain backslashes, which shlex reads as escapes.
        command = [part.strip('"') for part in shlex.split(given, posix=False)] if os.name == "nt" else shlex.split(given)
        if command and (program := shutil.which(command[0])):
            return [program, *command[1:]]
        raise ChaserEmulatorError(f"CHASER_EMU_COMMAND is '{given}', but there is no such program. Correct or remove it.")
    if program := shutil.which("chaseremu"):
        return [program]
    raise ChaserEmulatorError(
        "No emulator found. Install the command chaseremu so that it is on the PATH (dotnet tool install --global ChaserEmu), or set "
        "CHASER_EMU_COMMAND to a command that starts it, such as 'dotnet /path/to/ChaserEmu.dll'. To use an emulator that is already "
        "running, call ChaserEmulator.connect(url); for the pytest fixtures set CHASER_EMU_URL.")


class EmulatorProcess:
    """A running emulator. A guard process between it and this one ends it when this process ends, for whatever reason."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        arguments = [f"--{name}={value}" for name, value in settings.items()]
        # -I: the folder of the script is not searched for modules. In a session of its own, Ctrl+C does not reach the emulator: tests can
        # still use it while they clean up.
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(_GUARD), *find_command(), *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace", env=_environment(), start_new_session=True)
        self._lines: collections.deque[str] = collections.deque(maxlen=_LINES_KEPT)
        self._started = threading.Event()
        self._address: str | None = None
        # The output must be read all the time: with a full pipe the emulator would stop.
        self._reader = threading.Thread(target=self._read_output, daemon=True)
        self._reader.start()

    @property
    def log(self) -> str:
        """The newest lines of the emulator's output."""
        return "".join(self._lines.copy())

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def wait_for_address(self, timeout: float) -> str:
        """Waits until the emulator listens, and returns its first address."""
        if self._started.wait(timeout) and self._address is not None:
            return self._address.replace("[::]", "127.0.0.1").replace("0.0.0.0", "127.0.0.1")
        reason = f"ended with exit code {self._process.wait()}" if self._started.is_set() else f"did not listen within {timeout:g} s"
        raise ChaserEmulatorError(f"The emulator {reason}. Its output:\n{self.log or '(nothing)'}")

    def stop(self) -> None:
        """Ends the emulator and its browsers, and returns when they have ended."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._reader.join()
        self._process.stdout.close()

    def _read_output(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.append(line)
            if self._address is None and (match := _LISTENS.search(line)):
                self._address = match[1]
                self._started.set()
        self._started.set()


def _environment() -> dict[str, str]:
    """Returns the environment without the variables of emulators: they are for the tests, or for another emulator."""
    return {name: value for name, value in os.environ.items() if not name.upper().startswith(("CHASER_EMU_", "ASPNETCORE_"))}
