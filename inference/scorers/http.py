"""A scorer that asks a server; docs/http-scorer.md says what the two say to each other.

The server is a stranger: all that it answers is checked, and what does not fit raises ServerError,
which names it. Only an item's own error stays that item's.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from inference.checks import find_fault
from inference.configuration import MEANING
from inference.lines import format_item
from inference.prompts import response_text
from inference.remote import RefusedError, Server, checked_token, printable
from inference.steps import split_steps
from inference.types import ItemError, Result, ScorerInfo, StepScore

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from inference.configuration import Http
    from inference.types import Item, Scorer

T = TypeVar("T")

BODY_LIMIT = 32 * 2**20
"""Bytes of a request with more than one item: beyond them a batch is sent in parts."""
_TOO_LARGE, _BUSY = 413, (429, 503)
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f]")

Name = Annotated[str, Meta(min_length=1, max_length=128)]
Share = Annotated[float, Meta(ge=0, le=1)]


class _Description(Struct, frozen=True):
    model: Annotated[str, Meta(min_length=1, max_length=200)]
    revision: Name
    dtype: Annotated[str, Meta(max_length=16)]
    image_budget: Annotated[str, Meta(max_length=64)]
    trained: bool
    comparability: Annotated[str, Meta(max_length=300)]


class _Step(Struct, frozen=True):
    text: str
    score: Share


class _Error(Struct, frozen=True):
    code: Annotated[str, Meta(min_length=1)]
    detail: str


class _Row(Struct, frozen=True):
    id: str | int
    value: float | None = None
    steps: tuple[_Step, ...] | None = None
    tokens: Annotated[int, Meta(ge=0, lt=2**31)] | None = None
    image_budget: tuple[int | tuple[int, ...], ...] | None = None
    dimensions: dict[Name, float] | None = None
    error: _Error | None = None


class _Scores(Struct, frozen=True):
    results: tuple[_Row, ...]
    revision: str


def load(key: str, configuration: Http) -> Scorer:
    """Return the scorer; the server is not called before it is asked something.

    ConfigurationError: an address that cannot be called, a token that is not there.
    """
    variable = configuration.token_variable
    server = Server(
        url=configuration.url,
        timeout=configuration.timeout,
        retries=configuration.retries,
        token=checked_token(variable, os.environ.get(variable)) if variable else "",
    )
    return HttpScorer(key, configuration, server)


class HttpScorer:
    """Scores by asking a server; ServerError (an OSError) for a server that fails or answers nonsense."""

    def __init__(self, key: str, configuration: Http, server: Server) -> None:
        self._key = key
        self._configuration = configuration
        self._server = server
        self._info: ScorerInfo | None = None

    def describe(self) -> ScorerInfo:
        """Ask the server who it is; scores of another revision are refused from here on."""
        self._info = self._ask_who()
        return self._info

    def __call__(self, items: Sequence[Item], /) -> list[Result]:
        """Score every item; one that cannot be scored gets its own error.

        A batch that is too large for the server, or on which it breaks, is halved until the item at
        fault is alone. ServerError: see the class; what was scored before it in this call is lost.
        """
        info = self._info or self.describe()
        results: list[Result] = []
        for batch in self._batches(items):
            sent = [(item, line) for item, line in batch if isinstance(line, bytes)]
            answers = iter(self._score(sent, info) if sent else ())
            results += [
                Result(id=item.id, error=line) if isinstance(line, ItemError) else next(answers)
                for item, line in batch
            ]
        return results

    def _batches(self, items: Sequence[Item]) -> Iterator[list[tuple[Item, bytes | ItemError]]]:
        """Yield the items with their lines, or with what is wrong with them, a request's worth at a time.

        That is ``batch`` items, fewer where they would pass `BODY_LIMIT` together.
        """
        batch: list[tuple[Item, bytes | ItemError]] = []
        size = 0
        for item in items:
            line = _line(item)
            length = len(line) if isinstance(line, bytes) else 0
            if batch and (len(batch) == self._configuration.batch or size + length > BODY_LIMIT):
                yield batch
                batch, size = [], 0
            batch.append((item, line))
            size += length
        if batch:
            yield batch

    def _score(self, batch: list[tuple[Item, bytes]], info: ScorerInfo) -> list[Result]:
        try:
            return self._ask(batch, info)
        except RefusedError as refused:
            if not _may_be_an_items_fault(refused.status):
                raise
            if refused.status != _TOO_LARGE:
                # A server that is gone altogether is no item's fault: this call then raises.
                self._check_revision(self._ask_who().revision, info)
            if len(batch) == 1:
                return [Result(id=batch[0][0].id, error=ItemError("server_error", str(refused)))]
        middle = len(batch) // 2
        return self._score(batch[:middle], info) + self._score(batch[middle:], info)

    def _ask(self, batch: list[tuple[Item, bytes]], info: ScorerInfo) -> list[Result]:
        body = b'{"items": [' + b",".join(line for _, line in batch) + b"]}"
        scores = self._decoded("/score", self._server.post("/score", body), _Scores)
        self._check_revision(scores.revision, info)
        items = [item for item, _ in batch]
        if len(scores.results) != len(items):
            raise self._server.error(f"{len(items)} items were answered by {len(scores.results)} results")
        for item, row in zip(items, scores.results, strict=True):
            if item.id != row.id:
                raise self._server.error(
                    f"its results are not in the order of the items: {row.id!r:.80} stands where {item.id!r:.80} is due"
                )
        return [self._result(item, row) for item, row in zip(items, scores.results, strict=True)]

    def _result(self, item: Item, row: _Row) -> Result:
        if (row.value is None) == (row.error is None):
            raise self._server.error(
                f"item {item.id!r:.80} was answered by neither or both of value and error"
            )
        if row.error is not None:
            error = ItemError(printable(row.error.code, 64), printable(row.error.detail, 1000))
            return Result(id=item.id, tokens=row.tokens, error=error)
        if any(map(_CONTROL.search, row.dimensions or ())):
            raise self._server.error(
                f"item {item.id!r:.80} has a dimension with a control character in its name"
            )
        return Result(
            id=item.id,
            value=row.value,
            steps=None if row.steps is None else self._steps(item, row.steps),
            tokens=row.tokens,
            image_budget=row.image_budget,
            dimensions=row.dimensions,
        )

    def _steps(self, item: Item, answered: Sequence[_Step]) -> tuple[StepScore, ...]:
        """Find which of the response's steps each answered one joins; its text says so without doubt."""
        given = split_steps(response_text(item.messages[-1])[0]) if item.steps is None else item.steps
        found: list[StepScore] = []
        first = 0
        for step in answered:
            joined, last = None, first - 1
            while joined != step.text:
                last += 1
                if last >= len(given) or len(joined or "") > len(step.text):
                    raise self._server.error(
                        f"item {item.id!r:.80}: step {len(found)} does not begin with the response's step {first}"
                    )
                joined = given[last] if joined is None else f"{joined}\n\n{given[last]}"
            found.append(StepScore(text=step.text, score=step.score, first=first, last=last))
            first = last + 1
        if first != len(given):
            raise self._server.error(f"item {item.id!r:.80}: step {first} and those after it have no score")
        return tuple(found)

    def _ask_who(self) -> ScorerInfo:
        found = self._decoded("/describe", self._server.get("/describe"), _Description)
        words = (found.model, found.revision, found.dtype, found.image_budget, found.comparability)
        if any(map(_CONTROL.search, words)):
            raise self._server.error("its answer to /describe holds control characters; remove them there")
        return ScorerInfo(
            key=self._key,
            model=found.model,
            revision=found.revision,
            dtype=found.dtype,
            image_budget=found.image_budget,
            trained=found.trained and self._configuration.trained,
            comparability=found.comparability or MEANING[self._configuration.comparability],
        )

    def _check_revision(self, revision: str, info: ScorerInfo) -> None:
        if revision != info.revision:
            raise self._server.error(
                f"the server was changed under the run, from revision {info.revision!r} to"
                f" {printable(revision, 128)!r}; start a new run"
            )

    def _decoded(self, path: str, body: bytes, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(body, type=kind)
        except (ValueError, RecursionError) as error:  # msgspec's own errors are ValueErrors
            problem = f"its answer to {path} is not what docs/http-scorer.md asks for: {error}"
            raise self._server.error(printable(problem, 500)) from error


def _line(item: Item) -> bytes | ItemError:
    if fault := find_fault(item):
        return fault
    try:
        return format_item(item).encode()
    except OSError as error:  # the image was there a moment ago
        return ItemError("unreadable_image", f"cannot read {error.filename!r}: {error.strerror}")


def _may_be_an_items_fault(status: int) -> bool:
    """429 and 503 are the server's own word that it is the server."""
    return status == _TOO_LARGE or (status >= 500 and status not in _BUSY)  # noqa: PLR2004
