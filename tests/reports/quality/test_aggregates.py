from __future__ import annotations

import pytest

from annotate.models import Assignment, Project, Response
from annotate.pipeline.reporting import refresh
from annotate.reports.quality.aggregates import (
    AggregatesReport,
    DimensionMeans,
    ScopeStrengths,
    aggregates_report,
)
from annotate.reports.quality.stored import stored
from tests import make
from tests.judging import candidates, prefer, rate, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make.project()


def quality(found: AggregatesReport) -> DimensionMeans:
    (one,) = [one for one in found.ratings if one.dimension == "text_quality"]
    return one


def local(found: AggregatesReport) -> ScopeStrengths:
    (one,) = [one for one in found.strengths if one.scope == "local"]
    return one


def judged(project: Project, *preferences: int, sources: tuple[str, str] = ("strong", "weak")) -> None:
    """Let a person compare two models' responses in one conversation a preference: above 0, the second is better."""
    person = make.member(project)
    for preference in preferences:
        task = make.task(make.conversation(project, candidates=2))
        left, right = candidates(task)
        for one, name in zip((left, right), sources, strict=True):
            Response.objects.filter(pk=one.pk).update(source_model=name)
        prefer(submit(task, person), left, right, preference)


def test_means_are_freed_of_who_happened_to_rate(project: Project) -> None:
    kind, harsh, third = (make.member(project) for _ in range(3))
    # The kind one rates all of model-0's, the harsh one all of model-1's; both rate a third of the other's.
    for number in range(30):
        task = make.task(make.conversation(project, candidates=2))
        first, second = candidates(task)
        for person, value, other in ((kind, 3, number % 3 == 0), (harsh, 1, number % 3 == 0)):
            answers = submit(task, person)
            rate(answers, first if person == kind else second, text_quality=value)
            if other:
                rate(answers, second if person == kind else first, text_quality=value)
        rate(submit(task, third), first, text_quality=2)
        rate(Assignment.objects.get(task=task, annotator=third).submissions.get(), second, text_quality=2)
    found = quality(aggregates_report(project.pk))
    means = {one.source: one for one in found.means}

    assert means["model-0"].plain - means["model-1"].plain > 0.5
    assert means["model-0"].mean - means["model-1"].mean == pytest.approx(0, abs=0.02)
    assert found.spread == pytest.approx(1, rel=0.2)
    assert (means["model-0"].responses, means["model-0"].conversations) == (30, 30)
    interval = means["model-0"].interval
    assert interval is not None
    assert interval.low <= means["model-0"].mean <= interval.high


def test_where_nobody_shares_a_response_means_are_plain(project: Project) -> None:
    task = make.task(make.conversation(project, candidates=2))
    rate(submit(task, make.member(project)), candidates(task)[0], text_quality=3)
    found = quality(aggregates_report(project.pk))

    assert (found.undefined, found.spread, found.noise) == ("nobody_shares", None, None)
    (mean,) = found.means
    assert (mean.source, mean.mean, mean.no_interval) == ("model-0", 3, "few_conversations")


def test_a_default_is_no_rating(project: Project) -> None:
    task = make.task(make.conversation(project))
    answers = submit(task, make.member(project))
    rate(answers, candidates(task)[0], state="defaulted", text_quality=3)

    assert quality(aggregates_report(project.pk)).means == []


def test_positive_preferences_are_for_the_right_one_whatever_stands_where(project: Project) -> None:
    judged(project, -2, -1, 0, 1)
    judged(project, 3, 1, 0, -1, sources=("weak", "strong"))
    found = local(aggregates_report(project.pk))
    first, second = found.strengths

    assert (first.source, first.wins, first.ties, first.losses) == ("strong", 4, 2, 2)
    assert (second.source, second.wins, second.ties, second.losses) == ("weak", 2, 2, 4)
    assert first.strength is not None
    assert second.strength == pytest.approx(-first.strength)
    assert first.strength - (second.strength or 0) == pytest.approx(0.69, abs=0.05)  # log 2, less the prior
    assert found.is_bounded
    assert found.tie is not None
    assert first.no_interval == "few_conversations"


def test_intervals_come_with_ten_conversations_and_a_one_sided_win_stays_finite(project: Project) -> None:
    judged(project, *[-1] * 12)
    found = local(aggregates_report(project.pk))

    assert not found.is_bounded
    assert found.tie == 0
    assert found.strengths[0].strength is not None
    assert 0.5 < found.strengths[0].strength < 5
    assert found.strengths[0].interval is not None


def test_models_that_nothing_links_are_not_compared(project: Project) -> None:
    judged(project, 1, -1)
    judged(project, 1, sources=("red", "blue"))
    make.conversation(project)  # of model-0, which nobody has compared
    found = {one.source: one for one in local(aggregates_report(project.pk)).strengths}

    assert found["strong"].group == found["weak"].group
    assert found["red"].group == found["blue"].group != found["weak"].group
    assert found["model-0"].strength is None
    assert list(found)[-1] == "model-0"


def test_a_model_against_itself_or_of_no_name_is_left_out(project: Project) -> None:
    judged(project, 1, sources=("same", "same"))
    judged(project, 1, sources=("", "same"))

    assert local(aggregates_report(project.pk)) == ScopeStrengths("local", undefined="no_comparisons")


def test_each_version_of_the_rubric_has_its_own_strengths(project: Project) -> None:
    person = make.member(project)
    newer = make.batch(project, rubric=make.second_version())
    for _ in range(3):
        conversation = make.conversation(project, candidates=2)
        for batch, preference in ((project.batches.get(is_default=True), -1), (newer, 1)):
            task = make.task(conversation, batch=batch)
            left, right = candidates(task)
            prefer(submit(task, person), left, right, preference)
    found = [one for one in aggregates_report(project.pk).strengths if one.scope == "local"]

    assert [(one.rubric, one.version) for one in found] == [("intermt", 2), ("intermt", 1)]
    wins = [{model.source: (model.wins, model.losses) for model in one.strengths} for one in found]
    assert wins == [
        {"model-1": (3, 0), "model-0": (0, 3)},
        {"model-0": (3, 0), "model-1": (0, 3)},
    ]


def test_an_empty_project_has_none_and_what_is_stored_is_what_was_computed(project: Project) -> None:
    assert aggregates_report(project.pk).ratings == []
    judged(project, 1, -1, 0)
    refresh(project.pk, ["aggregates"])
    found = stored(project.pk, "aggregates", AggregatesReport)

    assert found is not None
    assert found.report == aggregates_report(project.pk)
