"""InternLM2's sentencepiece tokenizer as a `tokenizer.json` that gives the same ids.

The only module that imports sentencepiece: it is what the result is compared with.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import BPE

from inference.checkpoints import sentencepiece_model as spm
from inference.checkpoints.corpus import WORDS, corpus
from inference.checkpoints.errors import ConversionError, refuse
from inference.checkpoints.sentencepiece_model import SentencePieceModel, parse_model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODEL = "tokenizer.model"
SETTINGS = "tokenizer_config.json"
SPACE = "▁"
KEPT = ("bos_token", "eos_token", "unk_token", "pad_token", "model_max_length")


def convert_tokenizer(
    source: Path, settings: dict[str, Any], folder: Path
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Write `tokenizer.json`; return the source files read and the content of `tokenizer_config.json`.

    ConversionError: the model is of a kind that cannot be carried over, or any text of the built-in corpus
    gets other ids than sentencepiece gives.
    """
    path = source / MODEL
    try:
        data = path.read_bytes()
        model = parse_model(data)
    except FileNotFoundError as error:
        raise ConversionError(f"{path}: not there; download it again") from error
    except (ValueError, IndexError, TypeError, KeyError) as error:
        raise ConversionError(f"{path}: {error}; download it again") from error
    settings = _plain(settings)
    added = _added(settings, source / SETTINGS)
    prefix = settings.get("bos_token") if settings.get("add_bos_token", True) else None
    refuse(f"{path}: {problem}" for problem in _unsupported(model))
    refuse(f"{source / SETTINGS}: {problem}" for problem in _unsettled(settings, added, prefix))
    tokenizer = build(model, added, prefix)
    refuse(f"{path}: {problem}" for problem in differences(data, added, tokenizer))
    tokenizer.save(str(folder / "tokenizer.json"))
    kept = {key: settings[key] for key in KEPT if settings.get(key) is not None}
    fast = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False}
    return (MODEL, SETTINGS), kept | fast


def _unsupported(model: SentencePieceModel) -> Iterator[str]:
    if model.algorithm != spm.BPE:
        yield f"has the algorithm {model.algorithm}; only {spm.BPE}, byte pair encoding, is supported"
    if model.charsmap:
        yield f"changes characters by a table of {len(model.charsmap)} bytes; only none is supported"
    if model.remove_extra_whitespaces:
        yield "removes white space; only a model that keeps it is supported"
    if model.whitespace_as_suffix or not model.escape_whitespaces:
        yield f"does not mark a space by {SPACE} before the word"
    if sum(piece.kind == spm.BYTE for piece in model.pieces) != 256:  # noqa: PLR2004 - a byte's values
        yield "has no piece for every byte"
    if sum(piece.kind == spm.UNKNOWN for piece in model.pieces) != 1:
        yield "has not exactly one unknown piece"


