"""What a batch takes: whole conversations with unscored responses, locked, as items for a scorer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import Prefetch

from annotate.models import Conversation, Image, MessagePart, Response, ScorerRun, Turn
from annotate.pipeline.scoring.runs import unscored
from inference import types

# Up to which conversation this process found everything scored, by run: where to look first. Only a
# hint: when nothing is found from there on, the search begins anew.
_looked_up_to: dict[int, int] = {}

_NEXT = """
SELECT id FROM (
    SELECT id, sum(unscored) OVER (ORDER BY id) - unscored AS before FROM (
        SELECT conversation.id, waiting.unscored FROM annotate_conversation conversation
        CROSS JOIN LATERAL (
            SELECT count(*) AS unscored
            FROM annotate_turn turn JOIN annotate_response response ON response.turn_id = turn.id
            WHERE turn.conversation_id = conversation.id AND NOT EXISTS (
                SELECT FROM annotate_score score
                WHERE score.run_id = %(run)s AND score.response_id = response.id)) waiting
        WHERE conversation.project_id = %(project)s AND conversation.id >= %(first)s AND waiting.unscored > 0
        ORDER BY conversation.id LIMIT %(size)s) found) counted
WHERE before < %(size)s ORDER BY id
"""


@dataclass(frozen=True, slots=True)
class Whole:
    """A conversation's unscored responses, with all that stands above them.

    ``images`` is the most that stand above any of its responses, scored before or not: a budget that is
    shared among images is then the same for every candidate, whenever it comes.
    """

    responses: list[Response]
    images: int


Taken = dict[int, Whole]
"""Conversations by their id."""


def take(run: ScorerRun, size: int) -> Taken:
    """Lock conversations until about ``size`` responses are found; return those with their history.

    A conversation comes whole or not at all: at least one, and the last may pass ``size``. Candidates
    are looked up first and locked then, so that no more is locked than fills the batch; what is
    unscored is read after the lock, so that what others did in between is not done again.
    """
    first = _looked_up_to.get(run.pk, 0)
    began_at = first
    while True:
        found = _next_conversations(run, size, first)
        if not found and not began_at:
            _looked_up_to.pop(run.pk, None)
            return {}
        if not found:
            first = began_at = 0
            continue
        locked = Conversation.objects.filter(pk__in=found).select_for_update(skip_locked=True, no_key=True)
        responses = unscored(run).filter(turn__conversation__in=[one.pk for one in locked])
        ordered = responses.order_by("turn__conversation", "turn__number", "pk")
        if taken := dict(ordered.values_list("pk", "turn__conversation")):
            _looked_up_to[run.pk] = found[0]
            return with_history(taken)
        first = found[-1] + 1


def _next_conversations(run: ScorerRun, size: int, first: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, {"project": run.project_id, "run": run.pk, "first": first, "size": size})
        return [pk for (pk,) in cursor.fetchall()]


def with_history(taken: dict[int, int]) -> Taken:
    """Return the responses (given with their conversation) with all that stands above them.

    Four statements for any number.
    """
    parts = Prefetch("parts", MessagePart.objects.select_related("image").order_by("position"))
    turns = Turn.objects.filter(conversation__in=set(taken.values())).prefetch_related(
        parts, Prefetch("responses", Response.objects.prefetch_related(parts))
    )
    responses = {response.pk: response for turn in turns for response in turn.responses.all()}
    for turn in turns:
        if turn.parent_id is not None:
            turn.parent = responses[turn.parent_id]
        for response in turn.responses.all():
            response.turn = turn
    images: dict[int, int] = {}
    for turn in turns:
        images[turn.conversation_id] = max(images.get(turn.conversation_id, 0), _images_above(turn))
    found: Taken = {pk: Whole([], images[pk]) for pk in taken.values()}
    for pk, conversation in taken.items():
        found[conversation].responses.append(responses[pk])
    return found


def _images_above(turn: Turn) -> int:
    """Return how many images its responses are an answer to."""
    count = sum(part.image is not None for part in turn.parts.all())
    if turn.parent is None:
        return count
    return (
        count
        + sum(part.image is not None for part in turn.parent.parts.all())
        + _images_above(turn.parent.turn)
    )


def items(whole: Whole) -> list[types.Item]:
    """Return one conversation's responses as the library takes them, each with its history."""
    return [_item(response, whole.images) for response in whole.responses]


def _item(response: Response, images: int) -> types.Item:
    messages: list[types.Message] = []
    at: Response | None = response
    while at is not None:
        messages.append(types.Message("assistant", _content(at)))
        messages.append(types.Message("user", _content(at.turn)))
        at = at.turn.parent
    return types.Item(id=response.pk, messages=tuple(reversed(messages)), conversation_images=images)


def _content(owner: Turn | Response) -> tuple[types.Part, ...]:
    """Return a message as the library takes it: a picture where it stands, its caption as text after it."""
    content: list[types.Part] = []
    for part in owner.parts.all():
        if part.image is not None:
            content.append(types.Image(source=_file(part.image)))
        if words := part.text or part.caption:
            content.append(types.Text(words))
    return tuple(content)


def _file(image: Image) -> Path | bytes:
    """Return where the picture lies, or its bytes where the store has no paths; b"" for a lost one.

    The scorer then says so as the item's error.
    """
    try:
        return Path(default_storage.path(image.file))
    except NotImplementedError:
        try:
            with default_storage.open(image.file) as file:
                return bytes(file.read())
        except FileNotFoundError:
            return b""
