"""What deserves a second look, and what was decided."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from annotate.models.base import Row
from annotate.models.conversation import Conversation, Response
from annotate.models.judgement import Submission
from annotate.models.people import Project
from annotate.models.rubric import Dimension, Scope
from annotate.models.scoring import Calibration, ScorerRun
from annotate.models.work import Task


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

    ``asks`` names its questions, drawn up when it began (see `annotate.reports.reviewers.contested`). ``blind`` is the
    verdict before the reveal, ``final`` the one after it (both submissions of origin review); the outcome says
    what became of the labels. ``remark`` was written to annotators before the reveal, so it tells nothing of it.
    ``second_of`` is the finished review that this one repeats, blind, by somebody else; ``wants_second`` holds
    from the draw at the end of a review until that is finished. ``active_ms`` is the reviewer's active time.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="reviews")
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="reviews")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="reviews")
    asks = ArrayField(models.CharField(max_length=255), default=list, blank=True)
    blind = models.ForeignKey(Submission, models.PROTECT, null=True, related_name="+")
    final = models.ForeignKey(Submission, models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=13, choices=Outcome, blank=True)
    comment = models.TextField(blank=True)
    remark = models.TextField(blank=True)
    is_audit = models.BooleanField(default=False, help_text="chosen at random, not flagged")
    second_of = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="seconds")
    wants_second = models.BooleanField(default=False)
    active_ms = models.PositiveIntegerField(default=0)
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
        indexes = [
            models.Index(
                name="review_wants_second",
                fields=["project", "conversation"],
                condition=Q(wants_second=True),
            ),
        ]


# That one was raised, and when, its own row says: hundreds of thousands need not be written twice.
@pghistory.track(
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    model_name="FlagEvent",
    fields=["status", "outcome", "closed_reason"],
)
class Flag(Row):
    """A reason to look again at one item, dimension and person.

    ``fingerprint`` (hex SHA-256 over what it concerns) makes flagging twice the same as once.
    open -> waiting (``followup`` asks one more person) -> open; either -> resolved (by a review, with its
    outcome) | closed (the cause is gone, with a reason). Reviewers see open ones alone, by descending
    ``priority``. F5 concerns a person and F6 a scorer run: these have no item, no conversation and no sitting.
    """

    class Kind(models.TextChoices):
        SELF_CONSISTENCY = "F0"
        HUMANS_DISAGREE = "F1"
        MODEL_PREFERENCE = "F2"
        MODEL_RATING = "F3"
        MODEL_STEP = "F4"
        PERSON = "F5"
        MODEL_HEALTH = "F6"

    # Raised by what a scorer said: there the model can be the one that is wrong.
    ABOUT_MODELS = (Kind.MODEL_PREFERENCE, Kind.MODEL_RATING, Kind.MODEL_STEP, Kind.MODEL_HEALTH)

    class Status(models.TextChoices):
        OPEN = "open"
        WAITING = "waiting"
        RESOLVED = "resolved"
        CLOSED = "closed"

    class ModelFault(models.TextChoices):
        LENGTH = "length"
        MISSED_HALLUCINATION = "missed_hallucination"
        MISSED_IMAGE_DEFECT = "missed_image_defect"
        LANGUAGE = "language"
        TIE = "tie"
        OTHER = "other"

    project = models.ForeignKey(Project, models.CASCADE, related_name="flags")
    conversation = models.ForeignKey(Conversation, models.CASCADE, null=True, related_name="flags")
    kind = models.CharField(max_length=2, choices=Kind)
    fingerprint = models.CharField(max_length=64)
    scope = models.CharField(max_length=6, choices=Scope, blank=True)
    response = models.ForeignKey(Response, models.CASCADE, null=True, related_name="flags")
    left = models.ForeignKey(Response, models.CASCADE, null=True, related_name="+")
    right = models.ForeignKey(Response, models.CASCADE, null=True, related_name="+")
    dimension = models.ForeignKey(Dimension, models.PROTECT, null=True, related_name="+")
    annotator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    evidence = models.JSONField()
    p_value = models.FloatField(null=True, blank=True)
    calibration = models.ForeignKey(Calibration, models.PROTECT, null=True, blank=True, related_name="flags")
    run = models.ForeignKey(ScorerRun, models.CASCADE, null=True, blank=True, related_name="flags")
    priority = models.FloatField(default=0)
    followup = models.ForeignKey(Task, models.SET_NULL, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    closed_reason = models.CharField(max_length=200, blank=True)
    review = models.ForeignKey(Review, models.PROTECT, null=True, blank=True, related_name="flags")
    outcome = models.CharField(max_length=13, choices=Outcome, blank=True)
    model_fault = models.CharField(max_length=20, choices=ModelFault, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="flag_once", fields=["project", "fingerprint"]),
            models.CheckConstraint(
                name="flag_on_a_response_or_a_pair",
                condition=Q(response__isnull=False, left__isnull=True, right__isnull=True)
                | Q(response__isnull=True, left__isnull=False, right__isnull=False, left__lt=F("right"))
                | Q(kind__in=["F5", "F6"], response__isnull=True, left__isnull=True, right__isnull=True),
            ),
            models.CheckConstraint(
                name="flag_concerns_what_its_kind_says",
                condition=Q(kind="F5", conversation__isnull=True, annotator__isnull=False)
                | Q(kind="F6", conversation__isnull=True, run__isnull=False)
                | (~Q(kind__in=["F5", "F6"]) & Q(conversation__isnull=False)),
            ),
            models.CheckConstraint(
                name="flag_model_fault_only_where_the_model_is_wrong",
                condition=Q(model_fault="") | Q(outcome="model_wrong"),
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
            models.Index(name="flag_waiting", fields=["project", "followup"], condition=Q(status="waiting")),
        ]


class AuditItem(Row):
    """One label drawn at random for review, whatever its flags: an item, dimension and person, like a flag.

    It waits until a sitting takes it. ``submission`` holds the label; ``probability`` is the chance with which it
    was drawn. A response without a dimension stands for all of its step labels. Only this stream, or weights by the
    inverse of the chance, may say how many labels are wrong.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="audit_items")
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="audit_items")
    scope = models.CharField(max_length=6, choices=Scope)
    response = models.ForeignKey(Response, models.CASCADE, null=True, related_name="+")
    left = models.ForeignKey(Response, models.CASCADE, null=True, related_name="+")
    right = models.ForeignKey(Response, models.CASCADE, null=True, related_name="+")
    dimension = models.ForeignKey(Dimension, models.PROTECT, null=True, related_name="+")
    annotator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="+")
    probability = models.FloatField()
    review = models.ForeignKey(Review, models.PROTECT, null=True, blank=True, related_name="audit_items")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="audit_item_once",
                fields=["submission", "scope", "response", "left", "right", "dimension"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="audit_item_on_a_response_or_a_pair",
                condition=Q(response__isnull=False, left__isnull=True, right__isnull=True)
                | Q(response__isnull=True, left__isnull=False, right__isnull=False, left__lt=F("right")),
            ),
            models.CheckConstraint(
                name="audit_item_probability_is_one", condition=Q(probability__gt=0, probability__lte=1)
            ),
        ]
        indexes = [
            models.Index(
                name="audit_item_waiting",
                fields=["project", "conversation"],
                condition=Q(review__isnull=True),
            ),
        ]

    @property
    def is_steps(self) -> bool:
        """Whether it stands for the step labels of its response."""
        return self.response_id is not None and self.dimension_id is None
