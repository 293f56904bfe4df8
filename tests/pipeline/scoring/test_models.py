"""Runs of real kinds of scorers: untrained miniatures in the published layout, and a server that is not there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from annotate.models import Score, ScorerRun
from annotate.pipeline import scoring
from annotate.pipeline.scoring import configurations, residence, taking
from annotate.refusal import Refusal
from inference.checkpoints.convert import convert
from inference.checkpoints.tiny import make as make_tiny
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def spy() -> None:
    """Hold no scorer in place of the real ones."""


@pytest.fixture(autouse=True)
def nothing_loaded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(residence, "_residents", {})
    monkeypatch.setattr(taking, "_looked_up_to", {})
    yield
    configurations.configurations.cache_clear()


def configured(settings: Any, folder: Path, words: str) -> None:
    (folder / "scorers.yaml").write_text(words)
    settings.SCORERS_FILE = str(folder / "scorers.yaml")
    configurations.configurations.cache_clear()


@pytest.mark.parametrize(("kind", "layout"), [("outcome", "skywork"), ("process", "visualprm")])
def test_a_model_scores_whole_conversations_under_the_revision_that_was_described(
    kind: str, layout: str, settings: Any, tmp_path: Path
) -> None:
    make_tiny(layout, tmp_path / "published", 0)
    if kind == "process":
        convert(tmp_path / "published", tmp_path / "weights", lambda _: None)
    else:
        (tmp_path / "published").rename(tmp_path / "weights")
    configured(
        settings,
        tmp_path,
        f"mine: {{kind: {kind}, model: {tmp_path / 'weights'}, dtype: float32, device: cpu}}",
    )
    project = make.project()
    make.conversation(project, turns=2, candidates=2)
    run = scoring.start_run(project.pk, "mine")

    assert scoring.score_next_batch(run.pk) == 4
    run.refresh_from_db()
    assert (run.status, run.error, run.model) == ("done", "", "weights")
    scores = list(Score.objects.filter(value__isnull=False))
    assert len(scores) == 4
    assert all((one.step_values is not None) == (kind == "process") for one in scores)
    assert len({one.value for one in scores}) > 1


def test_a_server_that_is_not_there_starts_no_run_and_fails_none(settings: Any, tmp_path: Path) -> None:
    configured(settings, tmp_path, "judge: {kind: http, url: 'http://127.0.0.1:1', retries: 0}")
    project = make.project()
    make.conversation(project)
    with pytest.raises(Refusal, match=r"“judge” cannot be started: .*127.0.0.1:1"):
        scoring.start_run(project.pk, "judge")

    known = configurations.configurations()["judge"]
    run = ScorerRun.objects.create(
        project=project,
        scorer="judge",
        model="m",
        revision="1",
        configuration_sha256=configurations.sha256_of(known),
        trained=True,
    )
    assert scoring.score_next_batch(run.pk) == 0
    run.refresh_from_db()
    assert run.status == "running"
    assert "127.0.0.1:1" in run.error
