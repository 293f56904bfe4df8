from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from annotate.models import Project, Review
from annotate.pipeline.flagging import flag_project
from annotate.reports.quality.throughput import DAYS, throughput_report
from tests import make
from tests.judging import candidates, disputed, prefer, rate

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make.project(overlap=2)


def test_days_batches_and_what_is_left(project: Project) -> None:
    yesterday = timezone.now() - timedelta(days=1)
    ada = make.member(project)
    task = make.task(make.conversation(project, candidates=2))
    left, right = candidates(task)
    first = make.submission(task, ada, active_ms=60_000, created_at=yesterday)
    rate(first, left, text_quality=1)
    rate(first, right, text_quality=1)
    prefer(first, left, right, 1)
    rate(make.submission(task, ada, active_ms=5_000), left, text_quality=2)
    make.task(make.conversation(project))
    practice = make.batch(project, purpose="training")
    make.submission(make.task(make.conversation(project), batch=practice), ada, active_ms=1)
    report = throughput_report(project.pk)

    assert len(report.days) == DAYS
    before, today = report.days[-2:]
    assert (before.tasks, before.ratings, before.comparisons, before.active_ms, before.people) == (
        1,
        2,
        1,
        60_000,
        1,
    )
    assert (today.tasks, today.ratings, today.active_ms) == (0, 0, 5_000)
    (batch,) = report.batches
    assert (batch.submitted, batch.recent, batch.left, batch.active_ms) == (1, 1, 3, 65_000)
    assert batch.days_left == 42.0
    assert (report.left, report.days_left) == (3, 42.0)
    assert report.task_ms == 65_000
    make.submission(make.task(task.conversation, follows=task), ada, active_ms=5_000)
    report = throughput_report(project.pk)
    assert (report.days[-1].tasks, report.days[-1].active_ms) == (1, 10_000)
    assert report.task_ms == 65_000


def test_no_pace_has_no_end(project: Project) -> None:
    make.task(make.conversation(project))

    assert throughput_report(project.pk).days_left is None


def test_reviewers_hours_and_what_waits_for_them(project: Project) -> None:
    tasks = [make.task(make.conversation(project)) for _ in range(2)]
    disputed(tasks[0], 0, 3)
    flag_project(project.pk)
    reviewer = make.user()
    blind = make.submission(tasks[1], make.member(project))
    Review.objects.create(
        project=project,
        conversation=tasks[1].conversation,
        reviewer=reviewer,
        blind=blind,
        final=blind,
        outcome="uphold",
        active_ms=120_000,
        finished_at=timezone.now(),
    )
    report = throughput_report(project.pk)

    assert (report.reviews[-1].reviews, report.reviews[-1].active_ms) == (1, 120_000)
    assert report.queue.flags + report.queue.waiting == 1
    if report.queue.flags:
        assert report.queue.days_left == 14.0
