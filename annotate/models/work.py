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
    ``extra_share`` is how many labels more than ``overlap`` asks for may be asked for where people disagree, as a
    share of the latter. ``turn_by_turn`` shows one turn after the other, without hindsight. ``pass_mark`` is the
    weighted kappa against the keys of a qualification batch from which on a person is qualified. ``selection``
    says how the conversations were drawn where it holds a sample: by what, how many of how many, the seed; a
    batch that has it takes no further conversations, so that every task's probability stays true.
    """

    class RequiredText(models.TextChoices):
        CRITIQUE = "critique"  # of every response that is rated locally
        REFINEMENT = "refinement"  # of every response that is rated locally
        REASON = "reason"  # of every pair that is compared
        REMARK = "remark"  # on every whole path

    class Purpose(models.TextChoices):
        TRAINING = "training"
        QUALIFICATION = "qualification"
        PRODUCTION = "production"
        BRIDGE = "bridge"
        HOLDOUT = "holdout"

    # What people learn by or are measured with: never labels of the data.
    PRACTICE = (Purpose.TRAINING, Purpose.QUALIFICATION)

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
    extra_share = models.FloatField(default=0.1)
    priority = models.SmallIntegerField(default=0)
    languages = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    teams = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    preference_scale = models.PositiveSmallIntegerField(default=3, help_text="3 means −3…+3")
    tie_allowed = models.BooleanField(default=True)
    reopen_allowed = models.BooleanField(default=True)
    required_texts = ArrayField(
        models.CharField(max_length=10, choices=RequiredText), default=list, blank=True
    )
    step_labels = models.BooleanField(default=False)
    turn_by_turn = models.BooleanField(default=False)
    pass_mark = models.FloatField(null=True, blank=True)
    is_default = models.BooleanField(default=False)
    selection = models.JSONField(null=True, blank=True)
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
                name="batch_extra_share_in_range", condition=Q(extra_share__gte=0, extra_share__lte=1)
            ),
            models.CheckConstraint(
                name="batch_preference_scale_known",
                condition=Q(preference_scale__gte=1, preference_scale__lte=3),
            ),
            models.CheckConstraint(
                name="batch_required_texts_known",
                condition=Q(required_texts__contained_by=["critique", "refinement", "reason", "remark"]),
            ),
            models.CheckConstraint(
                name="batch_pass_mark_is_kappa",
                condition=Q(pass_mark__isnull=True) | Q(pass_mark__gte=0, pass_mark__lte=1),
            ),
        ]

    def __str__(self) -> str:
        return self.name


@pghistory.track(
    pghistory.UpdateEvent(condition=pghistory.AnyChange("overlap", "rank", "asks", "closed_at")),
    pghistory.DeleteEvent(),
    model_name="TaskEvent",
    fields=["overlap", "rank", "asks", "closed_at"],
)
class Task(Row):
    """What one person is asked about paths of one conversation.

    ``open_slots`` is how many more people may take it; the constraint is what makes over-assignment
    impossible. Tasks of a batch are served by ascending ``rank``, then by age. ``asks`` null asks for
    everything; a list narrows it (``[{"kind": "rating"|"comparison", …}]``, outside ids).
    ``probability`` is the chance with which the task was chosen, for weighting. A gold task is never
    served by rank: it is mixed in by chance. A task closed as a bad item has no open slots and gets none.
    ``follows`` is the task of which this one asks something again: what was contested, of one more person (a
    follow-up; one that was taken back has overlap 0), or everything of the one for whom it is ``reserved_for`` (a
    hidden repeat, made and handed out in one step).
    """

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="tasks", db_index=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="tasks")
    overlap = models.PositiveSmallIntegerField()
    open_slots = models.SmallIntegerField()
    rank = models.IntegerField(default=0)
    asks = models.JSONField(null=True, blank=True)
    probability = models.FloatField(default=1.0)
    is_gold = models.BooleanField(default=False)
    follows = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="followers")
    reserved_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="task_closed_has_no_open_slots",
                condition=Q(closed_at__isnull=True) | Q(open_slots=0),
            ),
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
                name="task_claimable",
                fields=["batch", "rank", "id"],
                condition=Q(open_slots__gt=0, is_gold=False),
            ),
            models.Index(name="task_gold", fields=["batch"], condition=Q(is_gold=True)),
            models.Index(
                name="task_followup_ready",
                fields=["batch"],
                condition=Q(open_slots__gt=0, follows__isnull=False),
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

    # Whose answers are shown beside the key sooner or later; gold only where the project says so.
    SHOWS_KEY = Q(task__batch__purpose__in=Batch.PRACTICE) | Q(
        task__is_gold=True, project__gold_feedback=True
    )

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
