"""The work and who holds it: batches, tasks, their paths, assignments."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from annotate.models.base import Row
from annotate.models.conversation import Conversation, Response
from annotate.models.people import Project
from annotate.models.rubric import Rubric


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Batch(Row):
    """A pile of tasks with one purpose, one rubric version and one rule for who gets them.

    Higher ``priority`` is served first. ``languages`` and ``teams`` limit who may claim; empty: everyone.
    """

    class Purpose(models.TextChoices):
        TRAINING = "training"
        QUALIFICATION = "qualification"
        PRODUCTION = "production"
        BRIDGE = "bridge"
        HOLDOUT = "holdout"

    class State(models.TextChoices):
        OPEN = "open"
        PAUSED = "paused"
        CLOSED = "closed"

    project = models.ForeignKey(Project, models.CASCADE, related_name="batches")
    name = models.CharField(max_length=128)
    purpose = models.CharField(max_length=13, choices=Purpose, default=Purpose.PRODUCTION)
    rubric = models.ForeignKey(Rubric, models.PROTECT, related_name="batches")
    guideline_version = models.PositiveSmallIntegerField(default=1)
    overlap = models.PositiveSmallIntegerField(default=3)
    overlap_limit = models.PositiveSmallIntegerField(default=5, help_text="with extra people, at most")
    priority = models.SmallIntegerField(default=0)
    languages = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    teams = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    preference_scale = models.PositiveSmallIntegerField(default=3, help_text="3 means −3…+3")
    tie_allowed = models.BooleanField(default=True)
    reopen_allowed = models.BooleanField(default=True)
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="batch_name_once_per_project", fields=["project", "name"]),
            models.UniqueConstraint(
                name="batch_one_default_per_project", fields=["project"], condition=Q(is_default=True)
            ),
            models.CheckConstraint(
                name="batch_overlap_in_range",
                condition=Q(overlap__gte=1, overlap__lte=models.F("overlap_limit"), overlap_limit__lte=50),
            ),
            models.CheckConstraint(
                name="batch_preference_scale_known",
                condition=Q(preference_scale__gte=1, preference_scale__lte=3),
            ),
        ]

    def __str__(self) -> str:
        return self.name


@pghistory.track(
    pghistory.UpdateEvent(condition=pghistory.AnyChange("overlap", "rank", "asks")),
    pghistory.DeleteEvent(),
    model_name="TaskEvent",
    fields=["overlap", "rank", "asks"],
)
class Task(Row):
    """What one person is asked about paths of one conversation.

    ``open_slots`` is how many more people may take it; the constraint is what makes over-assignment
    impossible. Tasks of a batch are served by ascending ``rank``, then by age. ``asks`` null asks for
    everything; a list narrows it (``[{"kind": "rating"|"comparison", …}]``, outside ids).
    ``probability`` is the chance with which the task was chosen, for weighting.
    """

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="tasks", db_index=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="tasks")
    overlap = models.PositiveSmallIntegerField()
    open_slots = models.SmallIntegerField()
    rank = models.IntegerField(default=0)
    asks = models.JSONField(null=True, blank=True)
    probability = models.FloatField(default=1.0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="task_open_slots_within_overlap",
                condition=Q(open_slots__gte=0, open_slots__lte=models.F("overlap")),
            ),
            models.CheckConstraint(
                name="task_probability_is_one", condition=Q(probability__gt=0, probability__lte=1)
            ),
        ]
        indexes = [
            models.Index(name="task_by_batch", fields=["batch", "rank", "id"]),
            models.Index(
                name="task_claimable", fields=["batch", "rank", "id"], condition=Q(open_slots__gt=0)
            ),
        ]


class TaskPath(Row):
    """A root-to-response path that a task shows; its last response stands for it.

    Whole paths are rated globally and compared with one another.
    """

    task = models.ForeignKey(Task, models.CASCADE, related_name="paths")
    response = models.ForeignKey(Response, models.PROTECT, related_name="task_paths")
    position = models.PositiveSmallIntegerField()
    whole = models.BooleanField(default=False)
    external_id = models.CharField(max_length=255, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="task_path_once", fields=["task", "response"]),
            models.UniqueConstraint(name="task_path_order", fields=["task", "position"]),
        ]
        ordering = ["position"]


@pghistory.track(
    pghistory.UpdateEvent(condition=pghistory.AnyChange("status", "lease_number")),
    pghistory.DeleteEvent(),
    model_name="AssignmentEvent",
    fields=["annotator", "status", "lease_number", "lease_expires_at", "skip_reason"],
)
class Assignment(Row):
    """One person's hold on a task.

    active -> submitted (-> active when re-opened) | skipped | lapsed (someone else took the expired
    slot). A lapsed one is revived, draft and all, when its person takes the task up again. Active and
    submitted ones hold a slot. A person has at most two live ones per project, the second prefetched: one
    in each ``hand``, kept apart by a constraint. ``project`` repeats the batch's so that this constraint
    and the look-up of one's live work need no join. ``shown_order`` holds the ids of the conversation's
    responses in random order: candidates of a turn, and whole paths, are shown as they occur there.
    """

    class Status(models.TextChoices):
        ACTIVE = "active"
        SUBMITTED = "submitted"
        SKIPPED = "skipped"
        LAPSED = "lapsed"

    class Purpose(models.TextChoices):
        BASE = "base"
        EXTRA = "extra"
        GOLD = "gold"
        REPEAT = "repeat"
        BRIDGE = "bridge"

    task = models.ForeignKey(Task, models.CASCADE, related_name="assignments", db_index=False)
    annotator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="assignments", db_index=False
    )
    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    hand = models.PositiveSmallIntegerField(default=1)
    purpose = models.CharField(max_length=6, choices=Purpose, default=Purpose.BASE)
    status = models.CharField(max_length=9, choices=Status, default=Status.ACTIVE)
    lease_number = models.PositiveIntegerField(default=1)
    lease_expires_at = models.DateTimeField()
    draft = models.JSONField(null=True, blank=True)
    draft_sequence = models.PositiveIntegerField(default=0)
    shown_order = ArrayField(models.BigIntegerField(), default=list)
    skip_reason = models.TextField(blank=True)
    claimed_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="assignment_once_per_person", fields=["task", "annotator"]),
            models.UniqueConstraint(
                name="assignment_one_live_per_hand",
                fields=["annotator", "project", "hand"],
                condition=Q(status="active"),
            ),
            models.CheckConstraint(name="assignment_two_hands", condition=Q(hand__gte=1, hand__lte=2)),
            models.CheckConstraint(
                name="assignment_closed_exactly_when_over",
                condition=Q(status="active", closed_at__isnull=True)
                | (~Q(status="active") & Q(closed_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(name="assignment_of_person", fields=["annotator", "project", "-id"]),
            models.Index(
                name="assignment_expiring",
                fields=["project", "lease_expires_at"],
                condition=Q(status="active"),
            ),
        ]
