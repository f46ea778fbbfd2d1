"""Tests with a real browser. They send CDP messages over a WebSocket of their own, because the standard library has none."""
from __future__ import annotations

import base64
import json
import os
import socket
import struct
import time
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from conftest import call

from chaseremu import ChaserEmulator, JournalVerificationError


@pytest.fixture(scope="module")
def browsers():
    with ChaserEmulator.start(browsers="found") as emulator:
        yield emulator


@pytest.fixture
def session(browsers):
    """A ready session with its key."""
    key = browsers.new_key(test_mode=False)
    session = call(browsers.address, key, "POST", "/v1/sessions", {})[1]
    end = time.monotonic() + 30
    while session["status"] != "ready":
        assert session["status"] == "creating" and time.monotonic() < end, session
        time.sleep(0.05)
        session = call(browsers.address, key, "GET", f"/v1/sessions/{session['id']}")[1]
    yield key, session
    browsers.reset(key)


def send_command(cdp_url: str, method: str) -> None:
    """Sends a CDP command and waits for the start of its answer."""
    url = urlsplit(cdp_url)
    with closing(socket.create_connection((url.hostname, url.port), timeout=30)) as connection:
        nonce = base64.b64encode(os.urandom(16)).decode()
        connection.sendall(
            f"GET {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {nonce}\r\n\r\n".encode())
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(4096)
        assert received.startswith(b"HTTP/1.1 101"), received

        payload, mask = json.dumps({"id": 1, "method": method}).encode(), os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        connection.sendall(struct.pack("BB", 0x81, 0x80 | len(payload)) + mask + masked)
        assert connection.recv(4096)


def test_cdp_messages_are_recorded_and_verified(browsers, session):
    key, resource = session
    browsers.journal.cdp.record("bodies", key=key)

    send_command(resource["cdp_url"], "Browser.getVersion")

    match = {"key": key, "method": "Browser.getVersion", "kind": "command"}
    assert browsers.journal.cdp.verify(match, exactly=1) == 1
    page = browsers.journal.cdp.query(match)
    assert [(message["direction"], message["body"]["method"]) for message in page["entries"]] == [("to_browser", "Browser.getVersion")]
    with pytest.raises(JournalVerificationError, match=r"#\d+ command Browser.getVersion: method was Browser.getVersion and not Page.navigate"):
        browsers.journal.cdp.verify({**match, "method": "Page.navigate"}, exactly=1)

    browsers.journal.cdp.delete(key=key)
    assert browsers.journal.cdp.query({"key": key})["entries"] == []


def test_a_ready_session_has_a_browser_and_a_picture(browsers, session):
    _, resource = session

    assert browsers.sessions.get(resource["id"])["browser_pid"] is not None
    assert browsers.sessions.frame(resource["id"], width=100).startswith(b"\xff\xd8")
