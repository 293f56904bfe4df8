"""The native conversation format: one conversation tree as a JSON object.

::

    {"format": "annotate-conversation", "version": 1, "id": "cake-7", "language": "en",
     "meta": {"source": "pilot"}, "content_warnings": ["violence"],
     "turns": [{"id": "q1", "parent": null, "content": "Bake a cake", "candidates": [
        {"id": "a1", "source_model": "m", "content": [
           {"type": "text", "text": "Like this:"},
           {"type": "image", "image": "images/cake.png", "caption": "a cake"}]}]}],
     "paths": [{"id": "p1", "response": "a1", "whole": true}]}

``language``, ``meta`` (also on turns and candidates), ``content_warnings``, ``source_model``, ``caption``
and a path's ``id`` and ``whole`` (true) may be left out; an unknown field is refused. Content is a list of parts
or one plain text; ``"image": null`` keeps the place and caption of a picture that is not there.

Ids are unique within the conversation; outside ids are ``"<conversation id>/<id>"``. A turn stands
after the turn of the response that is its parent. Without ``paths`` one path is asked for whole: the one to
the first candidate of the deepest turn, the first listed of equally deep ones.
"""

from __future__ import annotations

from annotate.formats.fields import MAX_REFERENCE, Field
from annotate.formats.records import (
    ConversationRecord,
    ImagePart,
    Part,
    PathRecord,
    ResponseRecord,
    TextPart,
    TurnRecord,
)
from annotate.formats.strict_json import JsonValue

FORMAT = "annotate-conversation"
VERSION = 1
MAX_TURNS = 1000
MAX_CANDIDATES = 64
MAX_PARTS = 1000
MAX_WARNINGS = 16
_MAX_SOURCE_MODEL = 128  # the stored column's width
_MAX_WARNING = 64  # likewise

_CONVERSATION = {"format", "version", "id", "language", "meta", "content_warnings", "turns", "paths"}
_TURN = {"id", "parent", "content", "candidates", "meta"}
_CANDIDATE = {"id", "source_model", "content", "meta"}
_PATH = {"id", "response", "whole"}


def matches(value: JsonValue) -> bool:
    """Tell whether an item says that it is a native conversation."""
    return isinstance(value, dict) and value.get("format") == FORMAT


def parse_item(value: JsonValue, place: str) -> ConversationRecord:
    """Read one conversation; FormatError names the field that is wrong."""
    item = Field(value, place)
    _check_header(item)
    item.refuse_others(_CONVERSATION)
    external_id = item.required("id").identifier()
    language, meta = item.optional("language"), item.optional("meta")
    tree = _Tree(external_id)
    turns = _few(item.required("turns"), MAX_TURNS)
    for turn in turns:
        tree.add(turn)
    paths, warnings = item.optional("paths"), item.optional("content_warnings")
    return ConversationRecord(
        place=item.place,
        turns=tuple(tree.turns),
        paths=tree.paths(paths) if paths else (PathRecord(response=tree.deepest(), whole=True),),
        external_id=external_id,
        language=language.language() if language else "",
        meta=meta.meta() if meta else {},
        content_warnings=_warnings(warnings) if warnings else (),
    )


def _warnings(field: Field) -> tuple[str, ...]:
    """Return what to warn of, each once, in the file's order; an empty list is none."""
    found = [one.short_text(_MAX_WARNING).strip() for one in field.elements()]
    if len(found) > MAX_WARNINGS:
        raise field.error("count_wrong", f"At most {MAX_WARNINGS} warnings, found {len(found):,}.")
    return tuple(dict.fromkeys(found))


def _check_header(item: Field) -> None:
    name, version = item.required("format"), item.required("version")
    if name.text() != FORMAT:
        raise name.error("format_unknown", f'Wanted "{FORMAT}".')
    if version.integer() != VERSION:
        raise version.error("version_unknown", f"This program reads version {VERSION} of the format.")


