"""Trees as they are stored, and what a record adds to one: shared nodes are found again, siblings added.

A merge first collects what it would add, so that a record that is refused half-way leaves no trace.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from annotate.formats.records import FormatError
from annotate.models import Conversation, MessagePart, Project, Response, Turn
from annotate.pipeline.importing.prepared import PreparedNode, PreparedPart, PreparedRecord

MAX_ALIASES = 20
MAX_NUMBER = 32_767  # of a turn, as its column holds it


@dataclass(slots=True)
class KnownPart:
    """A stored part, or one that is about to be. ``sha256`` is its picture's, empty without one."""

    row: MessagePart
    is_image: bool
    text: str
    reference: str
    sha256: str


@dataclass(slots=True, eq=False)
class KnownTurn:
    """A turn of the tree; its rows are written at the end of the group when it is new."""

    row: Turn
    parent: KnownResponse | None
    responses: dict[bytes, KnownResponse] = field(default_factory=dict)
    parts: list[KnownPart] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class KnownResponse:
    """A response of the tree; ``turn`` leads to the root."""

    row: Response
    turn: KnownTurn
    parts: list[KnownPart] = field(default_factory=list)

    @property
    def name(self) -> str:
        """A name that lasts: the same in every import of the same node."""
        return f"{bytes(self.turn.row.identity).hex()}/{bytes(self.row.identity).hex()}"


@dataclass(slots=True, eq=False)
class KnownTree:
    """A conversation and its turns by identity."""

    row: Conversation
    turns: dict[bytes, KnownTurn] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        """Whether it is not stored yet."""
        return self.row.pk is None


@dataclass(slots=True)
class Addition:
    """What a record adds to a tree, and which stored node each response of the record became."""

    tree: KnownTree
    turns: list[KnownTurn] = field(default_factory=list)
    responses: list[KnownResponse] = field(default_factory=list)
    aliases: list[tuple[KnownPart, str]] = field(default_factory=list)
    nodes: dict[str, KnownResponse] = field(default_factory=dict)
    shared: int = 0

    def apply(self) -> None:
        """Let the tree have it."""
        for turn in self.turns:
            self.tree.turns[bytes(turn.row.identity)] = turn
        for response in self.responses:
            response.turn.responses[bytes(response.row.identity)] = response
        for part, reference in self.aliases:
            part.row.aliases = [*part.row.aliases, reference]


def load(project: Project, records: Collection[PreparedRecord]) -> dict[bytes, KnownTree]:
    """Read the stored trees that these records belong to, by identity; parts only where they can meet.

    Five statements, whatever the number of records and nodes.
    """
    roots = {prepared.root for prepared in records}
    conversations = Conversation.objects.filter(project=project, identity__in=roots)
    trees = {one.pk: KnownTree(one) for one in conversations}
    turns: dict[int, KnownTurn] = {}
    responses: dict[int, KnownResponse] = {}
    rows = list(Turn.objects.filter(conversation__in=trees).order_by("number"))
    for turn in rows:
        turns[turn.pk] = KnownTurn(turn, parent=None)
        trees[turn.conversation_id].turns[bytes(turn.identity)] = turns[turn.pk]
    for response in Response.objects.filter(turn__in=turns).order_by("id"):
        known = KnownResponse(response, turns[response.turn_id])
        responses[response.pk] = known
        known.turn.responses[bytes(response.identity)] = known
    for turn in rows:
        turns[turn.pk].parent = responses.get(turn.parent_id or 0)
    _load_parts(turns, responses, {node.identity for one in records for node in _nodes(one)})
    return {bytes(tree.row.identity): tree for tree in trees.values()}


def _nodes(prepared: PreparedRecord) -> Iterable[PreparedNode]:
    for turn in prepared.turns:
        yield turn.node
        yield from turn.candidates


def _load_parts(turns: dict[int, KnownTurn], responses: dict[int, KnownResponse], wanted: set[bytes]) -> None:
    known: tuple[tuple[str, dict[int, KnownTurn] | dict[int, KnownResponse]], ...] = (
        ("turn_id", turns),
        ("response_id", responses),
    )
    for column, nodes in known:
        ids = [pk for pk, node in nodes.items() if bytes(node.row.identity) in wanted]
        rows = MessagePart.objects.filter(**{f"{column}__in": ids}).order_by("position")
        columns = ("id", "kind", "text", "caption", "reference", "image__sha256", "aliases")
        for node, pk, kind, text, caption, reference, sha256, aliases in rows.values_list(column, *columns):
            nodes[node].parts.append(
                KnownPart(
                    MessagePart(pk=pk, aliases=aliases),
                    kind == MessagePart.Kind.IMAGE,
                    text or caption,
                    reference,
                    sha256 or "",
                )
            )


