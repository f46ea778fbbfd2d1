"""The exceptions of the package."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .types import NearDifference


class ChaserEmulatorError(Exception):
    """Raised if an emulator cannot start, cannot be reached, or rejects a call. The message says what to do."""

    def __init__(self, message: str, *, status: int | None = None, detail: str | None = None) -> None:
        super().__init__(message)

        self.status = status
        """
        The HTTP status of the answer: 400 for an invalid request, 401 without the control token, 404 if the resource does not exist, 409 if
        the current state does not allow the call. None if there was no answer.
        """

        self.detail = detail
        """The `detail` of the problem (RFC 9457) in the answer. None if there was none."""


@dataclass(frozen=True)
class NearMiss:
    """A call or message that nearly matched a verification."""

    sequence: int
    """The sequence number in the journal."""

    what: str
    """A description, such as `POST /v1/sessions → 201` or `command Page.navigate`."""

    differences: Sequence[NearDifference]
    """The fields that did not match."""

    def __str__(self) -> str:
        return f"#{self.sequence} {self.what}: {', '.join(_describe(difference) for difference in self.differences)}"


class JournalVerificationError(ChaserEmulatorError, AssertionError):
    """Raised if a verification of the journal fails. The message has the expected and the actual count, and the closest entries."""

    def __init__(self, problem: dict[str, Any]) -> None:
        detail = str(problem["detail"])
        closest = [_near_miss(near) for near in problem["closest"]]
        super().__init__("\n  ".join([detail, *map(str, closest)]), status=422, detail=detail)

        self.count: int = problem["count"]
        """The number of calls or messages that matched."""

        self.expected: str = problem["expected"]
        """The expected number as text, such as `exactly 2`."""

        self.closest: Sequence[NearMiss] = closest
        """Up to three entries that nearly matched, the closest first."""


def _near_miss(near: dict[str, Any]) -> NearMiss:
    # A CDP message has a kind, a call has a path.
    what = f"{near['kind']} {near['method'] or ''}".rstrip() if "kind" in near else f"{near['method']} {near['path']} → {near['status']}"
    return NearMiss(near["sequence"], what, near["differences"])


def _describe(difference: NearDifference) -> str:
    actual = "missing" if difference["actual"] is None else difference["actual"]
    return f"{difference['field']} was {actual} and not {difference['expected']}"
