from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone
from msgspec import structs

from annotate.formats.rubric import BUILT_IN, read_rubric
from annotate.models import Batch, Dimension, Flag, Review, Task
from annotate.pipeline import flagging
from annotate.pipeline.flagging import FlagReport, flag_project, pending_projects
from tests import make
from tests.judging import candidates, disputed, prefer, rate, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def task() -> Task:
    return make.task(make.conversation(make.project(overlap=5), candidates=2))


def history() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM annotate_flagevent")
        return int(cursor.fetchone()[0])


def passed(task: Task) -> FlagReport:
    """Return what a pass does, after making sure that a second one does nothing."""
    first = flag_project(task.batch.project_id)
    events = history()
    again = flag_project(task.batch.project_id)
    assert (again.created, again.closed, again.open) == (0, 0, first.open)
    assert history() == events
    return first


def test_ratings_two_apart_are_flagged_once_with_who_said_what(task: Task) -> None:
    disputed(task, 0, 2)

    assert passed(task) == FlagReport(created=1, closed=0, open=1)
    flag = Flag.objects.get()
    assert (flag.kind, flag.scope, flag.status) == ("F1", "local", "open")
    assert flag.response == candidates(task)[0]
    assert flag.dimension is not None
    assert flag.dimension.key == "text_quality"
    assert [(one["annotator"], one["value"]) for one in flag.evidence["answers"]] == [(1, 0), (2, 2)]
    assert {one["submission"] for one in flag.evidence["answers"]} == {
        str(uid) for uid in task.submissions.values_list("uid", flat=True)
    }


@pytest.mark.parametrize("values", [(1, 2), (3, 3, 2), (0,)])
def test_ratings_less_than_two_apart_are_not_flagged(task: Task, values: tuple[int, ...]) -> None:
    disputed(task, *values)

    assert passed(task).created == 0


@pytest.mark.parametrize("state", ["defaulted", "not_applicable", "unable"])
def test_only_ratings_that_were_given_count(task: Task, state: str) -> None:
    disputed(task, 0)
    value = 3 if state == "defaulted" else None
    rate(submit(task, make.member(task.batch.project)), candidates(task)[0], state=state, text_quality=value)

    assert passed(task).created == 0


def test_what_is_wide_grows_with_the_scale(task: Task) -> None:
    Dimension.objects.filter(key="text_quality").update(minimum=0, maximum=100)
    disputed(task, 10, 75)
    assert passed(task).created == 0

    disputed(task, 77)
    assert passed(task).created == 1


def test_the_person_is_the_one_farthest_from_the_others(task: Task) -> None:
    people = disputed(task, 3, 3, 0)
    passed(task)

    assert Flag.objects.get().annotator == people[2]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({1: 0, 2: 3}, None),
        ({1: 0, 2: 3, 3: 3}, 1),
        ({1: 0, 2: 1, 3: 3}, 3),
        ({1: 0, 2: 0, 3: 3, 4: 3}, None),
    ],
)
def test_outlier(values: dict[int, int], expected: int | None) -> None:
    assert flagging.outlier(values) == expected


def test_people_asked_by_two_versions_of_the_rubric_oppose_nobody(task: Task) -> None:
    record = structs.replace(read_rubric(BUILT_IN / "intermt.yaml"), version=2)
    bridging = make.batch(task.batch.project, purpose=Batch.Purpose.BRIDGE, rubric=make.rubric(record))
    again = make.task(task.conversation, batch=bridging)
    left, right = candidates(task)
    for one, preference in ((task, 2), (again, -2)):
        prefer(submit(one, make.member(task.batch.project)), left, right, preference)
    assert passed(task).created == 0

    prefer(submit(again, make.member(task.batch.project)), left, right, 1)
    assert passed(task).created == 1
    assert [one["value"] for one in Flag.objects.get().evidence["answers"]] == [-2, 1]

    # Contested under both: one flag, of the version that a sitting asks by.
    prefer(submit(task, make.member(task.batch.project)), left, right, -1)
    flag_project(task.batch.project_id)
    assert [one["value"] for one in Flag.objects.get().evidence["answers"]] == [2, -1]


def test_opposite_preferences_are_flagged_and_ties_oppose_nobody(task: Task) -> None:
    left, right = candidates(task)
    for preference in (0, 2):
        prefer(submit(task, make.member(task.batch.project)), left, right, preference)
    assert passed(task).created == 0

    prefer(submit(task, make.member(task.batch.project)), left, right, -1)
    assert passed(task).created == 1
    flag = Flag.objects.get()
    assert (flag.left, flag.right, flag.dimension, flag.response) == (left, right, None, None)


