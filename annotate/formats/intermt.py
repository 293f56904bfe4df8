"""The three shapes of InterMT's published benchmark files, and that of its web site.

path   ``{id, category?, conversations: [{round, prompt, prompt_images, response, response_images,
       prompt_uuid?, response_uuid?}], annotation?}``; the annotation speaks of the whole.
score  the same with each round's message fields inside ``round_conversations`` and its labels in
       ``annotations``; an element of round 0 carries the labels of the whole.
pair   ``{front_convs, paired_convs: {prompt, response_1, response_2, …}}`` and the preferences by
       dimension in ``local_overall_preference`` or ``overall_preference``: 1 first, 2 second, 0 equal.

Labels may stand in ``annotation`` or ``annotations`` in either of the first two. Fields we do not
know are kept as meta if they are scalars and refused if they are not: dropping them in silence
would lose data. An item's id names its path; trees arise where items share nodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from annotate.formats.fields import Field
from annotate.formats.intermt_labels import Labels, read_labels, read_preferences
from annotate.formats.intermt_text import message
from annotate.formats.records import ConversationRecord, PathRecord, ResponseRecord, TurnRecord
from annotate.formats.strict_json import JsonValue

Shape = Literal["path", "score", "pair"]

_LABEL_FIELDS = ("annotation", "annotations")
_PROMPT_FIELDS = ("prompt", "prompt_images", "prompt_uuid")
_RESPONSE_FIELDS = ("response", "response_images", "response_uuid")
_TURN_FIELDS = {"round", "round_conversations", *_PROMPT_FIELDS, *_RESPONSE_FIELDS, *_LABEL_FIELDS}
_PAIR_FIELDS = {"round", *_PROMPT_FIELDS} | {
    f"response_{number}{part}" for number in (1, 2) for part in ("", "_images", "_uuid")
}
_PREFERENCES = {"local": "local_overall_preference", "global": "overall_preference"}
_ITEM_FIELDS = {"id", "language", "conversations", *_LABEL_FIELDS}
_PAIR_ITEM_FIELDS = {"id", "language", "front_convs", "paired_convs", *_PREFERENCES.values()}


def shape(value: JsonValue) -> Shape | None:
    """Tell the shape of an item, None when it is none of InterMT's."""
    if not isinstance(value, dict):
        return None
    if "paired_convs" in value:
        return "pair"
    rounds = value.get("conversations")
    if not isinstance(rounds, list) or not rounds:
        return None
    if any(isinstance(one, dict) and "round_conversations" in one for one in rounds):
        return "score"
    return "path" if any(isinstance(one, dict) and "prompt" in one for one in rounds) else None


def matches(value: JsonValue) -> bool:
    """Tell whether an item has one of InterMT's shapes."""
    return shape(value) is not None


def parse_item(value: JsonValue, place: str) -> ConversationRecord:
    """Read one item; FormatError names the field that is wrong."""
    item = Field(value, place)
    match shape(value):
        case "pair":
            return _pair(item)
        case "path" | "score":
            return _rounds(item)
        case None:
            detail = (
                'Not an InterMT item: it needs "conversations" (rounds with "prompt" and "response", or with '
                '"round_conversations") or "paired_convs".'
            )
            raise item.error("item_unknown", detail)


def _rounds(item: Field) -> ConversationRecord:
    rounds = item.required("conversations").elements()
    labels = Labels()
    of_whole = [item]
    if rounds and (zero := rounds[0].optional("round")) and zero.integer() == 0:
        if words := next(filter(None, map(rounds[0].optional, ("prompt", "round_conversations"))), None):
            raise words.error(
                "round_wrong", "Rounds count from 1; round 0 holds labels of the whole, no words."
            )
        rounds[0].refuse_others({"round", *_LABEL_FIELDS})
        of_whole.append(rounds.pop(0))
    if not rounds:
        raise item.required("conversations").error("conversation_empty", "There is no round in it.")
    turns = _turns(rounds)
    last = turns[-1].candidates[0].key
    for field, turn in zip(rounds, turns, strict=True):
        labels += _labels_of(field, "local", turn.candidates[0].key)
    for field in of_whole:
        labels += _labels_of(field, "global", last)
    external_id = _id(item)
    return ConversationRecord(
        place=item.place,
        turns=turns,
        paths=(PathRecord(response=last, whole=True, external_id=external_id),),
        external_id=external_id,
        language=_language(item),
        meta=item.meta(leave_out=_ITEM_FIELDS),
        ratings=tuple(labels.ratings),
        notes=tuple(labels.notes),
    )


