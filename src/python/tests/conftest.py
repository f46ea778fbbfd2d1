from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

pytest_plugins = ["pytester"]


def call(address: str, key: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Calls the API of the service. Returns the status and the JSON of the answer."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(address + path, data, headers, method=method)) as response:
            return response.status, json.loads(response.read() or "null")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.fixture
def create(emulator, key):
    """Creates a session with the test's key and returns it."""
    def create(**options):
        status, session = call(emulator.address, key, "POST", "/v1/sessions", options)
        assert status == 201, session
        return session
    return create