class _Tree:
    """The turns read so far, with what is needed to check the next one."""

    def __init__(self, conversation: str) -> None:
        self.conversation = conversation
        self.turns: list[TurnRecord] = []
        self.depths: list[int] = []
        self.seen: set[str] = set()
        self.depth_of: dict[str, int] = {}  # by response id

    def add(self, field: Field) -> None:
        """Read one turn with its candidates."""
        field.refuse_others(_TURN)
        key = self._new_id(field)
        parent = field.optional("parent")
        depth = 1 + (self.depth_of[self._known_response(parent)] if parent else 0)
        if not parent and self.turns:
            raise field.error(
                "tree_two_roots", "Only the first turn has no parent; name the response it follows."
            )
        candidates = tuple(self._candidate(one) for one in _few(field.required("candidates"), MAX_CANDIDATES))
        meta = field.optional("meta")
        self.turns.append(
            TurnRecord(
                key=key,
                parent=parent.identifier() if parent else None,
                content=_content(field.required("content")),
                candidates=candidates,
                external_id=f"{self.conversation}/{key}",
                meta=meta.meta() if meta else {},
            )
        )
        self.depths.append(depth)
        self.depth_of |= {candidate.key: depth for candidate in candidates}

    def paths(self, field: Field) -> tuple[PathRecord, ...]:
        """Read the paths; each ends in another response."""
        found: dict[str, PathRecord] = {}
        for path in _few(field, MAX_TURNS):
            path.refuse_others(_PATH)
            name, whole = path.optional("id"), path.optional("whole")
            response = self._known_response(path.required("response"))
            if response in found:
                raise path.error("path_twice", "Another path ends in the same response.")
            found[response] = PathRecord(
                response=response,
                whole=whole.boolean() if whole else True,
                external_id=f"{self.conversation}/{name.identifier()}" if name else "",
            )
        return tuple(found.values())

    def deepest(self) -> str:
        """Return the first candidate of the deepest turn."""
        return self.turns[self.depths.index(max(self.depths))].candidates[0].key

    def _candidate(self, field: Field) -> ResponseRecord:
        field.refuse_others(_CANDIDATE)
        key = self._new_id(field)
        source_model, meta = field.optional("source_model"), field.optional("meta")
        return ResponseRecord(
            key=key,
            content=_content(field.required("content")),
            external_id=f"{self.conversation}/{key}",
            source_model=source_model.short_text(_MAX_SOURCE_MODEL) if source_model else "",
            meta=meta.meta() if meta else {},
        )

    def _new_id(self, field: Field) -> str:
        found = field.required("id")
        key = found.identifier()
        if key in self.seen:
            raise found.error("id_twice", "This id stands twice in the conversation.")
        self.seen.add(key)
        return key

    def _known_response(self, field: Field) -> str:
        key = field.identifier()
        if key not in self.depth_of:
            detail = "No candidate above has this id; a turn stands after the one it follows."
            raise field.error("response_unknown", detail)
        return key


def _content(field: Field) -> tuple[Part, ...]:
    if isinstance(field.value, str):
        return (TextPart(_words(field)),)
    return tuple(_part(part) for part in _few(field, MAX_PARTS))


def _part(field: Field) -> Part:
    kind = field.required("type")
    match kind.text():
        case "text":
            field.refuse_others({"type", "text"})
            return TextPart(_words(field.required("text")))
        case "image":
            field.refuse_others({"type", "image", "caption"})
            image, caption = field.optional("image"), field.optional("caption")
            reference = image.short_text(MAX_REFERENCE) if image else ""
            return ImagePart(reference, caption.text() if caption else "")
        case _:
            raise kind.error("part_unknown", 'Wanted "text" or "image".')


def _words(field: Field) -> str:
    if not field.text().strip():
        raise field.error("message_empty", "The text is blank.")
    return field.text()


def _few(field: Field, most: int) -> list[Field]:
    """Return the elements of a list that is neither empty nor longer than ``most``."""
    found = field.elements()
    if not 1 <= len(found) <= most:
        raise field.error("count_wrong", f"Wanted 1 to {most:,} elements, found {len(found):,}.")
    return found
