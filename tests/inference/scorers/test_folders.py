"""A folder is loaded whole and as it says, without running anything in it, or refused with a reason."""

from __future__ import annotations

import builtins
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from inference.configuration import Configuration, ConfigurationError, Head, Outcome, Process
from inference.engine.words import Words
from inference.scorers import describe, load
from inference.types import Result
from tests.inference import make
from tests.inference.checkpoints.editing import FIRST, SECOND, edit_json, edit_shard, weights

HEAD = "value_head.safetensors"
ITEM = make.item("One.\n\nTwo.", question=("What is it?",))
Edit = Callable[[dict[str, Any]], object]


def process(folder: Path, **settings: Any) -> Configuration:
    return Process(model=str(folder), dtype="float32", device="cpu", **settings)


def outcome(folder: Path, **settings: Any) -> Configuration:
    return Outcome(model=str(folder), dtype="float32", device="cpu", **settings)


def scored(configuration: Configuration) -> Result:
    return load("it", configuration)([ITEM])[0]


@pytest.fixture
def judge_folder(skywork: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(skywork, tmp_path / "judge"))


@pytest.fixture
def steps_folder(native: Path, tmp_path: Path) -> Path:
    """Return a converted folder whose manifest is gone: it would notice most of what is done here."""
    folder = Path(shutil.copytree(native, tmp_path / "steps"))
    (folder / "manifest.json").unlink()
    return folder


@pytest.fixture(params=["process", "outcome"])
def either(
    request: pytest.FixtureRequest, judge_folder: Path, steps_folder: Path
) -> tuple[Path, Callable[..., Configuration]]:
    return (steps_folder, process) if request.param == "process" else (judge_folder, outcome)


Either = tuple[Path, Callable[..., Configuration]]


def refused(configuration: Configuration) -> str:
    with pytest.raises(ConfigurationError) as refusal:
        load("it", configuration)
    return str(refusal.value)


def some(tensors: dict[str, torch.Tensor]) -> str:
    return next(name for name in sorted(tensors) if name.endswith("layers.0.mlp.down_proj.weight"))


def test_a_weight_that_is_missing(either: Either) -> None:
    folder, kind = either
    edit_shard(folder, FIRST, lambda tensors: tensors.pop(some(tensors)))

    assert "layers.0.mlp.down_proj.weight" in (said := refused(kind(folder)))
    assert "1 weights are missing" in said


def test_a_weight_that_is_left_over(either: Either) -> None:
    folder, kind = either
    edit_shard(folder, SECOND, lambda tensors: tensors.update({"extra.weight": torch.zeros(1)}))

    assert "1 weights are not of this model: extra.weight" in refused(kind(folder))


def test_a_weight_of_another_shape(either: Either) -> None:
    folder, kind = either
    edit_shard(folder, FIRST, lambda tensors: tensors.update({some(tensors): torch.zeros(3, 3)}))

    assert str(folder) in refused(kind(folder))


def test_a_shard_that_is_cut_off(either: Either) -> None:
    folder, kind = either
    data = (folder / FIRST).read_bytes()
    (folder / FIRST).write_bytes(data[: len(data) // 2])

    assert "cannot be loaded" in refused(kind(folder))


def test_a_shard_that_is_gone(either: Either) -> None:
    folder, kind = either
    (folder / FIRST).unlink()

    assert FIRST in refused(kind(folder))


def test_the_output_layer_may_be_left_over_or_gone_and_the_reward_is_the_same(
    skywork: Path, judge_folder: Path
) -> None:
    for shard in (FIRST, SECOND):
        edit_shard(judge_folder, shard, lambda tensors: tensors.pop("lm_head.weight", None))

    assert "lm_head.weight" in weights(skywork)
    assert "lm_head.weight" not in weights(judge_folder)
    assert scored(outcome(judge_folder)).value == scored(outcome(skywork)).value


def edit_head(folder: Path, edit: Edit) -> None:
    tensors = load_file(folder / HEAD)
    edit(tensors)
    save_file(tensors, folder / HEAD)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda head: head.update({"v_head.summary.weight": torch.full((1, 64), torch.nan)}), "not finite"),
        (lambda head: head.update({"v_head.summary.bias": torch.tensor([torch.inf])}), "not finite"),
        (lambda head: head.update({"v_head.summary.weight": torch.ones(1, 63)}), "63 numbers for 64"),
        (lambda head: head.update({"v_head.summary.bias": torch.ones(2)}), "a bias of 2 for 1"),
        (lambda head: head.pop("v_head.summary.bias"), "asks for v_head.summary.bias"),
        (lambda head: head.update({"score.weight": head.pop("v_head.summary.weight")}), "holds score.weight"),
        (lambda head: head.update({"another": torch.ones(1)}), "holds another"),
    ],
)
def test_a_value_head_that_is_not_what_the_configuration_names(
    edit: Edit, said: str, judge_folder: Path
) -> None:
    edit_head(judge_folder, edit)

    assert said in refused(outcome(judge_folder))


