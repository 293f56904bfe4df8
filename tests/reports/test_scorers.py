from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from redis.exceptions import RedisError

from annotate.models import Score
from annotate.pipeline import scoring
from annotate.reports.managers.scorers import RunProgress, scorer_runs
from tests import make

pytestmark = pytest.mark.django_db


def counted(project_id: int) -> tuple[list[RunProgress], bool]:
    """Return the runs, and whether that took a look at scores to count them."""
    with CaptureQueriesContext(connection) as queries:
        runs = scorer_runs(project_id, [])
    return runs, any('FROM "annotate_score"' in one["sql"] and "GROUP BY" in one["sql"] for one in queries)


def test_scores_are_counted_once_until_there_are_others() -> None:
    project = make.project()
    for _ in range(2):
        make.conversation(project)
    run = scoring.start_run(project.pk, "demo")
    assert [one.scored for one in counted(project.pk)[0]] == [0]
    scoring.score_next_batch(run.pk, 1)

    for again in (False, True):
        (found,), looked = counted(project.pk)
        assert (found.scored, found.left, looked) == (1, 1, not again)
    scoring.score_next_batch(run.pk, 1)
    (found,), looked = counted(project.pk)
    assert (found.scored, found.left, looked) == (2, 0, True)


def test_what_went_wrong_is_kept_with_the_counts_and_forgotten_with_them() -> None:
    project = make.project()
    run = make.scorer_run(project)
    response = make.conversation(project).turns.get().responses.get()
    Score.objects.create(run=run, response=response, error_code="too_long", error_detail="2,000 tokens")

    for _ in range(2):
        (found,) = scorer_runs(project.pk, [])
        assert (found.scored, found.errors, found.left) == (0, 1, 0)
        assert [(one.code, one.count, one.example) for one in found.error_kinds] == [
            ("too_long", 1, "2,000 tokens")
        ]
    scoring.retry_errors(run.pk)
    (found,) = scorer_runs(project.pk, [])
    assert (found.errors, found.left, found.error_kinds) == (0, 1, [])


def test_without_a_cache_they_are_counted_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    project = make.project()
    response = make.conversation(project).turns.get().responses.get()
    make.score(make.scorer_run(project), response, 1)

    def gone(*_: Any) -> None:
        raise RedisError

    monkeypatch.setattr(cache, "get_many", gone)
    monkeypatch.setattr(cache, "set_many", gone)
    for _ in range(2):
        (found,), looked = counted(project.pk)
        assert (found.scored, looked) == (1, True)
