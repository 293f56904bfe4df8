"""What a stage says when it will not do something, in words for people and codes for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: a stable code, a sentence that says what to do, and where it is."""

    code: str
    detail: str
    path: str = ""


class Refusal(Exception):  # noqa: N818 - "refusal" is what it is
    """Nothing was changed; ``problems`` say why. ``data`` goes into an API answer beside the errors."""

    status = 422

    def __init__(self, problems: Sequence[Problem], data: dict[str, Any] | None = None) -> None:
        super().__init__("; ".join(problem.detail for problem in problems))
        self.problems = list(problems)
        self.data = data or {}

    @classmethod
    def because(cls, code: str, detail: str, path: str = "", **data: Any) -> Refusal:  # noqa: ANN401
        """Return a refusal with a single problem."""
        return cls([Problem(code, detail, path)], data)


class Conflict(Refusal):
    """Refused because of what someone else, or an earlier request, has done."""

    status = 409
