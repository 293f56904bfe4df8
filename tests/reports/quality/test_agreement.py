"""Which answers enter agreement, in which stratum, and that carrying on comes to the same as starting anew."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from msgspec import structs

from annotate.formats.rubric import BUILT_IN, read_rubric
from annotate.models import Assignment, Conversation, Project, Response, Submission, User
from annotate.reports.quality import agreement as report
from annotate.reports.quality.agreement import AgreementReport, RatingAgreement, agreement_report, carry_on
from annotate.reports.quality.strata import Stratum
from tests import make
from tests.judging import candidates, prefer, rate, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make.project()


def quality(found: AgreementReport) -> RatingAgreement:
    return next(one for one in found.dimensions if one.dimension == "text_quality")


def strata(found: list[Stratum], by: str) -> dict[str, int]:
    """Return the items of each stratum of a kind."""
    return {one.value: one.agreement.items for one in found if one.by == by}


def answer(person: User, conversation: Conversation, value: int, **fields: Any) -> Submission:
    """Let the person rate every response and compare each turn's two."""
    task = conversation.tasks.first() or make.task(conversation, overlap=5)
    answers = make.submission(task, person, **fields)
    by_turn: dict[int, list[Response]] = {}
    for one in candidates(task):
        rate(answers, one, text_quality=value)
        by_turn.setdefault(one.turn_id, []).append(one)
    for pair in by_turn.values():
        if len(pair) > 1:
            prefer(answers, pair[0], pair[1], value - 1)
    return answers


def test_answers_by_two_versions_of_the_rubric_are_no_pair(project: Project) -> None:
    conversation = make.conversation(project, candidates=2)
    record = structs.replace(read_rubric(BUILT_IN / "intermt.yaml"), version=2)
    newer = make.batch(project, rubric=make.rubric(record))
    old, new = make.task(conversation), make.task(conversation, batch=newer)
    left, right = candidates(old)
    for task in (old, new):
        prefer(submit(task, make.member(project)), left, right, 1)
    (pair,) = agreement_report(project.pk).comparisons
    assert (pair.agreement.items, pair.agreement.undefined) == (0, "no_pairs")

    prefer(submit(new, make.member(project)), left, right, 1)
    (pair,) = agreement_report(project.pk).comparisons
    assert pair.agreement.items == 1


def test_strata_are_turns_languages_sources_and_weeks(project: Project) -> None:
    people = [make.member(project) for _ in range(2)]
    english = make.conversation(project, turns=2, candidates=2)
    chinese = make.conversation(project, turns=1, candidates=2)
    Conversation.objects.filter(pk=chinese.pk).update(language="zh")
    for person in people:
        answer(person, english, 2, created_at=datetime(2026, 3, 3, tzinfo=UTC))
        answer(person, chinese, 2, created_at=datetime(2026, 3, 15, 23, 59, tzinfo=UTC))
    found = agreement_report(project.pk)
    rated, (pair,) = quality(found).strata, found.comparisons

    assert strata(rated, "turn") == {"1": 4, "2": 2}
    assert strata(rated, "language") == {"en": 4, "zh": 2}
    assert strata(rated, "source") == {"model-0": 3, "model-1": 3}
    assert strata(rated, "period") == {"2026-03-02": 4, "2026-03-09": 2}
    assert strata(pair.strata, "source") == {"model-0 | model-1": 3}
    assert found.period == "week"


def test_half_a_year_and_more_is_shown_by_month(project: Project) -> None:
    people = [make.member(project) for _ in range(2)]
    for month in (1, 11):
        conversation = make.conversation(project)
        for person in people:
            answer(person, conversation, 2, created_at=datetime(2025, month, 30, tzinfo=UTC))
    found = agreement_report(project.pk)

    assert found.period == "month"
    assert strata(quality(found).strata, "period") == {"2025-01": 1, "2025-11": 1}


def test_an_items_time_is_that_of_its_last_answer(project: Project) -> None:
    conversation = make.conversation(project)
    for day in (2, 20):
        answer(make.member(project), conversation, 2, created_at=datetime(2026, 3, day, tzinfo=UTC))

    assert strata(quality(agreement_report(project.pk)).strata, "period") == {"2026-03-16": 1}


@pytest.mark.parametrize("purpose", ["extra", "repeat", "bridge"])
def test_what_was_asked_again_does_not_count(project: Project, purpose: str) -> None:
    conversation = make.conversation(project)
    for value in (1, 2):
        answer(make.member(project), conversation, value)
    before = quality(agreement_report(project.pk)).agreement
    person = make.member(project)
    answer(person, conversation, 3)
    assert quality(agreement_report(project.pk)).agreement.pairs == 3

    Assignment.objects.filter(annotator=person).update(purpose=purpose)
    assert quality(agreement_report(project.pk)).agreement == before


