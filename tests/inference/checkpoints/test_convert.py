from __future__ import annotations

import hashlib
import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self
from weakref import ref

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import AutoTokenizer, InternVLForConditionalGeneration
from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import GotOcr2ImageProcessorPil

from inference.checkpoints import convert as module
from inference.checkpoints.convert import convert
from inference.checkpoints.manifest import Manifest, read_manifest
from inference.checkpoints.naming import Origin, cut
from inference.checkpoints.published import Language
from inference.commands.convert import add_arguments, run
from tests.inference.checkpoints.editing import (
    FIRST,
    INDEX,
    SECOND,
    copied,
    edit_json,
    edit_shard,
    silent,
    weights,
)

SOURCES = ["visualprm", "visualprm_v1"]
HEADS, KEY_HEADS, HEAD = 8, 2, 12


@pytest.fixture(params=SOURCES)
def source(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.getfixturevalue(request.param)
    return folder


@pytest.fixture
def native(source: Path, tmp_path: Path) -> Path:
    convert(source, tmp_path / "native", silent)
    return tmp_path / "native"


def load(folder: Path) -> tuple[Any, dict[str, Any]]:
    loaded: Any = InternVLForConditionalGeneration.from_pretrained(
        folder, dtype="auto", output_loading_info=True, trust_remote_code=False
    )
    model, report = loaded
    return model, report


def test_transformers_loads_it_with_nothing_missing_and_nothing_left_over(native: Path) -> None:
    model, report = load(native)

    assert {kind: list(names) for kind, names in report.items()} == {
        "missing_keys": [],
        "unexpected_keys": [],
        "mismatched_keys": [],
        "error_msgs": [],
    }
    assert model.dtype == torch.bfloat16
    assert not torch.equal(model.lm_head.weight, model.model.language_model.embed_tokens.weight)


def expected_vision(published: dict[str, torch.Tensor]) -> Iterator[tuple[str, torch.Tensor]]:
    ours, theirs = "model.vision_tower.", "vision_model."
    yield ours + "embeddings.cls_token", published[theirs + "embeddings.class_embedding"]
    yield ours + "embeddings.position_embeddings", published[theirs + "embeddings.position_embedding"]
    for leaf in ("weight", "bias"):
        yield (
            f"{ours}embeddings.patch_embeddings.projection.{leaf}",
            published[f"{theirs}embeddings.patch_embedding.{leaf}"],
        )
        for number, name in ((0, "layer_norm"), (1, "linear_1"), (3, "linear_2")):
            yield f"model.multi_modal_projector.{name}.{leaf}", published[f"mlp1.{number}.{leaf}"]
    for layer in range(3):
        to, of = f"{ours}encoder.layer.{layer}.", f"{theirs}encoder.layers.{layer}."
        yield to + "lambda_1", published[of + "ls1"]
        yield to + "lambda_2", published[of + "ls2"]
        for leaf in ("weight", "bias"):
            fused = published[f"{of}attn.qkv.{leaf}"]
            yield f"{to}attention.q_proj.{leaf}", fused[:64]
            yield f"{to}attention.k_proj.{leaf}", fused[64:128]
            yield f"{to}attention.v_proj.{leaf}", fused[128:]
            for name, its in (
                ("attention.projection_layer", "attn.proj"),
                ("layernorm_before", "norm1"),
                ("layernorm_after", "norm2"),
                ("mlp.fc1", "mlp.fc1"),
                ("mlp.fc2", "mlp.fc2"),
            ):
                yield f"{to}{name}.{leaf}", published[f"{of}{its}.{leaf}"]


def expected_qwen2(published: dict[str, torch.Tensor]) -> Iterator[tuple[str, torch.Tensor]]:
    yield "lm_head.weight", published["language_model.lm_head.weight"]
    for name, tensor in published.items():
        if name.startswith("language_model.model."):
            yield name.replace("language_model.model.", "model.language_model."), tensor


def expected_internlm2(published: dict[str, torch.Tensor]) -> Iterator[tuple[str, torch.Tensor]]:
    to, of = "model.language_model.", "language_model.model."
    yield "lm_head.weight", published["language_model.output.weight"]
    yield to + "embed_tokens.weight", published[of + "tok_embeddings.weight"]
    yield to + "norm.weight", published[of + "norm.weight"]
    for layer in range(3):
        into, out = f"{to}layers.{layer}.", f"{of}layers.{layer}."
        for name, its in (
            ("self_attn.o_proj", "attention.wo"),
            ("mlp.gate_proj", "feed_forward.w1"),
            ("mlp.up_proj", "feed_forward.w3"),
            ("mlp.down_proj", "feed_forward.w2"),
            ("input_layernorm", "attention_norm"),
            ("post_attention_layernorm", "ffn_norm"),
        ):
            yield f"{into}{name}.weight", published[f"{out}{its}.weight"]
        yield from by_hand(into, published[f"{out}attention.wqkv.weight"])


def by_hand(into: str, fused: torch.Tensor) -> Iterator[tuple[str, torch.Tensor]]:
    """Row by row: a key head's queries, then its key, then its value."""
    rows: dict[str, list[torch.Tensor]] = {"q": [], "k": [], "v": []}
    queries = HEADS // KEY_HEADS
    for number, row in enumerate(fused):
        place = number // HEAD % (queries + 2)
        rows["q" if place < queries else "k" if place == queries else "v"].append(row)
    for part, its in rows.items():
        yield f"{into}self_attn.{part}_proj.weight", torch.stack(its)


def test_every_tensor_is_the_published_one_under_its_native_name(source: Path, native: Path) -> None:
    published = weights(source)
    language = expected_qwen2 if source.name == "visualprm" else expected_internlm2
    expected = dict(expected_vision(published)) | dict(language(published))
    model, _ = load(native)
    got = model.state_dict()

    assert got.keys() == expected.keys()
    assert [name for name in expected if not torch.equal(got[name], expected[name])] == []


def test_the_configuration_avoids_every_default_that_is_wrong_here(source: Path, native: Path) -> None:
    config = json.loads((native / "config.json").read_text())
    text, vision = config["text_config"], config["vision_config"]

    assert (config["tie_word_embeddings"], text["tie_word_embeddings"]) == (False, False)
    assert (vision["attention_bias"], vision["use_qk_norm"], vision["use_mean_pooling"]) == (
        True,
        False,
        True,
    )
    assert text["rope_parameters"] == {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 1e6}
    assert text["rms_norm_eps"] == (1e-6 if source.name == "visualprm" else 1e-5)
    assert text["model_type"] == ("qwen2" if source.name == "visualprm" else "llama")
    tokenizer = AutoTokenizer.from_pretrained(native, trust_remote_code=False)
    assert config["image_token_id"] == tokenizer.convert_tokens_to_ids("<IMG_CONTEXT>")
    assert (config["image_seq_length"], vision["image_size"]) == (4, [56, 56])
    assert config["dtype"] == "bfloat16"


def test_a_model_without_rotary_scaling_keeps_the_plain_one(visualprm: Path, tmp_path: Path) -> None:
    folder = copied(visualprm, tmp_path)
    edit_json(folder / "config.json", lambda config: config["llm_config"].pop("rope_scaling"))

    convert(folder, tmp_path / "native", silent)

    text = json.loads((tmp_path / "native" / "config.json").read_text())["text_config"]
    assert text["rope_parameters"] == {"rope_type": "default", "rope_theta": 1e6}


def test_the_image_processor_cuts_tiles_as_published(native: Path) -> None:
    processor = GotOcr2ImageProcessorPil.from_pretrained(native)

    assert (processor.crop_to_patches, processor.min_patches, processor.max_patches) == (True, 1, 12)
    assert (processor.size["height"], processor.size["width"]) == (56, 56)
    assert tuple(processor.image_mean) == (0.485, 0.456, 0.406)
    assert tuple(processor.image_std) == (0.229, 0.224, 0.225)


def test_the_manifest_says_where_it_comes_from_and_what_to_count_on(source: Path, native: Path) -> None:
    made = read_manifest(native)
    v1 = source.name == "visualprm-v1"
    tokenizer = AutoTokenizer.from_pretrained(native, trust_remote_code=False)

    assert made.source.architecture == ("InternLM2ForCausalLM" if v1 else "Qwen2ForCausalLM")
    assert made.source.files == {
        name: hashlib.sha256((source / name).read_bytes()).hexdigest()
        for name in (
            "config.json",
            "tokenizer_config.json",
            "tokenizer.model" if v1 else "tokenizer.json",
            INDEX,
            FIRST,
            SECOND,
        )
    }
    assert made.tokens == {
        word: tokenizer.convert_tokens_to_ids(word)
        for word in ("+", "-", "<IMG_CONTEXT>", "<img>", "</img>", "<|im_start|>", "<|im_end|>")
    }
    assert made.prefix == ([1] if v1 else [])
    assert (made.template, made.trained, made.dtype) == ("internvl2_5", False, "bfloat16")
    assert made.parameters == sum(tensor.numel() for tensor in weights(source).values())
    assert tokenizer.encode("assistant\n+")[-1] == made.tokens["+"]


def test_weights_without_the_mark_of_miniatures_count_as_trained(visualprm: Path, tmp_path: Path) -> None:
    folder = copied(visualprm, tmp_path)
    (folder / "UNTRAINED.md").unlink()

    assert convert(folder, tmp_path / "native", silent).trained


def test_shards_stay_as_they_were_cut(source: Path, native: Path) -> None:
    index = json.loads((native / INDEX).read_text())

    assert set(index["weight_map"].values()) == {FIRST, SECOND}
    assert index["metadata"]["total_size"] == sum(tensor.nbytes for tensor in weights(native).values())
    assert (native / FIRST).stat().st_mode == (native / "config.json").stat().st_mode


def test_one_file_without_an_index_stays_one_file(visualprm: Path, tmp_path: Path) -> None:
    folder = copied(visualprm, tmp_path)
    save_file(weights(folder), folder / "model.safetensors", metadata={"format": "pt"})
    for name in (FIRST, SECOND, INDEX):
        (folder / name).unlink()

    made = convert(folder, tmp_path / "native", silent)

    assert [path.name for path in (tmp_path / "native").glob("*safetensors*")] == ["model.safetensors"]
    assert list(made.files) == ["model.safetensors"]


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
def test_the_dtype_stays(visualprm: Path, dtype: torch.dtype, tmp_path: Path) -> None:
    folder = copied(visualprm, tmp_path)
    for shard in (FIRST, SECOND):
        edit_shard(
            folder,
            shard,
            lambda tensors: tensors.update({name: tensor.to(dtype) for name, tensor in tensors.items()}),
        )

    made = convert(folder, tmp_path / "native", silent)

    assert f"torch.{made.dtype}" == str(dtype)
    assert {tensor.dtype for tensor in weights(tmp_path / "native").values()} == {dtype}


def test_two_conversions_write_the_same_bytes(source: Path, native: Path, tmp_path: Path) -> None:
    convert(source, tmp_path / "again", silent)

    for path in native.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


def test_one_shard_at_a_time_is_held(
    visualprm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[ref[torch.Tensor]] = []
    most = 0

    def counted(tensor: torch.Tensor, origin: Origin, language: Language) -> dict[str, torch.Tensor]:
        nonlocal most
        parts = cut(tensor, origin, language)
        held.extend(ref(one) for one in (tensor, *parts.values()))
        alive = {id(one): one for one in (its() for its in held) if one is not None}
        most = max(most, sum(one.nbytes for one in alive.values()))
        return parts

    monkeypatch.setattr(module, "cut", counted)
    monkeypatch.setattr(module, "safe_open", copying)
    convert(visualprm, tmp_path / "native", silent)

    largest = max((visualprm / shard).stat().st_size for shard in (FIRST, SECOND))
    fused = 192 * 64 * 2
    assert largest / 2 < most < largest + 2 * fused


class copying:  # noqa: N801 - stands for safe_open
    """Gives tensors with memory of their own."""

    def __init__(self, path: Path, framework: str) -> None:
        self.inner: Any = safe_open(path, framework=framework)

    def __enter__(self) -> Self:
        self.opened = self.inner.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.inner.__exit__(*error)

    def keys(self) -> list[str]:
        return list(self.opened.keys())

    def get_tensor(self, name: str) -> torch.Tensor:
        tensor: torch.Tensor = self.opened.get_tensor(name)
        return tensor.clone()


def test_no_code_of_the_folder_runs(source: Path, tmp_path: Path) -> None:
    folder = copied(source, tmp_path)
    trace = tmp_path / "ran"
    for module_name in (
        "configuration_internvl_chat",
        "modeling_internvl_chat",
        "configuration_internlm2",
        "tokenization_internlm2",
    ):
        (folder / f"{module_name}.py").write_text(f"open({str(trace)!r}, 'w').close()\n")

    own = {
        "tokenizer_class": "OwnTokenizer",
        "auto_map": {"AutoTokenizer": ["tokenization_internlm2.X", None]},
    }
    edit_json(folder / "tokenizer_config.json", lambda settings: settings.update(own))

    convert(folder, tmp_path / "native", silent)
    load(tmp_path / "native")

    assert not trace.exists()
    assert "auto_map" not in (tmp_path / "native" / "config.json").read_text()
    assert "auto_map" not in (tmp_path / "native" / "tokenizer_config.json").read_text()
    assert "OwnTokenizer" not in (tmp_path / "native" / "tokenizer_config.json").read_text()
    assert list((tmp_path / "native").glob("*.py")) == []


def test_the_command_says_every_shard_and_the_result(
    visualprm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run(arguments(visualprm, tmp_path / "native"))

    said = capsys.readouterr()
    assert (status, said.out) == (0, "")
    lines = said.err.splitlines()
    assert [line.split(",")[0] for line in lines[:2]] == [f"1 of 2: {FIRST}", f"2 of 2: {SECOND}"]
    assert lines[-1] == f"0.001 billion parameters in bfloat16: {tmp_path / 'native'}"


def test_the_command_fails_with_the_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = run(arguments(tmp_path / "nowhere", tmp_path / "native"))

    assert status == 2
    assert "nowhere/config.json: not there" in capsys.readouterr().err


def arguments(source: Path, target: Path) -> Any:
    parser = ArgumentParser()
    add_arguments(parser)
    return parser.parse_args([str(source), str(target)])


def test_a_manifest_is_read_as_it_was_returned(visualprm: Path, tmp_path: Path) -> None:
    made: Manifest = convert(visualprm, tmp_path / "native", silent)

    assert read_manifest(tmp_path / "native") == made
