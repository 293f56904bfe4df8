"""What people said. Insert-only: a trigger refuses to change or delete a judgement.

The four judgement tables are written 61 rows at a time, so their outside ids (random 122 bits, made
by the database) carry no unique index of their own: rows are looked up by submission.
"""

from __future__ import annotations

from typing import Self

import pgtrigger
from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from annotate.models.base import Row
from annotate.models.conversation import Image, Response
from annotate.models.rubric import Dimension, Rubric, Scope
from annotate.models.work import Assignment, Batch, Task


def insert_only(name: str) -> pgtrigger.Trigger:
    """Return the trigger that refuses updates and deletes of a table's rows."""
    return pgtrigger.Protect(name=name, operation=pgtrigger.Update | pgtrigger.Delete)


class SubmissionQuerySet(models.QuerySet["Submission"]):
    """Which submissions count."""

    def to_work(self) -> Self:
        """Return answers that can be labels: to training, qualification, gold and repeats they measure people."""
        asked = self.filter(task__is_gold=False, task__reserved_for=None)
        return asked.exclude(task__batch__purpose__in=Batch.PRACTICE)

    def latest_revisions(self) -> Self:
        """Return the valid ones: the last revision by task, person and origin."""
        same = {name: OuterRef(name) for name in ("task", "annotator", "origin")}
        return self.exclude(Exists(Submission.objects.filter(**same, revision__gt=OuterRef("revision"))))


class Submission(Row):
    """One revision of the answers to a task by one person.

    Origins: ``live`` (an annotator's, held to the required set, uses a slot), ``imported`` (came with
    a file), ``review`` (a reviewer's verdict). The latest revision of a person's answers is the valid one.
    """

    class Origin(models.TextChoices):
        LIVE = "live"
        IMPORTED = "imported"
        REVIEW = "review"

    task = models.ForeignKey(Task, models.PROTECT, related_name="submissions")
    annotator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="submissions")
    assignment = models.ForeignKey(
        Assignment, models.PROTECT, null=True, related_name="submissions", db_index=False
    )
    rubric = models.ForeignKey(Rubric, models.PROTECT, related_name="+", db_index=False)
    origin = models.CharField(max_length=8, choices=Origin)
    revision = models.PositiveSmallIntegerField(default=1)
    external_id = models.CharField(max_length=255, blank=True, db_default="")
    idempotency_key = models.CharField(max_length=128, blank=True, db_default="")
    body_sha256 = models.CharField(max_length=64, blank=True, db_default="")
    active_ms = models.PositiveIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField(db_default=models.functions.Now())

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="submission_live_has_assignment",
                condition=Q(origin="live", assignment__isnull=False, idempotency_key__gt="")
                | (~Q(origin="live") & Q(assignment__isnull=True)),
            ),
            models.UniqueConstraint(
                name="submission_revision_once", fields=["assignment", "revision"], condition=Q(origin="live")
            ),
            models.UniqueConstraint(
                name="submission_key_once",
                fields=["assignment", "idempotency_key"],
                condition=Q(origin="live"),
            ),
            models.UniqueConstraint(
                name="submission_other_revision_once",
                fields=["task", "annotator", "origin", "revision"],
                condition=~Q(origin="live"),
            ),
        ]
        triggers = [insert_only("submission_insert_only")]


class Judgement(models.Model):
    """What the four judgement tables share."""

    uid = models.UUIDField(db_default=RandomUUID(), editable=False)

    class Meta:
        abstract = True


