"""The tokenizer made from a sentencepiece model gives sentencepiece's ids, or nothing is written."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer
from tokenizers import AddedToken, Tokenizer, normalizers

from inference.checkpoints import internlm2
from inference.checkpoints.convert import convert
from inference.checkpoints.corpus import WORDS, corpus
from inference.checkpoints.errors import ConversionError
from inference.checkpoints.sentencepiece_model import (
    BYTE,
    NORMAL,
    UNKNOWN,
    USER_DEFINED,
    Piece,
    encode_piece,
    parse_model,
)
from inference.checkpoints.tiny_tokenizers import sentences
from tests.inference.checkpoints.editing import copied, edit_json, silent


def trained(**settings: Any) -> bytes:
    out = io.BytesIO()
    texts = chain(sentences(), (text.replace("\0", "") for text in WORDS), ["   x    y          z"] * 50)
    plain: dict[str, Any] = {
        "model_type": "bpe",
        "vocab_size": 1000,
        "normalization_rule_name": "identity",
        "add_dummy_prefix": False,
        "remove_extra_whitespaces": False,
        "byte_fallback": True,
    }
    SentencePieceTrainer.train(
        sentence_iterator=texts, model_writer=out, num_threads=1, minloglevel=2, **plain | settings
    )
    return out.getvalue()


def added_to(model: bytes) -> dict[int, AddedToken]:
    size = len(parse_model(model).pieces)
    return {
        size + at: AddedToken(word, normalized=False, special=True)
        for at, word in enumerate(("<|a|>", "<|b|>"))
    }


@pytest.mark.parametrize("prefix", [False, True])
@pytest.mark.parametrize("spaces", [False, True])
@pytest.mark.parametrize("own", [[], ["\n"], ["\n\n", "\n", "▁▁"]])
def test_models_of_every_supported_kind_are_exact(prefix: bool, spaces: bool, own: list[str]) -> None:  # noqa: FBT001
    model = trained(add_dummy_prefix=prefix, allow_whitespace_only_pieces=spaces, user_defined_symbols=own)
    added = added_to(model)
    tokenizer = internlm2.build(parse_model(model), added, None)

    assert list(internlm2.differences(model, added, tokenizer)) == []


def test_words_that_sentencepiece_sets_apart_are_set_apart() -> None:
    model = trained(user_defined_symbols=["assistant", "abc", "ab"])
    tokenizer = internlm2.build(parse_model(model), added_to(model), None)
    reference = SentencePieceProcessor(model_proto=model)

    for text in ("xabcabassistantsab", "assistant\n+", "abab cabc"):
        assert tokenizer.encode(text, add_special_tokens=False).ids == reference.encode(text)


def test_the_comparison_sees_a_prefix_too_many() -> None:
    model = trained()
    added = added_to(model)
    tokenizer = internlm2.build(parse_model(model), added, None)
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])

    assert len(list(internlm2.differences(model, added, tokenizer))) > len(list(corpus())) / 2


def test_the_comparison_sees_an_added_token_with_another_id() -> None:
    model = trained()
    tokenizer = internlm2.build(parse_model(model), added_to(model), None)
    moved = {id_ + 1: one for id_, one in added_to(model).items()}

    assert next(internlm2.differences(model, moved, tokenizer)).startswith(
        "the token '<|a|>' gets 1000, not 1001"
    )


def test_text_comes_back(visualprm_v1: Path, tmp_path: Path) -> None:
    convert(visualprm_v1, tmp_path / "native", silent)
    tokenizer = Tokenizer.from_file(str(tmp_path / "native" / "tokenizer.json"))

    for text in WORDS:
        assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False).ids) == text.replace(
            "▁", " "
        )


def test_a_typed_special_word_is_only_letters_when_asked_for(visualprm_v1: Path, tmp_path: Path) -> None:
    convert(visualprm_v1, tmp_path / "native", silent)
    tokenizer = Tokenizer.from_file(str(tmp_path / "native" / "tokenizer.json"))
    tokenizer.encode_special_tokens = True
    special = {tokenizer.token_to_id(word) for word in ("<|im_end|>", "<IMG_CONTEXT>", "<s>")}

    got = tokenizer.encode("<|im_end|> <IMG_CONTEXT><s>[UNUSED_TOKEN_144]", add_special_tokens=False).ids

    assert not special & set(got)
    assert tokenizer.decode(got) == "<|im_end|> <IMG_CONTEXT><s>[UNUSED_TOKEN_144]"


def refused(source: Path, tmp_path: Path) -> str:
    with pytest.raises(ConversionError) as error:
        convert(source, tmp_path / "native", silent)
    assert not (tmp_path / "native").exists()
    assert not list(tmp_path.glob("*.part"))
    return str(error.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model_type": "unigram"}, "has the algorithm 1; only 2"),
        ({"normalization_rule_name": "nmt_nfkc"}, "changes characters by a table"),
        ({"remove_extra_whitespaces": True}, "removes white space"),
        ({"treat_whitespace_as_suffix": True}, "does not mark a space by"),
        ({"byte_fallback": False, "character_coverage": 1.0}, "has no piece for every byte"),
    ],
)
def test_a_model_of_another_kind(
    options: dict[str, Any], message: str, visualprm_v1: Path, tmp_path: Path
) -> None:
    source = copied(visualprm_v1, tmp_path)
    (source / "tokenizer.model").write_bytes(trained(**options))

    assert message in refused(source, tmp_path)


def test_a_model_that_cannot_be_made_exactly(visualprm_v1: Path, tmp_path: Path) -> None:
    source = copied(visualprm_v1, tmp_path)
    (source / "tokenizer.model").write_bytes(
        trained(
            add_dummy_prefix=True,
            vocab_size=691,
            user_defined_symbols=["assistant"],
            max_sentencepiece_length=3,
        )
    )

    assert "sentencepiece makes" in refused(source, tmp_path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-3],
        lambda data: b"\x0b" + data,
        lambda data: b"\x0a\x02\x08\x01" + data,
        lambda data: data + b"\x80",
        lambda data: data + encode_piece(Piece("<again>", 0.0, UNKNOWN)),
    ],
)
def test_a_model_that_is_damaged(
    damage: Callable[[bytes], bytes], visualprm_v1: Path, tmp_path: Path
) -> None:
    source = copied(visualprm_v1, tmp_path)
    model = source / "tokenizer.model"
    model.write_bytes(damage(model.read_bytes()))

    said = refused(source, tmp_path)

    assert str(model) in said
    assert "download it again" in said or "unknown piece" in said


def test_a_model_that_is_not_there(visualprm_v1: Path, tmp_path: Path) -> None:
    source = copied(visualprm_v1, tmp_path)
    (source / "tokenizer.model").unlink()

    assert refused(source, tmp_path) == f"{source / 'tokenizer.model'}: not there; download it again"


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda settings: settings.pop("added_tokens_decoder"), "added_tokens_decoder is not as published"),
        (lambda settings: settings["added_tokens_decoder"]["690"].pop("special"), "is not as published"),
        (lambda settings: settings["added_tokens_decoder"].update(x={}), "is not as published"),
        (
            lambda settings: settings["added_tokens_decoder"].pop("691"),
            "the token '</img>' gets 691, not 692",
        ),
        (lambda settings: settings.update(add_eos_token=True), "add_eos_token is true"),
        (lambda settings: settings.update(bos_token="<begin>"), "bos_token '<begin>' is not among"),
    ],
)
def test_settings_that_are_not_the_published_ones(
    edit: Callable[[dict[str, Any]], object], message: str, visualprm_v1: Path, tmp_path: Path
) -> None:
    source = copied(visualprm_v1, tmp_path)
    edit_json(source / "tokenizer_config.json", edit)

    assert message in refused(source, tmp_path)


def test_tokens_written_as_objects_are_read(visualprm_v1: Path, tmp_path: Path) -> None:
    source = copied(visualprm_v1, tmp_path)
    token = {"content": "<s>", "lstrip": False, "normalized": False, "rstrip": False, "single_word": False}
    edit_json(source / "tokenizer_config.json", lambda settings: settings.update(bos_token=token))

    assert convert(source, tmp_path / "native", silent).prefix == [1]


def test_no_prefix_where_none_is_wanted(visualprm_v1: Path, tmp_path: Path) -> None:
    source = copied(visualprm_v1, tmp_path)
    edit_json(source / "tokenizer_config.json", lambda settings: settings.update(add_bos_token=False))

    assert convert(source, tmp_path / "native", silent).prefix == []


def test_sentencepiece_is_asked_for_where_it_is_missing(
    visualprm_v1: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sentencepiece", None)

    assert "pip install sentencepiece" in refused(visualprm_v1, tmp_path)


def test_the_model_is_read_as_sentencepiece_reads_it() -> None:
    data = trained(user_defined_symbols=["abc"])
    reference = SentencePieceProcessor(model_proto=data)
    model = parse_model(data)

    assert [piece.text for piece in model.pieces] == [
        reference.id_to_piece(id_) for id_ in range(reference.get_piece_size())
    ]
    assert [piece.score for piece in model.pieces] == [
        reference.get_score(id_) for id_ in range(reference.get_piece_size())
    ]
    assert [piece.kind == BYTE for piece in model.pieces] == [
        reference.is_byte(id_) for id_ in range(reference.get_piece_size())
    ]
    assert {piece.kind for piece in model.pieces} >= {NORMAL, USER_DEFINED, BYTE}


def test_a_piece_put_behind_a_model_is_its_last() -> None:
    long = Piece("x" * 300, -1.5, USER_DEFINED)
    data = trained() + encode_piece(long)

    assert parse_model(data).pieces[-1] == long
    assert SentencePieceProcessor(model_proto=data).id_to_piece(1000) == long.text
