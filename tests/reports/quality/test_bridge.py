"""Versions of a rubric on the items that were answered under both."""

from __future__ import annotations

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotate.formats.rubric import BUILT_IN, read_rubric
from annotate.models import Batch, Project, Rubric
from annotate.reports.quality.bridge import bridge_report
from tests import judging, make

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make.project(overlap=2)


def second() -> Rubric:
    record = read_rubric(BUILT_IN / "intermt.yaml")
    kept = [one for one in record.dimensions if one.key != "helpfulness"]
    return make.rubric(msgspec.structs.replace(record, version=2, dimensions=tuple(kept)))


def answer(project: Project, conversations: int, *, higher: int = 0) -> None:
    """Let two people answer each conversation under version 1, two others under version 2, ``higher`` there."""
    bridging = make.batch(project, purpose=Batch.Purpose.BRIDGE, rubric=second())
    people = [make.member(project) for _ in range(4)]
    for number in range(conversations):
        conversation = make.conversation(project, candidates=3)
        for batch, two, more in (
            (project.batches.get(is_default=True), people[:2], 0),
            (bridging, people[2:], higher),
        ):
            task = make.task(conversation, batch=batch)
            first, *others = judging.candidates(task)
            for person in two:
                submission = judging.submit(task, person)
                judging.prefer(submission, first, others[0], 1)
                for response in (first, *others):
                    judging.rate(submission, response, text_quality=number % 2 + more)


def test_versions_alike_may_be_pooled_and_a_shift_may_not(project: Project) -> None:
    answer(project, 12)
    (found,) = bridge_report(project.pk).bridges
    assert (found.rubric, found.old, found.new, found.conversations) == ("intermt", 1, 2, 12)
    assert (found.old_people, found.new_people, found.both_people) == (2, 2, 0)
    assert (found.only_old, found.only_new) == (["helpfulness"], [])
    quality, overall = found.questions
    assert (quality.dimension, quality.found.items, quality.found.verdict) == (
        "text_quality",
        36,
        "may_be_pooled",
    )
    assert quality.shift_margin == 0.25
    # Twelve comparisons are too few to say: so the bridge as a whole is not known.
    assert (overall.dimension, overall.found.because, overall.shift_margin) == (None, "few_items", 0.5)
    assert found.verdict == "not_known"

    other = make.project(overlap=2)
    answer(other, 12, higher=1)
    (shifted,) = bridge_report(other.pk).bridges
    assert (shifted.questions[0].found.shift.value, shifted.verdict) == (1.0, "not")


def test_without_shared_items_there_is_no_bridge(project: Project) -> None:
    assert bridge_report(project.pk).bridges == []
    bridging = make.batch(project, rubric=second())
    for batch in (project.batches.get(is_default=True), bridging):
        task = make.task(make.conversation(project), batch=batch)
        judging.rate(judging.submit(task, make.member(project)), judging.candidates(task)[0], text_quality=1)
    assert bridge_report(project.pk).bridges == []


def test_the_statements_do_not_grow(project: Project) -> None:
    answer(project, 1)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            bridge_report(project.pk)
        counts.append(len(queries))
        answer(make.project(overlap=2), 1)
        for task in list(project.batches.get(is_default=True).tasks.all()):
            judging.disputed(task, 1, 2)
    assert counts == [3, 3]
