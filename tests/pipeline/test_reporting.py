from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from annotate import tasks
from annotate.models import Project, ScorerRun, StoredReport, Submission
from annotate.pipeline import reporting
from annotate.pipeline.reporting import Carried, due, refresh
from annotate.pipeline.scoring.runs import set_status
from annotate.reports.quality import stored as reading
from annotate.reports.quality.stored import current, stored
from tests import make

pytestmark = pytest.mark.django_db


@dataclass(frozen=True, slots=True)
class Count:
    submissions: int
    by_revision: dict[int, int]
    share: float | None = None


def count(project_id: int) -> Count:
    found = Submission.objects.filter(task__batch__project=project_id).count()
    return Count(found, {1: found})


@pytest.fixture(autouse=True)
def reports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one report stand for all."""
    monkeypatch.setattr(reporting, "REPORTS", {"count": count})


@pytest.fixture
def project() -> Project:
    return make.project()


def answer(project: Project, *, minutes_ago: int = 2) -> Submission:
    """Return a new submission, old enough to be settled."""
    made_at = timezone.now() - timedelta(minutes=minutes_ago)
    task = make.task(make.conversation(project))
    return make.submission(task, make.member(project), created_at=made_at)


def test_a_stored_report_is_what_was_computed_and_says_of_when_it_is(project: Project) -> None:
    last = [answer(project), answer(project)][-1]
    assert stored(project.pk, "count", Count) is None

    assert refresh(project.pk) == ["count"]
    found = stored(project.pk, "count", Count)

    assert found is not None
    assert found.report == count(project.pk) == Count(2, {1: 2})
    assert found.through == last.pk
    assert timezone.now() - found.computed_at < timedelta(minutes=1)
    assert 0 < found.seconds < 10


def test_a_report_is_due_until_it_has_seen_what_is_settled(project: Project) -> None:
    assert due() == []
    answer(project)
    assert due() == [(project.pk, "count")]

    refresh(project.pk)
    StoredReport.objects.update(seconds=0)
    assert due() == []
    answer(project, minutes_ago=0)
    assert due() == [], "a submission of this very minute may have younger siblings with lower ids"
    answer(project)
    assert due() == [(project.pk, "count")]


def test_what_happens_elsewhere_moves_the_mark_and_computes_nothing(project: Project) -> None:
    answer(project)
    refresh(project.pk)
    before = StoredReport.objects.get()
    elsewhere = answer(make.project())

    assert due() == [(elsewhere.task.batch.project_id, "count")]
    after = StoredReport.objects.get()
    assert (after.through, after.computed_at) == (elsewhere.pk, before.computed_at)
    assert due() == [(elsewhere.task.batch.project_id, "count")], "no mark of that one has moved"


def test_a_report_that_takes_long_rests(project: Project) -> None:
    answer(project)
    refresh(project.pk)
    StoredReport.objects.update(seconds=60)
    answer(project)

    assert due() == []
    StoredReport.objects.update(computed_at=timezone.now() - timedelta(minutes=reporting.REST))
    assert due() == [(project.pk, "count")]


def test_new_scores_alone_make_the_report_on_judges_due(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "REPORTS", {"count": count, "judges": count})
    answer(project)
    run, untrained = make.scorer_run(project, trained=True), make.scorer_run(project, trained=False)
    ScorerRun.objects.update(updated_at=timezone.now() - timedelta(hours=1))
    refresh(project.pk)
    StoredReport.objects.update(seconds=0)
    assert due() == []

    set_status(untrained, ScorerRun.Status.DONE)
    assert due() == []
    set_status(run, ScorerRun.Status.DONE)
    assert due() == [(project.pk, "judges")]

    StoredReport.objects.update(computed_at=timezone.now() + timedelta(minutes=2))
    assert due() == []


def test_a_sweep_wakes_what_is_due_and_twice_is_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[object, ...]] = []
    monkeypatch.setattr(tasks, "wake", lambda task, *ids: sent.append((task.name, *ids)))
    answer(project)
    tasks.sweep_reports()
    assert sent == [("annotate.tasks.refresh_report", project.pk, "count")]

    for _ in range(2):
        tasks.refresh_report(project.pk, "count")
    assert [one.body["submissions"] for one in StoredReport.objects.all()] == [1]


def test_an_error_in_one_report_leaves_what_was_stored(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(project)
    refresh(project.pk)

    def fail(project_id: int) -> Count:
        raise ZeroDivisionError

    monkeypatch.setitem(reporting.REPORTS, "broken", fail)
    with pytest.raises(ZeroDivisionError):
        refresh(project.pk)
    assert [one.name for one in StoredReport.objects.all()] == ["count"]


def test_a_carried_report_gets_back_what_it_left(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[tuple[bytes | None, int]] = []

    def carry_on(project_id: int, state: bytes | None, through: int) -> tuple[object, bytes]:
        got.append((state, through))
        return count(project_id), b"seen" + bytes([len(got)])

    monkeypatch.setitem(reporting.REPORTS, "count", Carried(carry_on))
    first = answer(project)
    refresh(project.pk)
    refresh(project.pk)
    refresh(project.pk, whole=True)

    assert got == [(None, 0), (b"seen\x01", first.pk), (None, 0)]


def test_a_report_whose_class_has_changed_is_as_good_as_not_there(project: Project) -> None:
    answer(project)
    refresh(project.pk)
    StoredReport.objects.update(body={"submissions": "many"})

    assert stored(project.pk, "count", Count) is None
    found = current(project.pk, "count", Count, count)
    assert found is not None
    assert found.report == Count(1, {1: 1})


def test_a_small_project_needs_no_stored_report_a_large_one_waits_for_it(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(project)
    found = current(project.pk, "count", Count, count)
    assert found is not None
    assert found.report.submissions == 1

    monkeypatch.setattr(reading, "SMALL", 0)
    assert current(project.pk, "count", Count, count) is None
    refresh(project.pk)
    assert current(project.pk, "count", Count, lambda _: pytest.fail("it is stored")) is not None


@pytest.fixture
def cleared() -> Iterator[None]:
    yield
    StoredReport.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_work_once(monkeypatch: pytest.MonkeyPatch, cleared: None) -> None:
    project = make.project()
    computed: list[int] = []

    def slow(project_id: int) -> Count:
        computed.append(project_id)
        time.sleep(0.3)
        return Count(0, {})

    monkeypatch.setitem(reporting.REPORTS, "count", slow)
    start = threading.Barrier(3)
    renewed: list[list[str]] = []

    def run() -> None:
        start.wait()
        renewed.append(refresh(project.pk))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(renewed) == [[], [], ["count"]]
    assert computed == [project.pk]