def test_preferences_on_different_dimensions_do_not_oppose(task: Task) -> None:
    left, right = candidates(task)
    prefer(submit(task, make.member(task.batch.project)), left, right, 2, dimension="text_quality")
    prefer(submit(task, make.member(task.batch.project)), left, right, -2, dimension="context_coherence")

    assert passed(task).created == 0


def test_imported_labels_are_one_more_person_and_reviewers_verdicts_are_not(task: Task) -> None:
    first = candidates(task)[0]
    disputed(task, 0)
    rate(submit(task, make.user(), origin="review"), first, text_quality=3)
    assert passed(task).created == 0

    rate(submit(task, make.user(kind="source", is_active=False), origin="imported"), first, text_quality=3)
    assert passed(task).created == 1


def test_only_the_latest_revision_of_a_person_speaks(task: Task) -> None:
    people = disputed(task, 0, 3)
    passed(task)
    rate(submit(task, people[0]), candidates(task)[0], text_quality=2)

    assert passed(task) == FlagReport(created=0, closed=1, open=0)
    flag = Flag.objects.get()
    assert (flag.status, flag.closed_reason) == ("closed", flagging.GONE)


def test_the_latest_word_counts_across_tasks_of_a_conversation(task: Task) -> None:
    people = disputed(task, 0, 3)
    followup = make.task(task.conversation)
    rate(submit(followup, people[0]), candidates(task)[0], text_quality=3)

    assert passed(task).created == 0


def test_a_contradiction_that_comes_back_opens_its_flag_again(task: Task) -> None:
    people = disputed(task, 0, 3)
    first = candidates(task)[0]
    passed(task)
    rate(submit(task, people[0]), first, text_quality=3)
    passed(task)
    rate(submit(task, people[0]), first, text_quality=0)

    assert passed(task) == FlagReport(created=1, closed=0, open=1)
    assert Flag.objects.get().closed_reason == ""


def resolve(flag: Flag, task: Task) -> None:
    reviewer = make.user()
    final = submit(task, reviewer, origin="review")
    review = Review.objects.create(
        project=task.batch.project,
        conversation=task.conversation,
        reviewer=reviewer,
        blind=final,
        final=final,
        outcome="uphold",
        revealed_at=timezone.now(),
        finished_at=timezone.now(),
    )
    Flag.objects.filter(pk=flag.pk).update(status="resolved", outcome="uphold", review=review)


def test_a_resolved_flag_stays_resolved_when_others_repeat_what_was_said(task: Task) -> None:
    disputed(task, 0, 3)
    passed(task)
    resolve(Flag.objects.get(), task)
    disputed(task, 3)

    assert passed(task) == FlagReport(created=0, closed=0, open=0)
    assert Flag.objects.get().status == "resolved"


def test_a_wider_gap_is_another_flag(task: Task) -> None:
    disputed(task, 1, 3)
    passed(task)
    resolve(Flag.objects.get(), task)
    disputed(task, 0)

    assert passed(task) == FlagReport(created=1, closed=0, open=1)


def test_more_people_add_to_the_evidence_of_an_open_flag(task: Task) -> None:
    disputed(task, 0, 3)
    passed(task)
    (third,) = disputed(task, 0)

    assert passed(task) == FlagReport(created=0, closed=0, open=1)
    flag = Flag.objects.get()
    assert [one["value"] for one in flag.evidence["answers"]] == [0, 3, 0]
    assert flag.annotator != third
    assert flag.annotator is not None


def test_a_preference_against_ones_own_ratings_on_the_dimension_is_flagged(task: Task) -> None:
    left, right = candidates(task)
    person = make.member(task.batch.project)
    answers = submit(task, person)
    rate(answers, left, text_quality=3, context_coherence=0)
    rate(answers, right, text_quality=1, context_coherence=3)
    prefer(answers, left, right, 1, dimension="text_quality")

    assert passed(task).created == 1
    flag = Flag.objects.get()
    assert (flag.kind, flag.annotator) == ("F0", person)
    assert flag.evidence["preference"] == 1
    assert flag.evidence["ratings"] == [{"dimension": "text_quality", "left": 3, "right": 1, "wide": True}]


