"""The tokenizer of a published VisualPRM as a native one, and the ids that scoring counts on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from tokenizers import Tokenizer

from inference.checkpoints.errors import ConversionError, refuse
from inference.checkpoints.published import QWEN2, Published

if TYPE_CHECKING:
    from pathlib import Path

FILE = "tokenizer.json"
SETTINGS = "tokenizer_config.json"
IMAGE = "<IMG_CONTEXT>"
MARKS = ("<|im_start|>", "<|im_end|>", "<img>", "</img>", IMAGE)
ANSWERS = ("+", "-")


@dataclass(frozen=True, slots=True)
class Tokens:
    """Ids by word, the ids put before every text, and the source files that were read."""

    ids: dict[str, int]
    prefix: list[int]
    files: tuple[str, ...]


def write_tokenizer(source: Path, config: Published, folder: Path) -> Tokens:
    """Write `tokenizer.json` and its settings, and return the ids.

    ConversionError: files are missing, or a word that scoring needs is not one token of its own.
    """
    settings = read_settings(source / SETTINGS)
    if config.architecture == QWEN2:
        files: tuple[str, ...] = (FILE, SETTINGS)
        if not (source / FILE).is_file():
            raise ConversionError(f"{source / FILE}: not there; download it again")
        (folder / FILE).write_bytes((source / FILE).read_bytes())
        kept = {key: value for key, value in settings.items() if key != "auto_map"}
        kept["tokenizer_class"] = "Qwen2Tokenizer"
    else:
        from inference.checkpoints.internlm2 import convert_tokenizer  # noqa: PLC0415 - sentencepiece

        files, kept = convert_tokenizer(source, settings, folder)
    (folder / SETTINGS).write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=2) + b"\n")
    return _ids(folder / FILE, config, files)


def read_settings(path: Path) -> dict[str, Any]:
    """Read `tokenizer_config.json`."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except FileNotFoundError as error:
        raise ConversionError(f"{path}: not there; download it again") from error
    except msgspec.DecodeError as error:
        raise ConversionError(f"{path}: {error}; download it again") from error


def open_tokenizer(path: Path) -> Tokenizer:
    """Open a `tokenizer.json`; ConversionError when it is none."""
    try:
        return Tokenizer.from_buffer(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConversionError(f"{path}: {error}; download it again") from error


def _ids(path: Path, config: Published, files: tuple[str, ...]) -> Tokens:
    tokenizer = open_tokenizer(path)
    found = {word: tokenizer.token_to_id(word) for word in (*MARKS, *ANSWERS)}
    problems = [f"{path.name}: {word!r} is not a token" for word, id_ in found.items() if id_ is None]
    ids = {word: id_ for word, id_ in found.items() if id_ is not None}
    rows = config.llm_config.vocab_size
    problems += [
        f"{path.name}: {word!r} is token {id_}, but the weights have {rows} rows"
        for word, id_ in ids.items()
        if id_ >= rows
    ]
    for word, id_ in ids.items():
        text = f"assistant\n{word}" if word in ANSWERS else word
        got = tokenizer.encode(text, add_special_tokens=False).ids
        if got[-1:] != [id_] or (word in MARKS and len(got) > 1):
            problems.append(f"{path.name}: {text!r} becomes {got}, not the single token {id_} at its end")
    refuse(problems)
    return Tokens(ids, tokenizer.encode("").ids, files)
