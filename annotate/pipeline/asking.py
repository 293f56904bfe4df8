"""How a task's stored list names a question: `annotate.questions.asked` reads it."""

from __future__ import annotations

from uuid import UUID

from annotate.questions import ScopeName

Ask = dict[str, str]


def rate(response: UUID, dimension: str) -> Ask:
    """Return the question for a rating of a response on a dimension, by its key."""
    return {"kind": "rating", "response": str(response), "dimension": dimension}


def compare(scope: ScopeName, left: UUID, right: UUID) -> Ask:
    """Return the question for an overall comparison of two responses."""
    return {"kind": "comparison", "scope": scope, "left": str(left), "right": str(right)}
