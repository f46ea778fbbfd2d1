"""Makes the requests of the control API."""
from __future__ import annotations

import http.client
import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

from .errors import ChaserEmulatorError, JournalVerificationError

# In seconds. A reset waits for the browsers of its sessions, an advance for all that it ends.
_TIMEOUT = 100


class ControlClient:
    """Calls `/_emu` and raises its error answers as exceptions with the emulator's message."""

    def __init__(self, address: str, token: str | None, ssl_context: ssl.SSLContext | None) -> None:
        self.address = address
        self._token = token
        # The emulator is local: HTTP_PROXY and similar variables must not apply.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=ssl_context))

    def json(self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Any:
        """Sends JSON and returns the JSON of the answer."""
        __tracebackhide__ = True  # pytest then shows the line of the caller.
        return json.loads(self.send(method, path, body, query))

    def send(self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> bytes:
        """Sends JSON and returns the body of the answer. Parameters of the query that are None are not sent."""
        __tracebackhide__ = True
        given = {name: value for name, value in (query or {}).items() if value is not None}
        url = self.address + path + (f"?{urllib.parse.urlencode(given)}" if given else "")
        headers = {"Content-Type": "application/json"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        request = urllib.request.Request(url, method=method, headers=headers, data=None if body is None else json.dumps(body).encode())
        try:
            with self._opener.open(request, timeout=_TIMEOUT) as response:
                content: bytes = response.read()
                return content
        except urllib.error.HTTPError as error:
            with error:
                raise self._to_exception(method, path, error.code, error.read()) from None
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise ChaserEmulatorError(f"No emulator answers at {self.address} ({reason}). Start one, or correct the address.") from error

    def why_not_ready(self) -> str | None:
        """Returns what `GET /readyz` answers in place of 200, or None if it answers 200."""
        try:
            with self._opener.open(f"{self.address}/readyz", timeout=_TIMEOUT):
                return None
        except urllib.error.HTTPError as error:
            with error:
                return f"{error.code} {error.read().decode(errors='replace')}"
        except (OSError, http.client.HTTPException) as error:
            return str(getattr(error, "reason", error))

    def _to_exception(self, method: str, path: str, status: int, content: bytes) -> ChaserEmulatorError:
        problem = _parse_problem(content)
        if problem is None:
            return ChaserEmulatorError(
                f"{method} {path} at {self.address} returned {status} without an error message of an emulator. Check that this is the "
                "address of an emulator.", status=status)
        if status == 422:
            return JournalVerificationError(problem)
        return ChaserEmulatorError(problem["detail"], status=status, detail=problem["detail"])


def _parse_problem(content: bytes) -> dict[str, Any] | None:
    """Returns a body as a problem. None if it is something else, such as the page of another server."""
    try:
        problem = json.loads(content)
    except ValueError:
        return None
    if not isinstance(problem, dict):
        return None
    if isinstance(problem.get("detail"), str):
        return problem
    # Guards before the control API, such as the check of the Host header, answer with the error of the service.
    error = problem.get("error")
    return {"detail": str(error["message"])} if isinstance(error, dict) and "message" in error else None


def quote(segment: str) -> str:
    """Escapes an id for a path."""
    return urllib.parse.quote(segment, safe="")