def merge(tree: KnownTree, prepared: PreparedRecord) -> Addition:
    """Return what a record adds to its tree, which stays as it is until the addition is applied.

    FormatError: ``text_conflict`` and ``image_conflict`` when a node is there with another content,
    ``parent_conflict`` when it follows another response, ``tree_too_deep``.
    """
    addition = Addition(tree)
    for turn in prepared.turns:
        parent = addition.nodes[turn.parent] if turn.parent is not None else None
        known = tree.turns.get(turn.node.identity)
        if known is None:
            known = _new_turn(addition, turn.node, parent)
        elif known.parent is not parent:
            detail = "This turn is stored after another response; one id stands for one place in a tree."
            raise FormatError(code="parent_conflict", detail=detail, place=turn.node.place)
        else:
            _share(addition, known, turn.node)
        for candidate in turn.candidates:
            addition.nodes[candidate.key] = _candidate(addition, known, candidate)
    return addition


def _candidate(addition: Addition, turn: KnownTurn, node: PreparedNode) -> KnownResponse:
    known = turn.responses.get(node.identity)
    if known is not None:
        _share(addition, known, node)
        return known
    row = Response(
        turn=turn.row,
        identity=node.identity,
        external_id=node.external_id,
        source_model=node.source_model,
        meta=dict(node.meta),
    )
    known = KnownResponse(row, turn, _new_parts(node, response=row))
    addition.responses.append(known)
    return known


def _new_turn(addition: Addition, node: PreparedNode, parent: KnownResponse | None) -> KnownTurn:
    number = parent.turn.row.number + 1 if parent else 1
    if number > MAX_NUMBER:
        detail = f"A conversation has at most {MAX_NUMBER:,} turns one after another."
        raise FormatError(code="tree_too_deep", detail=detail, place=node.place)
    row = Turn(
        conversation=addition.tree.row,
        parent=parent.row if parent else None,
        number=number,
        identity=node.identity,
        external_id=node.external_id,
        meta=dict(node.meta),
    )
    known = KnownTurn(row, parent, parts=_new_parts(node, turn=row))
    addition.turns.append(known)
    return known


def _new_parts(
    node: PreparedNode, *, turn: Turn | None = None, response: Response | None = None
) -> list[KnownPart]:
    """Make the rows of a new node's message; their HTML and their images are filled in when written."""
    return [
        KnownPart(
            MessagePart(
                turn=turn,
                response=response,
                position=position,
                kind=MessagePart.Kind.IMAGE if part.is_image else MessagePart.Kind.TEXT,
                text="" if part.is_image else part.text,
                caption=part.text if part.is_image else "",
                reference=part.reference,
            ),
            part.is_image,
            part.text,
            part.reference,
            part.picture.sha256 if part.picture else "",
        )
        for position, part in enumerate(node.parts)
    ]


def _share(addition: Addition, known: KnownTurn | KnownResponse, node: PreparedNode) -> None:
    stored = [(part.is_image, part.text) for part in known.parts]
    if stored != [(part.is_image, part.text) for part in node.parts]:
        detail = (
            "This id is stored with another text, caption or number of images; a message never changes. "
            "Give the new one an id of its own."
        )
        raise FormatError(code="text_conflict", detail=detail, place=node.place)
    for part, new in zip(known.parts, node.parts, strict=True):
        if part.is_image:
            _share_image(addition, part, new, node.place)
    addition.shared += 1


def _share_image(addition: Addition, part: KnownPart, new: PreparedPart, place: str) -> None:
    sha256 = new.picture.sha256 if new.picture else ""
    if sha256 and part.sha256 and sha256 != part.sha256:
        detail = f"This id is stored with another picture than “{new.reference}”; a message never changes."
        raise FormatError(code="image_conflict", detail=detail, place=place)
    names = {part.reference, *part.row.aliases, ""}
    if new.reference not in names and len(names) <= MAX_ALIASES:
        addition.aliases.append((part, new.reference))