def test_only_the_last_word_counts_and_no_verdict_of_a_reviewer(project: Project) -> None:
    conversation = make.conversation(project)
    person, other = make.member(project), make.member(project)
    answer(person, conversation, 0)
    answer(other, conversation, 3)
    answer(person, conversation, 3)
    task = conversation.tasks.get()
    rate(submit(task, make.user(), origin="review"), candidates(task)[0], text_quality=0)
    found = quality(agreement_report(project.pk)).agreement

    assert (found.items, found.pairs, found.exact) == (1, 1, 1.0)
    assert found.distribution == {3: 2}


def test_other_projects_and_answers_that_measure_people_are_left_alone(project: Project) -> None:
    training = make.batch(project, purpose="training")
    for elsewhere in (make.project(), project):
        conversation = make.conversation(elsewhere)
        make.task(conversation, batch=training if elsewhere == project else None, overlap=5)
        for _ in range(2):
            answer(make.member(elsewhere), conversation, 2)

    assert quality(agreement_report(project.pk)).agreement.items == 0


def plain(found: AgreementReport) -> AgreementReport:
    return replace(found, as_of=None)


def test_carrying_on_comes_to_the_same_as_starting_anew(project: Project) -> None:
    draws = random.Random(1)
    people = [make.member(project) for _ in range(3)]
    conversations = [make.conversation(project, turns=2, candidates=2) for _ in range(12)]
    for conversation in conversations:
        for person in people[:2]:
            answer(person, conversation, draws.randrange(4))
    found, state = carry_on(project.pk, None, 0)
    assert plain(found) == plain(agreement_report(project.pk))
    through = Submission.objects.latest("pk").pk

    # A new voice, a change of mind, a new conversation with models and a language never seen before.
    answer(people[2], conversations[3], 0)
    answer(people[0], conversations[5], 3)
    newcomer = make.conversation(project, candidates=2)
    Conversation.objects.filter(pk=newcomer.pk).update(language="fr")
    Response.objects.filter(turn__conversation=newcomer).update(source_model="model-new")
    for person in people:
        answer(person, newcomer, draws.randrange(4))
    again, state = carry_on(project.pk, state, through)
    assert plain(again) == plain(agreement_report(project.pk))
    assert plain(again) != plain(found)

    twice, _ = carry_on(project.pk, state, through)
    assert plain(twice) == plain(again)
    nothing, _ = carry_on(project.pk, state, Submission.objects.latest("pk").pk)
    assert plain(nothing) == plain(again)


def test_once_a_day_everything_is_read_anew(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = make.conversation(project)
    for _ in range(2):
        answer(make.member(project), conversation, 2)
    _, state = carry_on(project.pk, None, 0)
    Conversation.objects.update(language="de")  # no submission tells of this
    last = Submission.objects.latest("pk").pk

    found, state = carry_on(project.pk, state, last)
    assert strata(quality(found).strata, "language") == {"en": 1}
    monkeypatch.setattr(report, "WHOLE_AGAIN", timedelta(0))
    found, _ = carry_on(project.pk, state, last)
    assert strata(quality(found).strata, "language") == {"de": 1}
    assert found.as_of is not None
    assert timezone.now() - found.as_of < timedelta(minutes=1)


def test_a_verdict_is_certain_only_when_the_whole_interval_says_so(project: Project) -> None:
    people = [make.member(project) for _ in range(2)]
    for number in range(12):
        conversation = make.conversation(project, candidates=2)
        for person in people:
            answer(person, conversation, number % 4)
    found = agreement_report(project.pk)

    assert (quality(found).verdict, quality(found).is_certain) == ("reliable", True)
    (pair,) = found.comparisons
    assert (pair.verdict, pair.is_certain, pair.same_side) == ("reached", True, 1.0)
    assert pair.agreement.conversations == 12

    answer(people[0], make.conversation(project, candidates=2), 0)
    few = make.project()
    assert quality(agreement_report(few.pk)).verdict == ""


def test_strata_of_a_kind_are_bounded(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotate.reports.quality.strata.MOST_STRATA", 2)
    people = [make.member(project) for _ in range(2)]
    for turns in (3, 2, 1):
        conversation = make.conversation(project, turns=turns)
        for person in people:
            answer(person, conversation, 2)

    assert strata(quality(agreement_report(project.pk)).strata, "turn") == {"1": 3, "2": 2}