def _pair(item: Field) -> ConversationRecord:
    front = item.optional("front_convs")
    shared = _turns(front.elements()) if front else ()
    pair = item.required("paired_convs")
    number = len(shared) + 1
    _check_round(pair, number)
    last = TurnRecord(
        key=f"turn {number}",
        parent=shared[-1].candidates[0].key if shared else None,
        content=message(pair.required("prompt"), pair.optional("prompt_images"), from_user=True),
        candidates=(_response(pair, "response_1", number), _response(pair, "response_2", number)),
        external_id=_id(pair, "prompt_uuid"),
        meta=pair.meta(leave_out=_PAIR_FIELDS),
    )
    left, right = (candidate.key for candidate in last.candidates)
    comparisons = []
    for scope in ("local", "global"):
        if preferences := item.optional(_PREFERENCES[scope]):
            comparisons += read_preferences(preferences, scope, left, right)
    # In the local task only the last answers were judged: neither conversation is asked for whole.
    whole = item.optional(_PREFERENCES["global"]) is not None
    external_id = _id(item)
    return ConversationRecord(
        place=item.place,
        turns=(*shared, last),
        paths=tuple(PathRecord(response=key, whole=whole, external_id=external_id) for key in (left, right)),
        external_id=external_id,
        language=_language(item),
        meta=item.meta(leave_out=_PAIR_ITEM_FIELDS),
        comparisons=tuple(comparisons),
    )


def _turns(rounds: Sequence[Field]) -> tuple[TurnRecord, ...]:
    turns: list[TurnRecord] = []
    for number, field in enumerate(rounds, start=1):
        _check_round(field, number)
        inner = field.optional("round_conversations")
        if inner:
            inner.refuse_others({*_PROMPT_FIELDS, *_RESPONSE_FIELDS})
        words = inner or field
        turns.append(
            TurnRecord(
                key=f"turn {number}",
                parent=turns[-1].candidates[0].key if turns else None,
                content=message(words.required("prompt"), words.optional("prompt_images"), from_user=True),
                candidates=(_response(words, "response", number),),
                external_id=_id(words, "prompt_uuid"),
                meta=field.meta(leave_out=_TURN_FIELDS),
            )
        )
    return tuple(turns)


def _response(field: Field, name: str, number: int) -> ResponseRecord:
    return ResponseRecord(
        key=f"turn {number} {name}",
        content=message(field.required(name), field.optional(f"{name}_images"), from_user=False),
        external_id=_id(field, f"{name}_uuid"),
    )


def _check_round(field: Field, number: int) -> None:
    found = field.optional("round")
    if found and found.integer() != number:
        detail = f"Rounds count 1, 2, 3 without a gap; this one should be {number}."
        raise found.error("round_wrong", detail)


def _labels_of(field: Field, scope: Literal["local", "global"], response: str) -> Labels:
    found = [label for name in _LABEL_FIELDS if (label := field.optional(name))]
    if len(found) > 1:
        raise found[1].error("labels_twice", 'Labels stand in "annotation" and in "annotations"; keep one.')
    return read_labels(found[0], scope, response) if found else Labels()


def _id(field: Field, name: str = "id") -> str:
    found = field.optional(name)
    return found.identifier() if found else ""


def _language(item: Field) -> str:
    found = item.optional("language")
    return found.language() if found else ""
