from __future__ import annotations

import os
import re
import shlex
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from chaseremu import ChaserEmulator, ChaserEmulatorError


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/livez"):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def test_emulators_are_separate_and_end_with_their_block():
    with ChaserEmulator.start() as first, ChaserEmulator.start() as second:
        first.clock.advance(3600)
        assert first.clock.now() > second.clock.now()
        assert answers(first.address) and "listens on" in first.log

    assert not answers(first.address) and not answers(second.address)
    first.close()


def test_options_become_settings():
    options = {"seed": "42", "now": "2026-06-13T12:00:00Z", "frozen": True}
    with ChaserEmulator.start({"limits:concurrent": 1}, **options) as emulator:
        assert emulator.clock.get() == {"now": "2026-06-13T12:00:00.000000Z", "rate": 1, "frozen": True}
        assert emulator.clock.now().isoformat() == "2026-06-13T12:00:00+00:00"
        workspace = emulator.workspaces.get("ws_default")
        assert workspace["limits"]["concurrent"] == 1


def test_a_setting_overrides_an_option(tmp_path):
    file = tmp_path / "emulator.db"
    with ChaserEmulator.start({"storage:path": str(file), "Clock:Frozen": False}, frozen=True) as emulator:
        assert not emulator.clock.get()["frozen"]
    assert file.exists()


def test_environment_variables_of_emulators_do_not_apply(monkeypatch):
    monkeypatch.setenv("CHASER_EMU_Limits__Concurrent", "1")
    with ChaserEmulator.start() as emulator:
        assert emulator.workspaces.get("ws_default")["limits"]["concurrent"] == 10


def test_an_emulator_with_https_is_reached_with_its_ca(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    subprocess.run([*shlex.split(os.environ["CHASER_EMU_COMMAND"]), "cert"], check=True, stdout=subprocess.DEVNULL)
    with ChaserEmulator.start({"urls": "http://127.0.0.1:0;https://127.0.0.1:0"}) as emulator:
        address = re.search(r"https://127.0.0.1:\d+", emulator.log)[0]
        context = ssl.create_default_context(cafile=str(tmp_path / ".chaser-emu" / "tls" / "ca.pem"))

        assert ChaserEmulator.connect(address, ssl_context=context).clock.get()["rate"] == 1
        with pytest.raises(ChaserEmulatorError, match="CERTIFICATE_VERIFY_FAILED"):
            ChaserEmulator.connect(address).clock.get()


def test_an_emulator_ends_when_its_parent_is_killed():
    code = "import chaseremu, time; print(chaseremu.ChaserEmulator.start().address, flush=True); time.sleep(600)"
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    with parent:
        address = parent.stdout.readline().strip()
        assert answers(address)
        parent.send_signal(signal.SIGKILL)
        end = time.monotonic() + 60
        while answers(address):
            assert time.monotonic() < end, "The emulator still runs 60 s after its parent was killed."
            time.sleep(0.05)


def test_an_invalid_setting_stops_the_start_with_its_reason():
    with pytest.raises(ChaserEmulatorError, match=r"ended with exit code \d+. Its output:(.|\n)*Unknown section Sesions"):
        ChaserEmulator.start({"Sesions:IdleSeconds": 5})


def test_a_program_that_does_not_listen_is_ended(monkeypatch):
    monkeypatch.setenv("CHASER_EMU_COMMAND", f"'{sys.executable}' -c 'import time; time.sleep(600)'")
    start = time.monotonic()
    with pytest.raises(ChaserEmulatorError, match="did not listen within 0.5 s"):
        ChaserEmulator.start(timeout=0.5)
    assert time.monotonic() - start < 30


def test_a_missing_program_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.delenv("CHASER_EMU_COMMAND")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ChaserEmulatorError, match="No emulator found. Install the command chaseremu") as raised:
        ChaserEmulator.start()
    assert "CHASER_EMU_COMMAND" in str(raised.value) and "CHASER_EMU_URL" in str(raised.value)


def test_a_wrong_command_is_named(monkeypatch):
    monkeypatch.setenv("CHASER_EMU_COMMAND", "no-such-program --x")
    with pytest.raises(ChaserEmulatorError, match="CHASER_EMU_COMMAND is 'no-such-program --x', but there is no such program"):
        ChaserEmulator.start()


def test_the_program_on_the_path_is_used(monkeypatch, tmp_path):
    command = os.environ["CHASER_EMU_COMMAND"]
    program = tmp_path / "chaseremu"
    program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    program.chmod(0o755)
    monkeypatch.delenv("CHASER_EMU_COMMAND")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with ChaserEmulator.start() as emulator:
        assert answers(emulator.address)
