from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from sentencepiece import SentencePieceProcessor
from transformers import AutoImageProcessor, AutoTokenizer, InternVLForConditionalGeneration, Qwen2_5_VLModel

from inference.__main__ import main
from inference.checkpoints.convert import convert
from inference.checkpoints.errors import ConversionError
from inference.checkpoints.tiny import KINDS, make
from inference.checkpoints.tiny_tokenizers import sentences
from tests.inference.checkpoints.editing import FIRST, INDEX, SECOND, silent, weights


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_gives_the_same_bytes_and_another_seed_other_weights(kind: str, tmp_path: Path) -> None:
    make(kind, tmp_path / "one", 7)
    done = subprocess.run(
        [sys.executable, "-m", "inference", "tiny", kind, str(tmp_path / "same"), "--seed", "7"], check=False
    )
    make(kind, tmp_path / "other", 8)

    assert done.returncode == 0
    assert contents(tmp_path / "one") == contents(tmp_path / "same")
    one, other = weights(tmp_path / "one"), weights(tmp_path / "other")
    assert one.keys() == other.keys()
    assert [name for name in one if torch.equal(one[name], other[name])] == []


@pytest.mark.parametrize("kind", ["visualprm", "visualprm_v1", "skywork"])
def test_every_parameter_is_random(kind: str, request: pytest.FixtureRequest) -> None:
    tensors = weights(request.getfixturevalue(kind))

    assert {tensor.dtype for tensor in tensors.values()} == {torch.bfloat16}
    assert [name for name, tensor in tensors.items() if tensor.float().std() < 0.01] == []


@pytest.mark.parametrize("kind", ["visualprm", "visualprm_v1", "skywork"])
def test_it_is_two_shards_of_about_the_same_size_and_says_that_it_is_untrained(
    kind: str, request: pytest.FixtureRequest
) -> None:
    folder: Path = request.getfixturevalue(kind)
    index = json.loads((folder / INDEX).read_text())

    assert set(index["weight_map"].values()) == {FIRST, SECOND}
    sizes = [(folder / shard).stat().st_size for shard in (FIRST, SECOND)]
    assert max(sizes) < 1.5 * min(sizes)
    assert "says nothing about any answer" in (folder / "UNTRAINED.md").read_text()


def test_the_qwen2_tokenizer_has_the_published_signs_and_order(visualprm: Path) -> None:
    tokenizer: Any = AutoTokenizer.from_pretrained(visualprm, trust_remote_code=False)

    assert tokenizer.convert_tokens_to_ids(["+", "-"]) == [10, 12]
    ids = tokenizer.convert_tokens_to_ids(
        ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>"]
    )
    assert ids == list(range(ids[0], ids[0] + 4))
    assert tokenizer.convert_tokens_to_ids(["<img>", "</img>", "<IMG_CONTEXT>"]) == [691, 692, 693]
    for text in ("Größe 😀 你好 \t\n\n x²", "assistant\n+"):
        assert tokenizer.decode(tokenizer.encode(text)) == text


def test_the_sentencepiece_model_is_of_internlm2s_kind(visualprm_v1: Path) -> None:
    model = SentencePieceProcessor(model_file=str(visualprm_v1 / "tokenizer.model"))

    assert model.get_piece_size() == 691
    assert model.encode("\x07") == [3 + 7]  # no piece of its own: its byte
    assert model.id_to_piece(690) == "[UNUSED_TOKEN_145]"
    assert model.encode_as_pieces("+") == ["+"]
    assert json.loads((visualprm_v1 / "added_tokens.json").read_text())["<IMG_CONTEXT>"] == 693


def test_skywork_loads_with_its_unused_output_rows_left_over(skywork: Path) -> None:
    loaded: Any = Qwen2_5_VLModel.from_pretrained(skywork, output_loading_info=True, trust_remote_code=False)
    model, report = loaded
    head = load_file(skywork / "value_head.safetensors")

    assert (list(report["missing_keys"]), list(report["mismatched_keys"])) == ([], [])
    assert list(report["unexpected_keys"]) == ["lm_head.weight"]
    assert model.config.text_config.rope_parameters["mrope_section"] == [2, 3, 3]
    assert {name: (tuple(one.shape), one.dtype) for name, one in head.items()} == {
        "v_head.summary.weight": ((1, 64), torch.float32),
        "v_head.summary.bias": ((1,), torch.float32),
    }


def test_skywork_writes_a_conversation_as_published(skywork: Path) -> None:
    tokenizer: Any = AutoTokenizer.from_pretrained(skywork, trust_remote_code=False)
    picture = {"type": "image", "image": "a.png"}
    text = tokenizer.apply_chat_template(
        [
            {"role": "user", "content": [picture, {"type": "text", "text": "What?\n"}]},
            {"role": "assistant", "content": "A dog."},
        ],
        tokenize=False,
    )

    assert text == (
        "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
        "<|im_start|>user\n<|vision_start|><|image_pad|><|vision_end|>What?\n<|im_end|>\n"
        "<|im_start|>assistant\nA dog.<|im_end|>\n"
    )
    load: Any = AutoImageProcessor.from_pretrained
    processor = load(skywork, trust_remote_code=False)
    assert (processor.patch_size, processor.merge_size) == (14, 2)


def test_a_folder_that_holds_something_is_left_alone(visualprm: Path) -> None:
    before = contents(visualprm)

    with pytest.raises(ConversionError, match="not an empty folder"):
        make("visualprm", visualprm, 0)
    assert main(["tiny", "visualprm", str(visualprm)]) == 2
    assert contents(visualprm) == before


def test_an_unknown_kind_is_refused_with_the_known_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["tiny", "huge", str(tmp_path / "x")])

    assert stopped.value.code == 2
    assert "skywork, visualprm, visualprm-v1" in capsys.readouterr().err.replace("'", "")


@pytest.mark.parametrize("kind", ["visualprm", "visualprm_v1"])
def test_the_odds_of_a_step_take_low_and_high_values(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    made = convert(request.getfixturevalue(kind), tmp_path / "native", silent)
    tokenizer: Any = AutoTokenizer.from_pretrained(tmp_path / "native", trust_remote_code=False)
    model: Any = InternVLForConditionalGeneration.from_pretrained(tmp_path / "native", dtype=torch.float32)
    signs = [made.tokens["+"], made.tokens["-"]]

    odds = []
    for sentence in list(sentences())[:40]:
        ids = tokenizer.encode(f"<|im_start|>user\n{sentence}<|im_end|>\n<|im_start|>assistant\n")
        with torch.inference_mode():
            logits = model(input_ids=torch.tensor([ids])).logits[0, -1, signs]
        odds.append(float(logits.softmax(0)[0]))

    assert min(odds) < 0.1
    assert max(odds) > 0.9
    assert max(sum(low <= one <= low + 0.5 for one in odds) for low in (0, 0.5)) < 35
