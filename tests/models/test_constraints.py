"""Wrong rows cannot be stored, whoever writes them: each refusal has a name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone

from annotate.models import (
    Assignment,
    Comparison,
    Dimension,
    Flag,
    Membership,
    MessagePart,
    Note,
    Rating,
    Response,
    Score,
    ScorerRun,
    StepLabel,
    Submission,
    Task,
    User,
)
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def stored() -> Submission:
    task = make.task(make.conversation(make.project(), turns=1, candidates=2))
    return make.submission(task, make.member(task.batch.project))


def candidates(stored: Submission) -> tuple[Response, Response]:
    first, second = Response.objects.filter(turn__conversation=stored.task.conversation).order_by("id")
    return first, second


def dimension(stored: Submission) -> Dimension:
    return stored.rubric.dimensions.get(code="L4")


def rate(stored: Submission, **fields: object) -> None:
    values = {"response": candidates(stored)[0], "dimension": dimension(stored), "value": 2, **fields}
    Rating.objects.create(submission=stored, **values)


def compare(stored: Submission, **fields: object) -> None:
    left, right = candidates(stored)
    values = {"scope": "local", "left": left, "right": right, "preference": 1, **fields}
    Comparison.objects.create(submission=stored, **values)


def run_of(stored: Submission) -> ScorerRun:
    return ScorerRun.objects.create(
        project=stored.task.batch.project,
        scorer="demo",
        model="demo",
        revision="1",
        configuration_sha256="0",
        dtype="none",
        trained=False,
    )


def twice(write: Callable[[Submission], None]) -> Callable[[Submission], None]:
    def both(stored: Submission) -> None:
        write(stored)
        write(stored)

    return both


def flag(stored: Submission, **fields: object) -> None:
    left, right = candidates(stored)
    values = {
        "kind": "F1",
        "fingerprint": "f",
        "scope": "local",
        "left": left,
        "right": right,
        "evidence": {},
        **fields,
    }
    project = stored.task.batch.project
    Flag.objects.create(project=project, conversation=stored.task.conversation, **values)


WRONG: dict[str, Callable[[Submission], object]] = {
    "rating_value_exactly_when_given": lambda s: rate(s, value=None),
    "rating_once": twice(rate),
    "comparison_pair_is_ordered": lambda s: compare(s, left=candidates(s)[1], right=candidates(s)[0]),
    "comparison_preference_on_scale": lambda s: compare(s, preference=4),
    "comparison_once": twice(compare),
    "note_on_a_response_or_a_pair": lambda s: (
        Note.objects.create(submission=s, kind="critique", scope="local", text="x") and None
    ),
    "note_is_not_empty": lambda s: (
        Note.objects.create(submission=s, kind="critique", scope="local", text="", response=candidates(s)[0])
        and None
    ),
    "note_image_exactly_for_image_notes": lambda s: (
        Note.objects.create(submission=s, kind="image", scope="local", text="x", response=candidates(s)[0])
        and None
    ),
    "step_label_on_scale": lambda s: (
        StepLabel.objects.create(
            submission=s, response=candidates(s)[0], index=0, value=2, splitter_version=1
        )
        and None
    ),
    "submission_live_has_assignment": lambda s: (
        Submission.objects.create(
            task=s.task, annotator=s.annotator, rubric=s.rubric, origin="live", idempotency_key="k"
        )
        and None
    ),
    "submission_key_once": lambda s: (
        make.submission(s.task, s.annotator, idempotency_key=s.idempotency_key) and None
    ),
    "task_open_slots_within_overlap": lambda s: (
        Task.objects.filter(pk=s.task_id).update(open_slots=-1) and None
    ),
    "task_probability_is_one": lambda s: Task.objects.filter(pk=s.task_id).update(probability=1.5),
    "assignment_once_per_person": lambda s: make.assignment(s.task, s.annotator),
    "assignment_closed_exactly_when_over": lambda _: Assignment.objects.update(closed_at=None),
    "assignment_two_hands": lambda _: Assignment.objects.update(hand=3),
    "membership_one_role_per_person": lambda s: (
        Membership.objects.create(project=s.task.batch.project, user=s.annotator, role="manager") and None
    ),
    "user_source_cannot_log_in": lambda _: (
        User.objects.create(username="x", kind="source", is_active=True) and None
    ),
    "part_of_a_turn_or_a_response": lambda _: (
        MessagePart.objects.create(position=0, kind="text", text="x") and None
    ),
    "part_is_text_or_image": lambda s: (
        MessagePart.objects.create(response=candidates(s)[0], position=5, kind="image", text="x") and None
    ),
    "score_value_or_error": lambda s: Score.objects.create(run=run_of(s), response=candidates(s)[0]),
    "flag_once": twice(flag),
    "flag_on_a_response_or_a_pair": lambda s: flag(s, left=None),
    "flag_outcome_exactly_when_resolved": lambda s: flag(s, outcome="uphold"),
    "flag_p_value_is_one": lambda s: flag(s, p_value=1.2),
}


@pytest.mark.parametrize("constraint", WRONG)
def test_the_database_refuses(stored: Submission, constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        WRONG[constraint](stored)


def test_a_third_live_assignment_has_no_hand(stored: Submission) -> None:
    other = make.task(make.conversation(stored.task.batch.project))
    make.assignment(other, stored.annotator, hand=1)
    third = make.task(make.conversation(stored.task.batch.project))

    with pytest.raises(IntegrityError, match="assignment_one_live_per_hand"):
        make.assignment(third, stored.annotator, hand=1)


@pytest.mark.parametrize("change", ["UPDATE annotate_rating SET value = 0", "DELETE FROM annotate_rating"])
def test_a_judgement_never_changes_and_never_goes(stored: Submission, change: str) -> None:
    rate(stored)

    with pytest.raises(ProgrammingError, match="Cannot"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)

    assert Rating.objects.get().value == 2


def test_history_is_written_by_the_database_whoever_changes_the_row(stored: Submission) -> None:
    held = Assignment.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE annotate_assignment SET lease_number = 7")
        cursor.execute(
            "UPDATE annotate_assignment SET lease_expires_at = %s", [timezone.now() + timedelta(hours=1)]
        )
        cursor.execute(
            "SELECT lease_number FROM annotate_assignmentevent WHERE pgh_obj_id = %s ORDER BY pgh_id",
            [held.pk],
        )
        numbers = [row[0] for row in cursor.fetchall()]

    # The submission closed it, then the number changed; a renewed lease alone is not history.
    assert numbers == [1, 7]