def test_a_value_head_that_is_gone_or_cut_off(judge_folder: Path) -> None:
    (judge_folder / HEAD).write_bytes((judge_folder / HEAD).read_bytes()[:50])
    assert "cannot be read as the value head" in refused(outcome(judge_folder))
    (judge_folder / HEAD).unlink()
    assert "cannot be read as the value head" in refused(outcome(judge_folder))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_a_head_without_bias_among_the_models_own_weights(
    dtype: torch.dtype, skywork: Path, judge_folder: Path
) -> None:
    row = load_file(skywork / HEAD)["v_head.summary.weight"].to(dtype)
    bias = float(load_file(skywork / HEAD)["v_head.summary.bias"])
    (judge_folder / HEAD).unlink()
    edit_shard(judge_folder, SECOND, lambda tensors: tensors.update({"score_head.weight": row}))
    head = Head(file=SECOND, weight="score_head.weight", bias=None)

    found, whole = scored(outcome(judge_folder, head=head)).value, scored(outcome(skywork)).value
    assert found is not None
    assert whole is not None
    assert found == pytest.approx(whole - bias, abs=1e-4 if dtype == torch.float32 else 0.2)
    assert "score_head.weight" in refused(outcome(judge_folder, head=Head(file=SECOND)))


@pytest.mark.parametrize("word", ["+", "-"])
def test_output_rows_that_are_not_finite(word: str, judge_folder: Path, steps_folder: Path) -> None:
    row = json.loads((steps_folder / "tokenizer.json").read_text())["model"]["vocab"][word]

    def damage(tensors: dict[str, torch.Tensor]) -> None:
        if "lm_head.weight" in tensors:
            tensors["lm_head.weight"][row, 5] = torch.nan

    for shard in (FIRST, SECOND):
        edit_shard(steps_folder, shard, damage)
    assert "the output rows of + and - holds numbers that are not finite" in refused(process(steps_folder))


def test_a_body_that_is_not_finite_gives_no_numbers(either: Either) -> None:
    folder, kind = either
    edit_shard(folder, FIRST, lambda tensors: tensors[some(tensors)].fill_(torch.nan))

    assert "not_a_number" in refused(kind(folder))


def test_the_output_rows_are_the_published_ones_whatever_is_tied(
    visualprm: Path, native: Path, steps_folder: Path
) -> None:
    """Finding 7: with the embeddings tied to the output layer, everything matches and nothing is right."""
    published = weights(visualprm)["language_model.lm_head.weight"].float()
    ids = json.loads((visualprm / "tokenizer.json").read_text())["model"]["vocab"]
    expected = published[[ids["+"], ids["-"]]]
    written = json.loads((native / "config.json").read_text())
    scorer: Any = load("it", process(native))
    edit_json(steps_folder / "config.json", tie)
    tied: Any = load("it", process(steps_folder))

    assert torch.equal(scorer.rows, expected)
    assert torch.equal(tied.rows, expected)
    assert [written["tie_word_embeddings"], written["text_config"]["tie_word_embeddings"]] == [False, False]


def tie(config: dict[str, Any]) -> None:
    config["tie_word_embeddings"] = config["text_config"]["tie_word_embeddings"] = True


EVIL = "import pathlib\npathlib.Path({!r}).write_text('it ran')\nclass Evil:\n    pass\n"


