"""Runs: made without a model, told apart by all that a score depends on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from annotate.models import Score, ScorerRun
from annotate.pipeline import scoring
from annotate.pipeline.scoring import configurations
from annotate.refusal import Refusal
from tests import make
from tests.pipeline.scoring.conftest import Spy, finish

pytestmark = pytest.mark.django_db


@pytest.fixture
def scorers_file(settings: Any, tmp_path: Path) -> Iterator[Path]:
    """Use a file of scorers that the test writes; `configurations` is to be forgotten after each writing."""
    settings.SCORERS_FILE = str(tmp_path / "scorers.yaml")
    configurations.configurations.cache_clear()
    yield tmp_path / "scorers.yaml"
    configurations.configurations.cache_clear()


def write(file: Path, words: str) -> None:
    file.write_text(words)
    configurations.configurations.cache_clear()


def outcome(folder: Path, **settings: object) -> str:
    lines = "".join(f"  {name}: {value}\n" for name, value in settings.items())
    return f"mine:\n  kind: outcome\n  model: {folder}\n{lines}"


def test_an_unknown_scorer_is_refused_by_name() -> None:
    with pytest.raises(Refusal, match="Known are: demo"):
        scoring.start_run(make.project().pk, "oracle")


def test_a_run_keeps_the_whole_settings_for_a_manager_to_read(scorers_file: Path, tmp_path: Path) -> None:
    write(scorers_file, outcome(tmp_path / "weights", revision="r1", max_pixels=200_704))
    run = scoring.start_run(make.project().pk, "mine")

    assert (run.model, run.revision, run.dtype) == ("weights", "r1", "bfloat16")
    assert run.image_budget == "3136 to 200704 pixels an image"
    assert run.configuration["max_pixels"] == 200_704
    assert run.configuration["kind"] == "outcome"
    assert {"token_budget", "device", "splitter_version"} <= set(run.configuration)


@pytest.mark.parametrize(
    "change", [{"revision": "r2"}, {"dtype": "float32"}, {"max_pixels": 100_352}, {"max_tokens": 4096}]
)
def test_another_model_or_budget_is_another_run_and_how_it_is_computed_is_not(
    scorers_file: Path, tmp_path: Path, change: dict[str, Any]
) -> None:
    project = make.project()
    write(scorers_file, outcome(tmp_path / "weights", revision="r1"))
    first = scoring.start_run(project.pk, "mine")
    write(scorers_file, outcome(tmp_path / "weights", revision="r1", token_budget=512, device="cpu"))
    assert scoring.start_run(project.pk, "mine") == first

    write(scorers_file, outcome(tmp_path / "weights", **{"revision": "r1", **change}))
    assert scoring.start_run(project.pk, "mine") != first


def test_old_scores_stay_when_a_new_run_begins() -> None:
    project = make.project()
    make.conversation(project)
    first = scoring.start_run(project.pk, "demo")
    finish(first)
    ScorerRun.objects.update(revision="older")

    second = scoring.start_run(project.pk, "demo")
    finish(second)
    assert set(Score.objects.values_list("run", flat=True)) == {first.pk, second.pk}


def test_weights_are_known_by_their_folder_where_no_revision_is_set(
    scorers_file: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    write(scorers_file, outcome(folder))
    first = scoring.start_run(make.project().pk, "mine")
    (folder / "config.json").write_text("{ }")

    assert scoring.start_run(first.project_id, "mine").revision != first.revision


def test_a_folder_that_is_not_there_is_a_refusal_that_names_it(scorers_file: Path, tmp_path: Path) -> None:
    write(scorers_file, outcome(tmp_path / "nowhere"))

    with pytest.raises(Refusal, match=r"“mine” cannot be started: .*nowhere"):
        scoring.start_run(make.project().pk, "mine")
    assert not ScorerRun.objects.exists()


def test_a_file_that_is_wrong_is_a_refusal_with_the_place(scorers_file: Path) -> None:
    write(scorers_file, "mine: {kind: outcom}")

    with pytest.raises(Refusal, match=r"SCORERS_FILE cannot be used: .*scorers.yaml"):
        scoring.scorers()
    with pytest.raises(Refusal, match="SCORERS_FILE"):
        scoring.start_run(make.project().pk, "demo")


def test_words_that_no_column_holds_are_a_refusal(monkeypatch: pytest.MonkeyPatch, spy: Spy) -> None:
    spy.key = "k" * 65

    with pytest.raises(Refusal, match="key has more than 64 characters"):
        scoring.start_run(make.project().pk, "demo")


def test_starting_a_run_imports_no_torch(tmp_path: Path) -> None:
    (tmp_path / "scorers.yaml").write_text(
        outcome(tmp_path, revision="r1")
        + outcome(tmp_path).replace("mine", "other").replace("outcome", "process")
    )
    (tmp_path / "config.json").write_text("{}")
    code = (
        "import sys; from pathlib import Path; from inference import configuration, scorers\n"
        f"known = configuration.known(Path({str(tmp_path / 'scorers.yaml')!r}))\n"
        "for key in ('demo', 'mine', 'other'): print(scorers.describe(key, known[key]).revision)\n"
        "sys.exit('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split()[1] == "r1"
