"""Whatever differs is refused with its name, and nothing is left behind."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from inference.checkpoints import checking, folders
from inference.checkpoints import convert as module
from inference.checkpoints.convert import convert
from inference.checkpoints.errors import ConversionError, refuse
from inference.checkpoints.naming import cut
from tests.inference.checkpoints.editing import (
    FIRST,
    INDEX,
    SECOND,
    copied,
    edit_json,
    edit_shard,
    silent,
)

NORM = "language_model.model.norm.weight"
QKV = "vision_model.encoder.layers.0.attn.qkv.weight"


def refused(source: Path, tmp_path: Path) -> str:
    """Convert; return why not, having looked that nothing was left."""
    with pytest.raises(ConversionError) as error:
        convert(source, tmp_path / "out" / "native", silent)
    assert left(tmp_path) == []
    return str(error.value)


def left(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "out").iterdir())


@pytest.fixture(autouse=True)
def out(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()


@pytest.fixture
def source(visualprm: Path, tmp_path: Path) -> Path:
    return copied(visualprm, tmp_path)


def configure(source: Path, **changes: object) -> None:
    """Set values of `config.json`; a dot is written as two underscores, None takes the key away."""

    def edit(config: dict[str, Any]) -> None:
        for path, value in changes.items():
            *parents, key = path.split("__")
            place = config
            for parent in parents:
                place = place[parent]
            place[key] = value
            if value is None:
                del place[key]

    edit_json(source / "config.json", edit)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ps_version": "v1"}, "ps_version is 'v1'"),
        ({"ps_version": None}, "ps_version is 'v1'"),
        (
            {"llm_config__architectures": ["LlamaForCausalLM"]},
            "llm_config.architectures is ['LlamaForCausalLM']",
        ),
        ({"llm_config__architectures": []}, "llm_config.architectures is []"),
        ({"select_layer": -2}, "select_layer is -2"),
        ({"force_image_size": 112}, "force_image_size 112 is not vision_config.image_size 56"),
        ({"llm_config__rope_scaling__rope_type": "yarn"}, "rope_scaling is 'yarn'"),
        ({"llm_config__use_sliding_window": True}, "use_sliding_window"),
        ({"llm_config__num_key_value_heads": 3}, "do not divide one another"),
        ({"vision_config__qkv_bias": None}, "missing required field `qkv_bias` - at `$.vision_config`"),
        ({"vision_config__norm_type": "batch_norm"}, "Invalid enum value 'batch_norm'"),
        ({"vision_config__hidden_act": "quick_gelu"}, "Invalid enum value 'quick_gelu'"),
        ({"llm_config__hidden_act": "gelu"}, "Invalid enum value 'gelu'"),
        ({"llm_config": None}, "missing required field `llm_config`"),
        ({"model_type": "internvl"}, "model_type is 'internvl'"),
    ],
)
def test_a_configuration_with_which_the_native_model_would_differ(
    changes: dict[str, object], message: str, source: Path, tmp_path: Path
) -> None:
    configure(source, **changes)

    said = refused(source, tmp_path)

    assert message in said
    assert str(source / "config.json") in said


def test_a_skywork_folder_is_used_as_it_is(skywork: Path, tmp_path: Path) -> None:
    assert "Skywork-VL-Reward and converted folders are used as they are" in refused(skywork, tmp_path)


def test_a_configuration_that_is_not_json(source: Path, tmp_path: Path) -> None:
    (source / "config.json").write_text("{")

    assert "config.json: " in refused(source, tmp_path)


def test_every_tensor_that_is_missing_too_many_or_of_another_shape_is_named(
    source: Path, tmp_path: Path
) -> None:
    def edit(tensors: dict[str, torch.Tensor]) -> None:
        del tensors[NORM]
        tensors["language_model.model.layers.9.extra.weight"] = torch.zeros(2).bfloat16()
        tensors[QKV] = tensors[QKV][:-1].clone()

    edit_shard(source, SECOND, edit)

    assert refused(source, tmp_path).splitlines() == [
        f"{NORM}: missing in the weights",
        "language_model.model.layers.9.extra.weight: in the weights, but the configured model has no such tensor",
        f"{QKV}: has the shape (191, 64), the configuration says (192, 64)",
    ]


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data[:100], lambda data: data[200:]])
def test_a_shard_that_is_cut_off(damage: Callable[[bytes], bytes], source: Path, tmp_path: Path) -> None:
    (source / SECOND).write_bytes(damage((source / SECOND).read_bytes()))

    said = refused(source, tmp_path)

    assert f"{source / SECOND}: is cut off or no safetensors file" in said
    assert "download it again" in said


def test_an_index_that_names_a_shard_that_is_not_there(source: Path, tmp_path: Path) -> None:
    (source / SECOND).unlink()

    assert (
        refused(source, tmp_path) == f"{source / SECOND}: named by {INDEX} but not there; download it again"
    )


def test_an_index_that_leads_out_of_the_folder(source: Path, tmp_path: Path) -> None:
    (source / SECOND).rename(tmp_path / SECOND)
    edit_json(source / INDEX, lambda index: index["weight_map"].update({NORM: f"../{SECOND}"}))

    assert f"names the shard '../{SECOND}', which is not a plain file name" in refused(source, tmp_path)


def test_an_index_that_says_another_place_than_the_shards(source: Path, tmp_path: Path) -> None:
    edit_json(source / INDEX, lambda index: index["weight_map"].update({NORM: FIRST}))

    assert refused(source, tmp_path).splitlines() == [
        f"{NORM}: {INDEX} says {FIRST}, which does not hold it",
        f"{NORM}: in {SECOND}, but {INDEX} does not say so",
    ]


def test_an_index_that_is_none(source: Path, tmp_path: Path) -> None:
    (source / INDEX).write_text('{"weights": {}}')

    assert f"{INDEX}: Object missing required field `weight_map`" in refused(source, tmp_path)


def test_a_folder_without_weights(source: Path, tmp_path: Path) -> None:
    (source / INDEX).unlink()

    assert "holds neither model.safetensors.index.json nor model.safetensors" in refused(source, tmp_path)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("name", [NORM, QKV])
def test_weights_that_are_not_finite(name: str, value: float, source: Path, tmp_path: Path) -> None:
    edit_shard(source, SECOND, lambda tensors: tensors[name].view(-1)[3].fill_(value))

    assert refused(source, tmp_path) == (
        f"{source / SECOND}: {name} holds NaN or infinity; download it again"
    )


def test_tensors_of_several_dtypes(source: Path, tmp_path: Path) -> None:
    edit_shard(source, SECOND, lambda tensors: tensors.update({NORM: tensors[NORM].float()}))

    assert "mixes the dtypes BF16, F32" in refused(source, tmp_path)


def test_tensors_that_are_no_floats(source: Path, tmp_path: Path) -> None:
    edit_shard(source, SECOND, lambda tensors: tensors.update({NORM: tensors[NORM].to(torch.int8)}))

    assert f"{NORM}: has the dtype I8; only BF16, F16, F32 can be converted" in refused(source, tmp_path)


def test_a_target_that_holds_something_is_left_alone(visualprm: Path, tmp_path: Path) -> None:
    target = tmp_path / "native"
    target.mkdir()
    (target / "notes.txt").write_text("mine")

    with pytest.raises(ConversionError, match="not an empty folder"):
        convert(visualprm, target, silent)

    assert [path.name for path in target.iterdir()] == ["notes.txt"]
    assert not list(tmp_path.glob("*.part"))


def test_a_target_that_is_a_file_is_left_alone(visualprm: Path, tmp_path: Path) -> None:
    (tmp_path / "native").write_text("mine")

    with pytest.raises(ConversionError, match="not an empty folder"):
        convert(visualprm, tmp_path / "native", silent)

    assert (tmp_path / "native").read_text() == "mine"


def test_a_target_in_a_folder_that_is_not_there(visualprm: Path, tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="there is no such folder; make it first"):
        convert(visualprm, tmp_path / "nowhere" / "native", silent)


def test_an_empty_target_is_filled(visualprm: Path, tmp_path: Path) -> None:
    (tmp_path / "native").mkdir()

    convert(visualprm, tmp_path / "native", silent)

    assert (tmp_path / "native" / "manifest.json").is_file()


def test_a_disk_without_room(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))

    assert "has 1000 bytes free" in refused(source, tmp_path)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError])
def test_an_interrupted_conversion_leaves_nothing(
    stop: type[BaseException], source: Path, tmp_path: Path
) -> None:
    def interrupted(line: str) -> None:
        if line.startswith("2 of 2"):
            assert len(left(tmp_path)) == 1  # the folder that is being written
            raise stop

    with pytest.raises(stop):
        convert(source, tmp_path / "out" / "native", interrupted)

    assert left(tmp_path) == []


def test_a_shard_that_cannot_be_written_leaves_nothing(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(tensors: object, path: Path) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(module, "save_shard", full)

    with pytest.raises(OSError, match="No space left"):
        convert(source, tmp_path / "out" / "native", silent)

    assert left(tmp_path) == []


def spoiled(monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], object]) -> None:
    """Spoil what was written before it is checked."""
    check = checking.check_folder

    def after(folder: Path, *rest: Any) -> None:
        spoil(folder)
        check(folder, *rest)

    monkeypatch.setattr(module, "check_folder", after)


def rewrite(path: Path, edit: Callable[[dict[str, torch.Tensor]], object]) -> None:
    tensors = {name: tensor.clone() for name, tensor in load_file(path).items()}
    edit(tensors)
    save_file(tensors, path, metadata={"format": "pt"})


def test_a_written_tensor_that_is_gone_is_found(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "model.language_model.norm.weight"
    spoiled(monkeypatch, lambda folder: rewrite(folder / SECOND, lambda tensors: tensors.pop(name)))

    assert f"the strict load reports missing_keys: {name}" in refused(source, tmp_path)


def test_a_written_tensor_that_is_too_many_is_found(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = {"model.more.weight": torch.zeros(1).bfloat16()}
    spoiled(monkeypatch, lambda folder: rewrite(folder / SECOND, lambda tensors: tensors.update(more)))

    assert "the strict load reports unexpected_keys: model.more.weight" in refused(source, tmp_path)


@pytest.mark.parametrize("kind", ["visualprm", "visualprm_v1"])
def test_a_split_tensor_that_was_written_wrongly_is_found(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    def swapped(*given: Any) -> dict[str, torch.Tensor]:
        parts = cut(*given)
        names = [name for name in parts if ".k_proj." in name or ".v_proj." in name]
        if len(parts) == 3:
            parts[names[0]], parts[names[1]] = parts[names[1]], parts[names[0]]
        return parts

    monkeypatch.setattr(module, "cut", swapped)

    assert "what was written is not what was read" in refused(request.getfixturevalue(kind), tmp_path)


def test_a_count_of_parameters_that_differs_is_found(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "prod", sum)

    assert "parameters, the published weights have" in refused(source, tmp_path)


def test_a_tokenizer_that_transformers_reads_otherwise_is_found(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lower(folder: Path) -> None:
        edit_json(folder / "tokenizer.json", lambda one: one.update(normalizer={"type": "Lowercase"}))

    spoiled(monkeypatch, lower)

    assert "transformers makes" in refused(source, tmp_path)


def test_a_prefix_that_transformers_leaves_out_is_found(
    visualprm_v1: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drop(folder: Path) -> None:
        edit_json(folder / "tokenizer.json", lambda one: one.update(post_processor=None))

    spoiled(monkeypatch, drop)

    assert "transformers puts [] before a text, tokenizer.json puts [1]" in refused(visualprm_v1, tmp_path)


def test_a_dtype_that_transformers_reads_otherwise_is_found(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def widen(folder: Path) -> None:
        edit_json(folder / "config.json", lambda one: one.update(dtype="float32"))

    spoiled(monkeypatch, widen)

    assert "the loaded model is torch.float32, the published weights are bfloat16" in refused(
        source, tmp_path
    )


def test_three_tensors_are_compared_and_a_split_one_is_first() -> None:
    fused: Any = SimpleNamespace(fused="grouped")
    equal: Any = SimpleNamespace(fused="equal")
    plain: Any = SimpleNamespace(fused=None)
    origins = {"a": plain, "b": equal, "c": fused, "d": plain, "e": plain}

    assert checking.chosen(origins)[0] == "c"
    assert checking.chosen(origins) == checking.chosen(dict(reversed(origins.items())))
    assert len(set(checking.chosen(origins))) == 3


def test_only_the_first_problems_are_written_out() -> None:
    with pytest.raises(ConversionError) as error:
        refuse(f"problem {number}" for number in range(25))

    assert str(error.value).splitlines()[-2:] == ["problem 9", "and 15 more"]


def test_a_part_of_its_own_is_used_beside_the_target(tmp_path: Path) -> None:
    with folders.whole_folder(tmp_path / "out" / "a") as part:
        assert part.parent == tmp_path / "out"
        assert not (tmp_path / "out" / "a").exists()

    assert (tmp_path / "out" / "a").is_dir()
