"""A conversation as reviewers and leads see it: turns in order, candidates called A, B, C as they are shown."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext

from annotate.models import MessagePart, Response, Turn
from annotate.reports.wording import Name, Option


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as shown: what it is about, its words, its rule about images, its options.

    ``chosen`` is the option's value that is offered or was sent; ``labels`` are what people said and
    ``blind`` what the reviewer said before (after the reveal); ``problem`` is what was wrong; ``html`` is the
    step that is asked about.
    """

    number: int
    name: str
    about: str
    title: str
    words: str
    rule: str
    options: list[Option]
    chosen: str
    labels: list[tuple[str, str]]
    blind: str
    problem: str
    html: str = ""

    @property
    def kind(self) -> str:
        """What is asked for: rating, comparison or step."""
        return self.name.split(":", 1)[0]


@dataclass(slots=True)
class Candidate:
    """A response as shown, with what is asked about it alone."""

    name: Name
    parts: list[MessagePart]
    questions: list[Asked] = field(default_factory=list)


@dataclass(slots=True)
class TurnShown:
    """A user message, its candidates, what is asked about pairs of them.

    ``after`` names the response that the turn follows, where there are several.
    """

    number: int
    after: str
    parts: list[MessagePart]
    candidates: list[Candidate]
    questions: list[Asked] = field(default_factory=list)


def turns_shown(
    conversation_id: int,
    arrange: Callable[[list[Any]], None],
    only: Collection[int] | None = None,
) -> list[tuple[TurnShown, dict[int, Candidate]]]:
    """Return the turns in order, each with its candidates by inside id, in four statements.

    ``arrange`` puts a turn's responses, which come by age, into the order of their letters. With ``only``,
    other responses, and turns that have none of these, are left out.
    """
    parts = Prefetch("parts", MessagePart.objects.select_related("image").order_by("position"))
    responses = Response.objects.order_by("pk").prefetch_related(parts)
    if only is not None:
        responses = responses.filter(pk__in=only)
    turns = (
        Turn.objects.filter(conversation=conversation_id)
        .order_by("number", "pk")
        .prefetch_related(parts, Prefetch("responses", responses))
    )
    labels: dict[int, str] = {}
    shown = []
    for turn in turns:
        rows = list(turn.responses.all())
        if only is not None and not rows:
            continue
        arrange(rows)
        candidates = {}
        for place, row in enumerate(rows):
            letter = chr(ord("A") + place)
            label = gettext("turn %(number)s, %(letter)s") % {"number": turn.number, "letter": letter}
            candidates[row.pk] = Candidate(Name(letter, label), list(row.parts.all()))
            labels[row.pk] = label if len(rows) > 1 else ""
        after = labels.get(turn.parent_id, "") if turn.parent_id else ""
        shown.append(
            (TurnShown(turn.number, after, list(turn.parts.all()), list(candidates.values())), candidates)
        )
    return shown