def test_no_code_of_a_folder_runs_and_nobody_is_asked(
    either: Either, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Finding 9: without a word about it, transformers asks on the terminal whether to run such code."""
    folder, kind = either
    marker = folder.parent / "marker"
    (folder / "evil.py").write_text(EVIL.format(str(marker)))
    questions: list[str] = []

    def ask(prompt: str = "") -> str:
        questions.append(prompt)
        return "y"

    def name(config: dict[str, Any]) -> None:
        classes = (
            "AutoConfig",
            "AutoModel",
            "AutoModelForImageTextToText",
            "AutoImageProcessor",
            "AutoProcessor",
        )
        config["auto_map"] = dict.fromkeys(classes, "evil.Evil")

    def name_tokenizer(config: dict[str, Any]) -> None:
        config.update(tokenizer_class="Evil", auto_map={"AutoTokenizer": ["evil.Evil", "evil.Evil"]})

    monkeypatch.setattr(builtins, "input", ask)
    expected = scored(kind(folder)).value
    edit_json(folder / "config.json", name)
    edit_json(folder / "preprocessor_config.json", name)
    edit_json(folder / "tokenizer_config.json", name_tokenizer)

    assert scored(kind(folder)).value == expected
    assert not marker.exists()
    assert questions == []


def test_a_tokenizer_that_disagrees_with_the_model_about_pictures(either: Either) -> None:
    folder, kind = either
    edit_json(
        folder / "config.json", lambda config: config.update(image_token_id=config["image_token_id"] - 1)
    )

    assert "tokenizer and model disagree about the id of" in refused(kind(folder))


def test_a_tokenizer_without_the_templates_tokens(either: Either) -> None:
    folder, kind = either
    for path in folder.glob("tokenizer*"):
        path.unlink()

    assert "the tokenizer" in refused(kind(folder))


@pytest.mark.parametrize("sign", ["+", "-"])
def test_a_tokenizer_that_joins_the_answer_with_what_stands_before(
    sign: str, native: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apart = Words.text
    monkeypatch.setattr(
        Words, "text", lambda self, text: apart(self, text)[: -1 if text.endswith(sign) else None]
    )

    assert f"does not end “assistant\\n{sign}” in the token '{sign}'" in refused(process(native))


@pytest.mark.parametrize("name", ["tokenizer.json", "config.json", "preprocessor_config.json"])
def test_settings_that_are_cut_off(name: str, either: Either) -> None:
    folder, kind = either
    (folder / name).write_text('{"model_type": ')

    assert str(folder) in refused(kind(folder))


@pytest.mark.parametrize(
    "edit",
    [
        lambda config: config["text_config" if "text_config" in config else "vision_config"].update(
            hidden_size="64"
        ),
        lambda config: config.update(vision_config=3),
        lambda config: config.update(dtype="float7"),
        lambda config: config.update(image_token_id="x"),
    ],
)
def test_a_configuration_that_transformers_cannot_use(edit: Edit, either: Either) -> None:
    folder, kind = either
    edit_json(folder / "config.json", edit)

    assert str(folder) in refused(kind(folder))


def test_the_folder_of_another_kind_is_refused_before_anything_is_built(
    visualprm: Path, visualprm_v1: Path, native: Path, skywork: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not in the files, transformers would make up, in the size of its defaults: 30 GB of noise."""
    for kind in ("InternVLForConditionalGeneration", "Qwen2_5_VLModel"):
        monkeypatch.setattr(f"transformers.{kind}.from_pretrained", None)

    assert "'qwen2_5_vl', not 'internvl'" in refused(process(skywork))
    assert "'internvl', not 'qwen2_5_vl'" in refused(outcome(native))
    for published in (visualprm, visualprm_v1):
        assert "python -m inference convert" in refused(process(published))
        assert "'internvl_chat', not 'qwen2_5_vl'" in refused(outcome(published))


def test_a_miniature_is_untrained_whatever_is_configured(native: Path, skywork: Path) -> None:
    for configuration in (process(native), outcome(skywork)):
        assert configuration.trained
        assert not load("it", configuration).describe().trained
        assert not describe("it", configuration).trained


def test_weights_without_the_mark_of_miniatures_are_as_configured(judge_folder: Path) -> None:
    (judge_folder / "UNTRAINED.md").unlink()

    assert describe("it", outcome(judge_folder)).trained
    assert not describe("it", outcome(judge_folder, trained=False)).trained
