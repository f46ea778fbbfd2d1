"""Tests how a client retries after a 429. A fault rule makes the emulator reject the first creation."""
import json
import os
import unittest
import urllib.error
import urllib.request

EMULATOR = os.environ.get("CHASER_EMU", "http://127.0.0.1:8080")
KEY = "cha_test_python-sample"


def call(method, path, body=None):
    request = urllib.request.Request(EMULATOR + path, method=method, data=body and json.dumps(body).encode())
    request.add_header("Authorization", "Bearer " + KEY)
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def create_session(wait):
    """The code under test: after a 429, waits for Retry-After and retries once."""
    try:
        return call("POST", "/v1/sessions", {})
    except urllib.error.HTTPError as error:
        if error.code != 429:
            raise
        wait(int(error.headers["Retry-After"]))
        return call("POST", "/v1/sessions", {})


class RetryTest(unittest.TestCase):
    def test_a_rejected_creation_is_retried_after_Retry_After(self):
        call("POST", "/_emu/reset", {"key": KEY})
        effect = {"type": "status", "code": "rate_limited", "retry_after": 7}
        call("POST", "/_emu/faults", {"match": {"key": KEY, "method": "POST", "route": "/v1/sessions"}, "effect": effect, "count": 1})
        waits = []

        session = create_session(wait=waits.append)

        self.assertEqual(("creating", [7]), (session["status"], waits))
        call("POST", "/_emu/journal/verify", {"match": {"key": KEY, "operation": "createSession"}, "exactly": 2})


if __name__ == "__main__":
    unittest.main()
