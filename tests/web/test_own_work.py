"""One's own work in a project: a list, one's pace, one's answers, and taking a task up again; nothing of others."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from annotate.models import Assignment, Membership, MessagePart, Note, Project, Submission, User
from annotate.reports.annotators.own_progress import OwnProgress, own_days, own_progress
from annotate.reports.managers.people import Wanted, add_work, people
from tests import make
from tests.api.caller import Caller, answers
from tests.judging import candidates, rate

pytestmark = pytest.mark.django_db
Role = Membership.Role


@pytest.fixture
def project() -> Project:
    return make.project("p", overlap=3)


@pytest.fixture
def ada(project: Project, client: Client) -> User:
    made = make.member(project)
    client.force_login(made)
    return made


def submitted(project: Project, person: User, **fields: int) -> Submission:
    return make.submission(make.task(make.conversation(project)), person, **fields)


def test_submitted_and_skipped_tasks_are_listed_with_their_beginnings(
    client: Client, project: Project, ada: User
) -> None:
    submitted(project, ada, active_ms=90_000)
    skipped = make.assignment(make.task(make.conversation(project)), ada)
    Assignment.objects.filter(pk=skipped.pk).update(
        status="skipped", closed_at=timezone.now(), skip_reason="language: Greek to me"
    )
    submitted(project, make.member(project))

    answer = client.get("/p/p/annotate/mine/")

    page = answer.content.decode()
    assert [one.status for one in answer.context["page"]] == ["skipped", "submitted"]
    assert "Question 1?" in page
    assert "I do not know the language well enough: Greek to me" in page
    assert "1.5" in page
    assert answer.context["progress"].total == 1


def progress_of(person: User, project: Project) -> OwnProgress:
    return own_progress(person.pk, [project.pk])[project.pk]


def test_progress_counts_today_the_week_and_all_of_ones_own(project: Project, ada: User) -> None:
    for _ in range(2):
        submitted(project, ada)
    old = submitted(project, ada)
    Assignment.objects.filter(submissions=old).update(closed_at=timezone.now() - timedelta(days=30))
    submitted(project, make.member(project))
    submitted(other := make.project("other"), ada)

    both = own_progress(ada.pk, [project.pk, other.pk])

    assert [(one.total, one.today, one.week) for one in both.values()] == [(3, 2, 2), (1, 1, 1)]
    assert own_progress(ada.pk, []) == {}


def test_pace_is_the_median_of_first_submissions_that_took_time(project: Project, ada: User) -> None:
    for minutes in (1, 3, 9):
        first = submitted(project, ada, active_ms=minutes * 60_000)
    make.submission(first.task, ada, active_ms=5_000)  # a change afterwards says nothing about the task
    submitted(project, ada, active_ms=0)
    submitted(project, make.member(project), active_ms=99 * 60_000)

    assert progress_of(ada, project).pace_ms == 3 * 60_000
    assert progress_of(make.member(project), project).pace_ms is None


def test_a_person_and_their_manager_are_told_the_same_pace(
    client: Client, project: Project, ada: User
) -> None:
    for seconds in (60, 180, 540):
        first = submitted(project, ada, active_ms=seconds * 1000)
    make.submission(first.task, ada, active_ms=5_000)
    add_work(project.pk, listed := people(project.pk, Wanted(name=ada.username)))

    assert [one.pace_ms for one in listed] == [180_000]
    for address in ("/", "/p/p/annotate/", "/p/p/annotate/mine/"):
        assert "3.0 min" in client.get(address).content.decode()


def test_a_day_counts_each_task_once_and_all_the_time_at_it(project: Project, ada: User) -> None:
    once, again = submitted(project, ada, active_ms=1000), submitted(project, ada, active_ms=2000)
    make.submission(again.task, ada, active_ms=400)
    submitted(project, make.member(project), active_ms=50)

    days = own_days(ada.pk, [project.pk], 14)[project.pk]

    assert once.created_at.date() == days[-1].day
    assert [(one.tasks, one.active_ms) for one in days] == [(0, 0)] * 13 + [(2, 3400)]


def test_own_answers_are_shown_and_nobody_elses(client: Client, project: Project, ada: User) -> None:
    task = make.task(make.conversation(project, candidates=2))
    mine = make.submission(task, ada)
    rate(mine, candidates(task)[0], text_quality=2)
    Note.objects.create(
        submission=mine, kind="critique", scope="local", response=candidates(task)[0], text="Too short"
    )
    others = make.submission(task, make.member(project))
    Note.objects.create(
        submission=others, kind="critique", scope="local", response=candidates(task)[0], text="SECRET"
    )
    assert mine.assignment is not None
    assert others.assignment is not None

    page = client.get(f"/p/p/annotate/mine/{mine.assignment.uid}/").content.decode()

    assert "Too short" in page
    assert "Text quality" in page
    assert "SECRET" not in page
    assert client.get(f"/p/p/annotate/mine/{others.assignment.uid}/").status_code == 404
    assert client.get(f"/p/p/annotate/mine/{uuid.uuid4()}/").status_code == 404


def test_names_that_the_project_masks_stay_masked_after_the_work(
    client: Client, project: Project, ada: User
) -> None:
    done = submitted(project, ada)
    assert done.assignment is not None
    words = f"{'x ' * 76}Is SENTINEL-9 better?"  # the list's beginning ends inside the name
    MessagePart.objects.filter(kind="text").update(text=words, html=f"<p>{words}</p>")
    Project.objects.update(masked_names=["SENTINEL-9"])

    for page in ("/p/p/annotate/mine/", f"/p/p/annotate/mine/{done.assignment.uid}/"):
        answer = client.get(page)
        assert answer.status_code == 200
        assert "SENT" not in answer.content.decode()
        assert "[name" in answer.content.decode()


def test_everything_that_can_be_answered_is_shown_again(client: Client, project: Project, ada: User) -> None:
    make.task(make.conversation(project, turns=2, candidates=2, images=True))
    caller = Caller(ada)
    document = caller.claim("p")
    assert caller.submit(document, answers(document)).status_code == 200

    page = client.get(f"/p/p/annotate/mine/{document['id']}/").content.decode()

    assert "A is slightly better" in page
    assert "Clear." in page
    assert page.count("/images/") >= 4


def test_changing_takes_the_task_up_again_and_opens_it(client: Client, project: Project, ada: User) -> None:
    done = submitted(project, ada).assignment
    assert done is not None

    answer = client.post(f"/p/p/annotate/mine/{done.uid}/change/")

    assert answer["Location"] == f"/p/p/annotate/?assignment={done.uid}"
    assert Assignment.objects.get(pk=done.pk).status == "active"


def test_what_may_not_be_changed_is_not_offered_and_refused(
    client: Client, project: Project, ada: User
) -> None:
    done = submitted(project, ada).assignment
    assert done is not None
    project.batches.update(reopen_allowed=False)

    page = client.get("/p/p/annotate/mine/").content.decode()
    answer = client.post(f"/p/p/annotate/mine/{done.uid}/change/", follow=True)

    assert "/change/" not in page
    assert "does not allow changing" in answer.content.decode()
    assert client.get(f"/p/p/annotate/mine/{done.uid}/change/").status_code == 405


def test_whoever_has_seen_the_key_is_not_offered_to_change(client: Client, ada: User) -> None:
    project = make.project("q", gold_feedback=True)
    Membership.objects.create(project=project, user=ada, role=Role.ANNOTATOR)
    trained = make.task(make.conversation(project), batch=make.batch(project, purpose="training"))
    gold = make.task(make.conversation(project), is_gold=True)
    done = [make.submission(task, ada).assignment for task in (trained, gold)]

    shown = client.get("/p/q/annotate/mine/").content.decode()
    bench = client.get("/p/q/annotate/")
    Project.objects.filter(pk=project.pk).update(gold_feedback=False)
    unseen = client.get("/p/q/annotate/mine/").content.decode()

    assert "/change/" not in shown
    assert bench.context["last"] is None
    assert done[1] is not None
    assert unseen.count("/change/") == unseen.count(f"{done[1].uid}/change/") == 1


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.MANAGER])
def test_the_pages_are_for_annotators(client: Client, project: Project, role: Membership.Role) -> None:
    client.force_login(make.member(project, role))

    assert client.get("/p/p/annotate/mine/").status_code == 404
    assert client.get("/p/q/annotate/mine/").status_code == 404


@pytest.mark.parametrize("number", [1, 60])
def test_the_list_costs_the_same_however_long(
    client: Client,
    project: Project,
    ada: User,
    django_assert_num_queries: DjangoAssertNumQueries,
    number: int,
) -> None:
    for _ in range(number):
        submitted(project, ada)

    with django_assert_num_queries(
        9
    ):  # session, person, membership, progress, pace, days, count, rows, sent back
        client.get("/p/p/annotate/mine/")


def test_where_tasks_are_repeated_what_is_old_enough_for_it_cannot_be_looked_up(
    client: Client, project: Project, ada: User
) -> None:
    repeated = [submitted(project, ada) for _ in range(22)]
    old, near = repeated[:2], repeated[2:]
    Assignment.objects.update(closed_at=timezone.now() - timedelta(hours=25))

    def said(given: Submission) -> int:
        assert given.assignment is not None
        return client.get(f"/p/p/annotate/mine/{given.assignment.uid}/").status_code

    assert {said(one) for one in repeated} == {200}
    Project.objects.update(repeat_share=0.02)
    assert {said(one) for one in old} == {404}
    assert {said(one) for one in near} == {200}
    page = client.get("/p/p/annotate/mine/").content.decode()
    assert page.count("No longer shown") == 2
    assert page.count("Question 1?") >= 20
    Assignment.objects.filter(submissions=old[0]).update(closed_at=timezone.now())
    assert said(old[0]) == 200
