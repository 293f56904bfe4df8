"""What deserves a second look, and what was decided."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from annotate.models.base import Row
from annotate.models.conversation import Conversation, Response
from annotate.models.judgement import Submission
from annotate.models.people import Project
from annotate.models.rubric import Dimension, Scope
from annotate.models.scoring import Calibration


class Outcome(models.TextChoices):
    """What a review found."""

    UPHOLD = "uphold"
    CHANGE = "change"
    AMBIGUOUS = "ambiguous"
    GUIDELINE_GAP = "guideline_gap"
    BAD_ITEM = "bad_item"
    MODEL_WRONG = "model_wrong"


@pghistory.track(
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    model_name="ReviewEvent",
    fields=["outcome", "comment", "blind", "final", "finished_at"],
)
class Review(Row):
    """One sitting over all flags of one conversation by one reviewer.

    ``blind`` is the verdict before the reveal, ``final`` the one after it (both submissions of origin
    review); the outcome says what became of the labels.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="reviews")
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="reviews")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="reviews")
    blind = models.ForeignKey(Submission, models.PROTECT, null=True, related_name="+")
    final = models.ForeignKey(Submission, models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=13, choices=Outcome, blank=True)
    comment = models.TextField(blank=True)
    is_audit = models.BooleanField(default=False, help_text="chosen at random, not flagged")
    started_at = models.DateTimeField(auto_now_add=True)
    revealed_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="review_one_open_per_conversation",
                fields=["conversation"],
                condition=Q(finished_at__isnull=True),
            ),
            models.CheckConstraint(
                name="review_reveal_only_after_blind_verdict",
                condition=Q(revealed_at__isnull=True) | Q(blind__isnull=False),
            ),
            models.CheckConstraint(
                name="review_finished_with_outcome",
                condition=Q(finished_at__isnull=True, outcome="")
                | Q(finished_at__isnull=False, outcome__gt="", final__isnull=False),
            ),
        ]


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    model_name="FlagEvent",
    fields=["status", "outcome", "closed_reason"],
)
class Flag(Row):
    """A reason to look again at one item, dimension and person.

    ``fingerprint`` (hex SHA-256 over what it concerns) makes flagging twice the same as once.
    open -> resolved (by a review, with its outcome) | closed (the cause is gone, with a reason).
    """

    class Kind(models.TextChoices):
        SELF_CONSISTENCY = "F0"
        HUMANS_DISAGREE = "F1"
        MODEL_PREFERENCE = "F2"
        MODEL_RATING = "F3"
        MODEL_STEP = "F4"
        PERSON = "F5"
        MODEL_HEALTH = "F6"

    class Status(models.TextChoices):
        OPEN = "open"
        RESOLVED = "resolved"
        CLOSED = "closed"

    project = models.ForeignKey(Project, models.CASCADE, related_name="flags")
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="flags")
    kind = models.CharField(max_length=2, choices=Kind)
    fingerprint = models.CharField(max_length=64)
    scope = models.CharField(max_length=6, choices=Scope)
    response = models.ForeignKey(Response, models.CASCADE, null=True, related_name="flags")
    left = models.ForeignKey(Response, models.CASCADE, null=True, related_name="+")
    right = models.ForeignKey(Response, models.CASCADE, null=True, related_name="+")
    dimension = models.ForeignKey(Dimension, models.PROTECT, null=True, related_name="+")
    annotator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    evidence = models.JSONField()
    p_value = models.FloatField(null=True, blank=True)
    calibration = models.ForeignKey(Calibration, models.PROTECT, null=True, blank=True, related_name="flags")
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    closed_reason = models.CharField(max_length=200, blank=True)
    review = models.ForeignKey(Review, models.PROTECT, null=True, blank=True, related_name="flags")
    outcome = models.CharField(max_length=13, choices=Outcome, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="flag_once", fields=["project", "fingerprint"]),
            models.CheckConstraint(
                name="flag_on_a_response_or_a_pair",
                condition=Q(response__isnull=False, left__isnull=True, right__isnull=True)
                | Q(response__isnull=True, left__isnull=False, right__isnull=False, left__lt=F("right")),
            ),
            models.CheckConstraint(
                name="flag_outcome_exactly_when_resolved",
                condition=Q(status="resolved", outcome__gt="", review__isnull=False)
                | (~Q(status="resolved") & Q(outcome="")),
            ),
            models.CheckConstraint(
                name="flag_p_value_is_one",
                condition=Q(p_value__isnull=True) | Q(p_value__gte=0, p_value__lte=1),
            ),
        ]
        indexes = [
            models.Index(name="flag_open", fields=["project", "conversation"], condition=Q(status="open")),
        ]