def _added(settings: dict[str, Any], path: Path) -> dict[int, AddedToken]:
    """Return the tokens that are found in a text before anything else, by id."""
    try:
        return {
            int(id_): AddedToken(
                one["content"],
                single_word=one["single_word"],
                lstrip=one["lstrip"],
                rstrip=one["rstrip"],
                normalized=False,
                special=one["special"],
            )
            for id_, one in sorted(settings["added_tokens_decoder"].items(), key=lambda item: int(item[0]))
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConversionError(
            f"{path}: added_tokens_decoder is not as published ({error}); download it again"
        ) from error


def _unsettled(settings: dict[str, Any], added: dict[int, AddedToken], prefix: str | None) -> Iterator[str]:
    if settings.get("add_eos_token"):
        yield "add_eos_token is true; a prompt must not end in a token of its own"
    if prefix is not None and prefix not in {one.content for one in added.values()}:
        yield f"bos_token {prefix!r} is not among added_tokens_decoder"


def _plain(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings with every token as its text, which may be written as an object."""
    return {
        key: value["content"] if isinstance(value, dict) and "content" in value else value
        for key, value in settings.items()
    }


def build(model: SentencePieceModel, added: dict[int, AddedToken], prefix: str | None) -> Tokenizer:
    """Return a tokenizer with the pieces of a sentencepiece model, some renamed by ``added``.

    ``prefix`` is the token put before every text.
    """
    vocabulary = {
        added[id_].content if id_ in added else piece.text: id_ for id_, piece in enumerate(model.pieces)
    }
    unknown = next(piece.text for piece in model.pieces if piece.kind == spm.UNKNOWN)
    tokenizer = Tokenizer(
        BPE(vocabulary, _merges(model, added), unk_token=unknown, fuse_unk=True, byte_fallback=True)
    )
    before = [normalizers.Prepend(SPACE)] if model.add_dummy_prefix else []
    tokenizer.normalizer = normalizers.Sequence([*before, normalizers.Replace(" ", SPACE)])
    apart = _set_apart(model, added)
    # What follows an added token would get a prefix too, and one is looked for before spaces are replaced.
    inside = [text for text in apart if model.add_dummy_prefix or SPACE in text]
    if inside:
        pattern = "|".join(re.escape(text) for text in inside)
        tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(pattern), behavior="isolated")
    outside = [text for text in apart if text not in inside]
    tokenizer.add_tokens([AddedToken(text, normalized=False, special=False) for text in outside])
    tokenizer.add_tokens(list(added.values()))
    if prefix is not None:
        id_ = tokenizer.token_to_id(prefix)
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{prefix} $A", pair=f"{prefix} $A {prefix} $B", special_tokens=[(prefix, id_)]
        )
    after = [decoders.Strip(" ", left=1)] if model.add_dummy_prefix else []
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse(), *after]
    )
    return tokenizer


def _set_apart(model: SentencePieceModel, added: dict[int, AddedToken]) -> list[str]:
    """Return the pieces that sentencepiece finds in a text before it merges anything, the longest first.

    Those renamed by ``added`` are not: a person who types their old names means the letters. One with a
    space in it is never found, since spaces are replaced before.
    """
    found = [
        piece.text
        for id_, piece in enumerate(model.pieces)
        if piece.kind == spm.USER_DEFINED and id_ not in added and " " not in piece.text
    ]
    return sorted(found, key=len, reverse=True)


def _merges(model: SentencePieceModel, added: dict[int, AddedToken]) -> list[tuple[str, str]]:
    """Return every way to make a piece of two others, the best piece first.

    Of one piece the way with the longest left part comes first: sentencepiece merges from the left, so of
    a run of equal characters the left part has grown longer.
    """
    made = [
        piece
        for id_, piece in enumerate(model.pieces)
        if piece.kind in (spm.NORMAL, spm.USER_DEFINED) and id_ not in added
    ]
    known = {piece.text for piece in made}
    ranked = sorted(made, key=lambda piece: (piece.kind == spm.USER_DEFINED, -piece.score))
    return [
        (piece.text[:at], piece.text[at:])
        for piece in ranked
        for at in range(len(piece.text) - 1, 0, -1)
        if piece.text[:at] in known and piece.text[at:] in known
    ]


def differences(model: bytes, added: dict[int, AddedToken], tokenizer: Tokenizer) -> Iterator[str]:
    """Give every text of the corpus, and every prompt made of it, whose ids are not sentencepiece's."""
    try:
        from sentencepiece import SentencePieceProcessor  # noqa: PLC0415 - for this comparison alone
    except ImportError as error:
        raise ConversionError(
            "VisualPRM-8B's tokenizer is compared with sentencepiece; `pip install sentencepiece` first"
        ) from error

    reference = SentencePieceProcessor(model_proto=model)
    for id_, one in added.items():
        if tokenizer.token_to_id(one.content) != id_:
            yield f"the token {one.content!r} gets {tokenizer.token_to_id(one.content)}, not {id_}"
    own = _set_apart(parse_model(model), added)
    for text in (*corpus(), *own, *(f"a{text}b {text}" for text in own)):
        expected = reference.encode(text)
        got = tokenizer.encode(text, add_special_tokens=False).ids
        if got != expected:
            yield f"{text!r} becomes {got}, sentencepiece makes {expected}"
    marks = list(added.items())
    for number, text in enumerate(WORDS):
        (first, before), (second, after) = marks[number % len(marks)], marks[(number + 1) % len(marks)]
        prompt = f"{before.content}{text}{after.content}\n{text}"
        expected = [first, *reference.encode(text), second, *reference.encode(f"\n{text}")]
        got = tokenizer.encode(prompt, add_special_tokens=False).ids
        if got != expected:
            yield f"{prompt!r} becomes {got}, sentencepiece and the added tokens make {expected}"
