from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import pytest

from inference.configuration import (
    ConfigurationError,
    Demo,
    Head,
    Http,
    Outcome,
    Process,
    builtin,
    fingerprint,
    known,
    read,
)
from inference.scorers import load


def written(folder: Path, text: str) -> Path:
    (folder / "scorers.yaml").write_text(text)
    return folder / "scorers.yaml"


def test_the_published_models_are_known_and_wait_for_a_folder() -> None:
    table = builtin()

    assert isinstance(table["visualprm"], Process)
    assert isinstance(table["skywork"], Outcome)
    assert isinstance(table["demo"], Demo)
    assert (table["visualprm"].model, table["visualprm"].trained, table["demo"].trained) == ("", True, False)


def test_a_file_adds_scorers_and_wins_where_a_name_is_in_both(tmp_path: Path) -> None:
    text = """
demo: {kind: http, url: "http://127.0.0.1:9000"}
judge: {kind: outcome, model: /models/judge, head: {file: score.safetensors, weight: score_head.weight, bias: null}}
"""
    table = known(written(tmp_path, text))

    assert not isinstance(table["demo"], Demo)
    judge = table["judge"]
    assert isinstance(judge, Outcome)
    assert judge.head == Head(file="score.safetensors", weight="score_head.weight", bias=None)
    assert "skywork" in table


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: {kind: magic}", "Invalid value 'magic'"),
        ("a: {title: no kind}", "missing required field `kind`"),
        ("a: {kind: process, max_tile: 3}", "unknown field `max_tile` - at `$[...]`"),
        ("a: {kind: process, max_tiles: 0}", ">= 1"),
        ("a: {kind: process, max_tokens: 40000}", "<= 32768"),
        (
            "a: {kind: outcome, min_pixels: 9000, max_pixels: 8000}",
            "a: min_pixels must not be above max_pixels",
        ),
        ("a: {kind: demo, trained: true}", "trained"),
        ("a: [", "scorers.yaml: "),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read(written(tmp_path, text))

    assert message in str(refused.value)
    assert str(tmp_path) in str(refused.value)


def test_only_what_a_score_depends_on_makes_another_run() -> None:
    one = Process(model="/models/a")
    same = msgspec.structs.replace(one, model="/models/b", token_budget=100, device="cpu", title="A title")

    assert fingerprint(one) == fingerprint(same)
    for change in (
        {"max_tiles": 6},
        {"system_message": "none"},
        {"max_steps": None},
        {"aggregation": "min"},
        {"dtype": "float32"},
    ):
        assert fingerprint(msgspec.structs.replace(one, **change)) != fingerprint(one)


def test_where_a_server_is_and_how_it_is_called_makes_no_other_run() -> None:
    one = Http(url="http://a")
    same = Http(url="https://b", token_variable="TOKEN", timeout=5, retries=0, batch=2)

    assert fingerprint(one) == fingerprint(same)
    assert fingerprint(Http(url="http://a", comparability="global")) != fingerprint(one)


@pytest.mark.parametrize("configuration", [Process(model="/models/a"), Outcome(model="/models/a")])
def test_without_torch_a_model_says_what_to_install(
    configuration: Process | Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [one for one in sys.modules if one.startswith(("inference.scorers.", "inference.engine"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)

    with pytest.raises(ConfigurationError, match="needs torch, which is not installed; start with"):
        load("mine", configuration)
