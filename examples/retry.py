"""Tests a client's retry on 429 against the emulator: it refuses as told, and its clock moves by what it asks to wait."""
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
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def create_session(wait):
    """The client under test: waits as long as it is asked to, once."""
    try:
        return call("POST", "/v1/sessions", {})
    except urllib.error.HTTPError as refused:
        if refused.code != 429:
            raise
        wait(int(refused.headers["Retry-After"]))
        return call("POST", "/v1/sessions", {})


class RetryTest(unittest.TestCase):
    def test_a_refused_creation_is_tried_again_after_the_wait(self):
        call("POST", "/_emu/reset", {"key": KEY})
        effect = {"type": "status", "code": "rate_limited", "retry_after": 7}
        call("POST", "/_emu/faults", {"match": {"key": KEY, "method": "POST", "route": "/v1/sessions"}, "effect": effect, "count": 1})
        waits = []

        session = create_session(wait=waits.append)

        self.assertEqual(("creating", [7]), (session["status"], waits))
        call("POST", "/_emu/journal/verify", {"match": {"key": KEY, "operation": "createSession"}, "exactly": 2})


if __name__ == "__main__":
    unittest.main()