@pytest.mark.parametrize(
    ("of_left", "of_right", "preference", "flagged"),
    [
        ({"text_quality": 3, "context_coherence": 2}, {"text_quality": 1, "context_coherence": 2}, 1, True),
        ({"text_quality": 1, "context_coherence": 2}, {"text_quality": 3, "context_coherence": 3}, -2, True),
        ({"text_quality": 3, "context_coherence": 2}, {"text_quality": 1, "context_coherence": 2}, -1, False),
        ({"text_quality": 3, "context_coherence": 2}, {"text_quality": 1, "context_coherence": 2}, 0, False),
        ({"text_quality": 2, "context_coherence": 2}, {"text_quality": 1, "context_coherence": 2}, 1, False),
        ({"text_quality": 3, "context_coherence": 1}, {"text_quality": 1, "context_coherence": 2}, 1, False),
    ],
    ids=["nothing speaks for it", "other side", "in line", "a tie", "one step only", "a trade-off"],
)
def test_an_overall_preference_contradicts_ratings_that_no_weighing_explains(
    task: Task, of_left: dict[str, int], of_right: dict[str, int], preference: int, *, flagged: bool
) -> None:
    left, right = candidates(task)
    answers = submit(task, make.member(task.batch.project))
    rate(answers, left, state="rated", **of_left)
    rate(answers, right, state="rated", **of_right)
    prefer(answers, left, right, preference)

    assert passed(task).created == flagged


def test_ratings_of_whole_conversations_do_not_speak_about_a_local_preference(task: Task) -> None:
    left, right = candidates(task)
    answers = submit(task, make.member(task.batch.project))
    rate(answers, left, context_awareness=3)
    rate(answers, right, context_awareness=0)
    prefer(answers, left, right, 3)
    assert passed(task).created == 0

    answers = submit(task, make.member(task.batch.project))
    rate(answers, left, context_awareness=3)
    rate(answers, right, context_awareness=0)
    prefer(answers, left, right, 3, scope="global")
    assert passed(task).created == 1


def test_one_persons_ratings_do_not_speak_about_anothers_preference(task: Task) -> None:
    left, right = candidates(task)
    answers = submit(task, make.member(task.batch.project))
    rate(answers, left, text_quality=3)
    rate(answers, right, text_quality=0)
    prefer(submit(task, make.member(task.batch.project)), left, right, 3)

    assert passed(task).created == 0


@pytest.fixture
def a_minute_later(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let every submission made so far, or in this test, count as settled."""
    return lambda: monkeypatch.setattr("annotate.reports.settled.SETTLED_SECONDS", -1)


def test_a_pass_looks_only_at_what_is_new_and_keeps_the_rest(
    task: Task, a_minute_later: Callable[[], None]
) -> None:
    disputed(task, 0, 3)
    project = task.batch.project
    a_minute_later()
    flag_project(project.pk)
    assert pending_projects() == []

    other = make.task(make.conversation(project))
    disputed(other, 0, 3)
    assert pending_projects() == [project.pk]
    assert flag_project(project.pk) == FlagReport(created=1, closed=0, open=2)


def test_fresh_submissions_are_looked_at_once_more_and_then_no_more(
    task: Task, a_minute_later: Callable[[], None]
) -> None:
    disputed(task, 0, 3)
    project = task.batch.project_id
    flag_project(project)
    assert pending_projects() == [project]

    a_minute_later()
    flag_project(project)
    assert pending_projects() == []


def test_a_whole_pass_closes_what_nothing_supports(task: Task, a_minute_later: Callable[[], None]) -> None:
    disputed(task, 0, 3)
    project = task.batch.project_id
    a_minute_later()
    flag_project(project)
    Flag.objects.update(fingerprint="0" * 64)

    assert flag_project(project, whole=True) == FlagReport(created=1, closed=1, open=1)


@pytest.mark.parametrize("conversations", [1, 8])
def test_a_pass_takes_the_same_number_of_statements_whatever_it_finds(
    conversations: int, django_assert_num_queries: Any
) -> None:
    project = make.project()
    for _ in range(conversations):
        disputed(make.task(make.conversation(project)), 0, 3)

    with django_assert_num_queries(14):  # two of them are savepoint and release
        assert flag_project(project.pk).created == conversations


@pytest.mark.django_db(transaction=True)
def test_passes_at_once_raise_each_flag_once_and_close_none(task: Task) -> None:
    disputed(task, 0, 3)
    start = threading.Barrier(4)
    reports: list[FlagReport] = []

    def run() -> None:
        start.wait()
        reports.append(flag_project(task.batch.project_id))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connections.close_all()

    assert sum(report.created for report in reports) == 1
    assert sum(report.closed for report in reports) == 0