class Rating(Judgement):
    """A value on one dimension of one response (a global one names the path's last response).

    Only ``rated`` enters statistics: a default that was accepted is ``defaulted``; where no image
    could be spoken of it is ``not_applicable``; who cannot judge says ``unable``.
    """

    class State(models.TextChoices):
        RATED = "rated"
        DEFAULTED = "defaulted"
        NOT_APPLICABLE = "not_applicable"
        UNABLE = "unable"

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="ratings", db_index=False)
    response = models.ForeignKey(Response, models.PROTECT, related_name="ratings")
    dimension = models.ForeignKey(Dimension, models.PROTECT, related_name="+", db_index=False)
    value = models.SmallIntegerField(null=True)
    state = models.CharField(max_length=14, choices=State, default=State.RATED)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="rating_once", fields=["submission", "response", "dimension"]),
            models.CheckConstraint(
                name="rating_value_exactly_when_given",
                condition=Q(state__in=["rated", "defaulted"], value__isnull=False)
                | Q(state__in=["not_applicable", "unable"], value__isnull=True),
            ),
        ]
        triggers = [insert_only("rating_insert_only")]


class Comparison(Judgement):
    """How strongly one response is preferred to another, overall or on one dimension.

    Positive: the right one is better; 0: equal. Stored once, lower response id on the left, whatever
    side was shown where.
    """

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="comparisons", db_index=False)
    scope = models.CharField(max_length=6, choices=Scope)
    left = models.ForeignKey(Response, models.PROTECT, related_name="+")
    right = models.ForeignKey(Response, models.PROTECT, related_name="+", db_index=False)
    dimension = models.ForeignKey(Dimension, models.PROTECT, null=True, related_name="+", db_index=False)
    preference = models.SmallIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="comparison_pair_is_ordered", condition=Q(left__lt=F("right"))),
            models.CheckConstraint(
                name="comparison_preference_on_scale", condition=Q(preference__gte=-3, preference__lte=3)
            ),
            models.CheckConstraint(name="comparison_scope_known", condition=Q(scope__in=["local", "global"])),
            models.UniqueConstraint(
                name="comparison_once",
                fields=["submission", "scope", "left", "right", "dimension"],
                nulls_distinct=False,
            ),
        ]
        triggers = [insert_only("comparison_insert_only")]


class Note(Judgement):
    """A text about a response or a pair."""

    class Kind(models.TextChoices):
        REASON = "reason"
        CRITIQUE = "critique"
        REFINEMENT = "refinement"
        IMAGE = "image"

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="notes")
    kind = models.CharField(max_length=10, choices=Kind)
    scope = models.CharField(max_length=6, choices=Scope)
    response = models.ForeignKey(Response, models.PROTECT, null=True, related_name="notes")
    left = models.ForeignKey(Response, models.PROTECT, null=True, related_name="+", db_index=False)
    right = models.ForeignKey(Response, models.PROTECT, null=True, related_name="+", db_index=False)
    dimension = models.ForeignKey(Dimension, models.PROTECT, null=True, related_name="+", db_index=False)
    image = models.ForeignKey(Image, models.PROTECT, null=True, related_name="+", db_index=False)
    text = models.TextField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="note_on_a_response_or_a_pair",
                condition=Q(response__isnull=False, left__isnull=True, right__isnull=True)
                | Q(response__isnull=True, left__isnull=False, right__isnull=False, left__lt=F("right")),
            ),
            models.CheckConstraint(
                name="note_image_exactly_for_image_notes",
                condition=Q(kind="image", image__isnull=False) | (~Q(kind="image") & Q(image__isnull=True)),
            ),
            models.CheckConstraint(name="note_is_not_empty", condition=Q(text__gt="")),
        ]
        triggers = [insert_only("note_insert_only")]


class StepLabel(Judgement):
    """Whether one step of an answer is right (+1), neutral (0) or wrong (−1); unmarked is none of them."""

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="steps", db_index=False)
    response = models.ForeignKey(Response, models.PROTECT, related_name="step_labels")
    index = models.PositiveSmallIntegerField()
    value = models.SmallIntegerField()
    splitter_version = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="step_label_once", fields=["submission", "response", "index"]),
            models.CheckConstraint(name="step_label_on_scale", condition=Q(value__gte=-1, value__lte=1)),
        ]
        triggers = [insert_only("step_label_insert_only")]
