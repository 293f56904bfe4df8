"""Reads a sentencepiece `tokenizer.model`: a protocol buffer of which we need a few fields.

The sentencepiece package gives pieces and scores, but not how the text is normalised first.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)
BPE = 2
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the vocabulary; its id is its place."""

    text: str
    score: float
    kind: int


@dataclass(frozen=True, slots=True)
class SentencePieceModel:
    """The vocabulary and how a text is prepared. ``charsmap`` is empty for a model that changes no character."""

    pieces: tuple[Piece, ...]
    algorithm: int
    add_dummy_prefix: bool
    remove_extra_whitespaces: bool
    escape_whitespaces: bool
    whitespace_as_suffix: bool
    charsmap: bytes


def parse_model(data: bytes) -> SentencePieceModel:
    """Read the bytes of a `tokenizer.model`; ValueError or IndexError when they are none."""
    pieces: list[Piece] = []
    trainer: dict[int, int | bytes] = {}
    normalizer: dict[int, int | bytes] = {}
    for number, value in _fields(data):
        if number == 1:
            one = dict(_fields(_bytes(value)))
            (score,) = struct.unpack("<f", _bytes(one.get(2, bytes(4))))
            pieces.append(Piece(_bytes(one[1]).decode(), score, _int(one.get(3, NORMAL))))
        elif number == 2:  # noqa: PLR2004 - field numbers of sentencepiece's ModelProto
            trainer |= dict(_fields(_bytes(value)))
        elif number == 3:  # noqa: PLR2004
            normalizer |= dict(_fields(_bytes(value)))
    return SentencePieceModel(
        pieces=tuple(pieces),
        algorithm=_int(trainer.get(3, 1)),
        add_dummy_prefix=bool(normalizer.get(3, True)),
        remove_extra_whitespaces=bool(normalizer.get(4, True)),
        escape_whitespaces=bool(normalizer.get(5, True)),
        whitespace_as_suffix=bool(trainer.get(24, False)),
        charsmap=_bytes(normalizer.get(2, b"")),
    )


def encode_piece(piece: Piece) -> bytes:
    """Return the bytes that, put behind a model, append a piece to it: repeated fields may lie anywhere."""
    text = piece.text.encode()
    body = b"\x0a" + _encoded(len(text)) + text + b"\x15" + struct.pack("<f", piece.score)
    body += b"\x18" + _encoded(piece.kind)
    return b"\x0a" + _encoded(len(body)) + body


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        wire = key & 7
        if wire == _VARINT:
            value, place = _varint(data, place)
            yield key >> 3, value
            continue
        if wire == _BYTES:
            size, place = _varint(data, place)
        elif wire in (_FIXED32, _FIXED64):
            size = 4 if wire == _FIXED32 else 8
        else:
            raise ValueError(f"not a sentencepiece model: wire type {wire} at byte {place}")
        if place + size > len(data):
            raise ValueError("not a sentencepiece model, or cut off")
        yield key >> 3, data[place : place + size]
        place += size


def _varint(data: bytes, place: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        byte = data[place]
        place += 1
        result |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:  # noqa: PLR2004 - the last byte of a number
            return result, place


def _encoded(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:  # noqa: PLR2004
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _int(value: int | bytes) -> int:
    if isinstance(value, bytes):
        raise TypeError("not a sentencepiece model: a number was expected")
    return value


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise TypeError("not a sentencepiece model: a text was expected")
    return value
