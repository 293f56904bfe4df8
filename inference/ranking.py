"""Several responses to one question, best first.

In:  ``{"id", "messages": up to and including the last user message, "responses": [content, …],
"max_steps"}``; content as in IN.jsonl, ``max_steps`` may be absent.
Out: ``{"id", "ranking", "values", "errors", "best", "error"}``: ``values`` and ``errors`` have one entry
a response, of which one is null; ``ranking`` holds the positions (from 0) of those with a value, the
highest value first, equal values in the order of the file; ``best`` is its first, or null. ``error`` is
null unless the line itself cannot be read; the lists are then empty.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inference.fields import FieldError, content, field, files_in, item_id, json_object, message
from inference.lines import max_steps
from inference.types import Item, ItemError, Message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from inference.types import ItemId, Result


@dataclass(frozen=True, slots=True)
class Candidates:
    """A line: an item for each response that could be read, the error of each that could not.

    ``responses`` has one entry a response; it is empty where ``error`` says why line ``number`` is unusable.
    """

    id: ItemId | None
    number: int
    responses: tuple[Item | ItemError, ...] = ()
    error: ItemError | None = None

    @property
    def items(self) -> tuple[Item, ...]:
        """The responses that can be scored."""
        return tuple(one for one in self.responses if isinstance(one, Item))


@dataclass(frozen=True, slots=True)
class Ranking:
    """The responses of a line in order; ``values`` or ``errors`` is None for each of them."""

    id: ItemId | None
    ranking: tuple[int, ...]
    values: tuple[float | None, ...]
    errors: tuple[ItemError | None, ...]
    error: ItemError | None = None


def parse_candidates(line: bytes, *, folder: Path, number: int) -> Candidates:
    """Read line ``number``; image paths are taken from ``folder``. Codes as in `inference.lines`."""
    found: ItemId | None = None
    try:
        row = json_object(line)
        found = item_id(row)
        messages = _messages(row, folder)
        steps = max_steps(row)
        raw = _responses(row)
    except FieldError as bad:
        return Candidates(found, number, error=_placed(bad.error, number))
    responses: list[Item | ItemError] = []
    for position, one in enumerate(raw):
        try:
            answer = Message("assistant", content(one, f"responses[{position}]", files_in(folder)))
        except FieldError as bad:
            responses.append(bad.error)
        else:
            responses.append(Item(id=f"{found}/{position}", messages=(*messages, answer), max_steps=steps))
    return Candidates(found, number, tuple(responses))


def rank(candidates: Candidates, results: Sequence[Result]) -> Ranking:
    """Put the responses in order by the results of ``candidates.items``."""
    rest = iter(results)
    values: list[float | None] = []
    errors: list[ItemError | None] = []
    for position, response in enumerate(candidates.responses):
        if isinstance(response, Item):
            result = next(rest)
            values.append(result.value)
            place = f"responses[{position}]: "
            errors.append(result.error and _placed(result.error, candidates.number, place))
        else:
            values.append(None)
            errors.append(_placed(response, candidates.number))
    scored = [(value, position) for position, value in enumerate(values) if value is not None]
    ranking = tuple(position for _, position in sorted(scored, key=lambda one: -one[0]))
    return Ranking(candidates.id, ranking, tuple(values), tuple(errors), candidates.error)


def format_ranking(ranking: Ranking) -> str:
    """Return the ranking as one line of JSON, newline included."""
    row = {
        "id": ranking.id,
        "ranking": ranking.ranking,
        "values": ranking.values,
        "errors": [_as_json(error) for error in ranking.errors],
        "best": ranking.ranking[0] if ranking.ranking else None,
        "error": _as_json(ranking.error),
    }
    return json.dumps(row, allow_nan=False) + "\n"


def _messages(row: dict[str, object], folder: Path) -> tuple[Message, ...]:
    raw = enumerate(field(row, "messages", "messages", list))
    messages = tuple(message(one, f"messages[{n}]", files_in(folder)) for n, one in raw)
    if not messages or messages[-1].role != "user":
        raise FieldError("bad_field", "messages: the last one must be the user's, whom the responses answer")
    return messages


def _responses(row: dict[str, object]) -> list[object]:
    responses = field(row, "responses", "responses", list)
    if not responses:
        raise FieldError("bad_field", "responses: must hold at least one")
    return responses


def _placed(error: ItemError, number: int, place: str = "") -> ItemError:
    return ItemError(error.code, f"line {number}: {place}{error.detail}")


def _as_json(error: ItemError | None) -> dict[str, str] | None:
    return {"code": error.code, "detail": error.detail} if error else None
