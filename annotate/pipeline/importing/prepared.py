"""Records made ready to be merged: pictures found, every node given its identity, labels checked.

Nothing here looks at what is stored, so that all the slow work is done outside the transaction.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from annotate.formats.records import (
    ConversationRecord,
    FormatError,
    ImagePart,
    Meta,
    Part,
    ResponseRecord,
    TextPart,
    TurnRecord,
)
from annotate.pipeline.importing.labels import Labels, Scales, check_labels
from annotate.pipeline.importing.pictures import Picture, Pictures


@dataclass(frozen=True, slots=True)
class PreparedPart:
    """A text, or an image with its caption as ``text``; the picture is None where it is missing."""

    is_image: bool
    text: str
    reference: str = ""
    picture: Picture | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedNode:
    """A turn or a response, with the SHA-256 that says which node of the tree it is."""

    key: str
    identity: bytes
    external_id: str
    parts: tuple[PreparedPart, ...]
    meta: Meta
    source_model: str
    place: str


@dataclass(frozen=True, slots=True)
class PreparedTurn:
    """A turn with its candidates; ``parent`` is the key of the response it follows."""

    node: PreparedNode
    parent: str | None
    candidates: tuple[PreparedNode, ...]


@dataclass(frozen=True, slots=True)
class PreparedRecord:
    """One record, ready to be merged into the tree whose root it shares."""

    record: ConversationRecord
    turns: tuple[PreparedTurn, ...]
    labels: Labels

    @property
    def root(self) -> bytes:
        """The identity of the root turn, and so of the conversation."""
        return self.turns[0].node.identity


def prepare(record: ConversationRecord, pictures: Pictures, scales: Scales) -> PreparedRecord:
    """Find the record's pictures, identify its nodes and check its labels; FormatError says what is wrong."""
    labels = check_labels(record, scales)
    identities: dict[str | None, bytes] = {}
    turns = []
    for number, turn in enumerate(record.turns, start=1):
        place = f"{record.place}, turn {number}"
        node = _node(turn, identities.get(turn.parent), place, pictures)
        candidates = tuple(
            _node(candidate, node.identity, f"{place}, candidate {which}", pictures)
            for which, candidate in enumerate(turn.candidates, start=1)
        )
        _refuse_twins(candidates)
        identities |= {candidate.key: candidate.identity for candidate in candidates}
        turns.append(PreparedTurn(node, turn.parent, candidates))
    _refuse_twins(tuple(turn.node for turn in turns))
    return PreparedRecord(record, tuple(turns), labels)


def _node(
    record: TurnRecord | ResponseRecord, parent: bytes | None, place: str, pictures: Pictures
) -> PreparedNode:
    parts = tuple(_part(part, place, pictures) for part in record.content)
    return PreparedNode(
        key=record.key,
        identity=_identity(record.external_id, parent, parts),
        external_id=record.external_id,
        parts=parts,
        meta=record.meta,
        source_model=record.source_model if isinstance(record, ResponseRecord) else "",
        place=place,
    )


def _part(part: Part, place: str, pictures: Pictures) -> PreparedPart:
    match part:
        case TextPart(text):
            return PreparedPart(is_image=False, text=text)
        case ImagePart(reference, caption):
            picture = pictures.find(reference, place)
            return PreparedPart(is_image=True, text=caption, reference=reference, picture=picture)


def _identity(external_id: str, parent: bytes | None, parts: tuple[PreparedPart, ...]) -> bytes:
    """Hash the upstream id or, where there is none, the ancestry and the content.

    A picture counts by its pixels where it is there, else by its reference.
    """
    if external_id:
        return _sha256("id", external_id)
    content = [
        [part.is_image, part.text, part.picture.sha256 if part.picture else part.reference] for part in parts
    ]
    return _sha256("content", parent.hex() if parent else "", content)


def _sha256(*words: object) -> bytes:
    return hashlib.sha256(json.dumps(words, ensure_ascii=False).encode()).digest()


def _refuse_twins(nodes: tuple[PreparedNode, ...]) -> None:
    seen: dict[bytes, PreparedNode] = {}
    for node in nodes:
        if (twin := seen.setdefault(node.identity, node)) is not node:
            detail = f"The same as in {twin.place}: same id, or no id and the same content. Keep one of them."
            raise FormatError(code="node_twice", detail=detail, place=node.place)
