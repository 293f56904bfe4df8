"""What the reward models said, and what their numbers were found to mean."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from annotate.models.base import Row
from annotate.models.conversation import Response
from annotate.models.people import Project
from annotate.models.rubric import Dimension, Scope


class ScorerRun(Row):
    """One scorer in one configuration over one project; changing anything makes another run.

    running -> done | failed; a done run is running again when new responses arrive.
    """

    class Status(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    project = models.ForeignKey(Project, models.CASCADE, related_name="scorer_runs")
    scorer = models.CharField(max_length=64)
    model = models.CharField(max_length=200)
    revision = models.CharField(max_length=128)
    configuration = models.JSONField(default=dict, blank=True)
    configuration_sha256 = models.CharField(max_length=64)
    dtype = models.CharField(max_length=16)
    image_budget = models.CharField(max_length=64, blank=True)
    trained = models.BooleanField(help_text="untrained scores never enter statistics or releases unasked")
    status = models.CharField(max_length=8, choices=Status, default=Status.RUNNING)
    error = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="scorer_run_once_per_configuration",
                fields=[
                    "project",
                    "scorer",
                    "model",
                    "revision",
                    "configuration_sha256",
                    "dtype",
                    "image_budget",
                ],
            ),
        ]


class Score(Row):
    """One scorer's opinion of one response, overall or on one dimension: a value or an error.

    ``step_values[i]`` speaks of the response's steps ``step_first[i]`` to ``step_last[i]`` (0-based,
    inclusive; a scorer may join steps), as cut by the splitter of ``splitter_version``.
    """

    run = models.ForeignKey(ScorerRun, models.CASCADE, related_name="scores", db_index=False)
    response = models.ForeignKey(Response, models.CASCADE, related_name="scores")
    dimension = models.ForeignKey(Dimension, models.PROTECT, null=True, related_name="+", db_index=False)
    value = models.FloatField(null=True)
    error_code = models.CharField(max_length=64, blank=True)
    error_detail = models.TextField(blank=True)
    step_values = ArrayField(models.FloatField(), null=True)
    step_first = ArrayField(models.PositiveSmallIntegerField(), null=True)
    step_last = ArrayField(models.PositiveSmallIntegerField(), null=True)
    splitter_version = models.PositiveSmallIntegerField(null=True)
    tokens = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="score_once_per_run_and_response",
                fields=["run", "response", "dimension"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="score_value_or_error",
                condition=Q(value__isnull=False, error_code="") | Q(value__isnull=True, error_code__gt=""),
            ),
        ]


class Calibration(Row):
    """How a run's numbers relate to people's labels on a question and stratum; whether it may speak.

    One row per fit: flags and releases name the one they rest on, so an old fit is kept and only stops being
    current. ``input_sha256`` is the hash of what was fitted: the same labels and scores are never fitted twice.
    ``metrics`` holds what was measured on the fit: counts, log-loss against a constant, the reliability diagram.
    """

    class Question(models.TextChoices):
        PREFERENCE = "preference"
        RATING = "rating"
        STEP = "step"

    class Stage(models.TextChoices):
        PROVISIONAL = "provisional"  # from scores alone: no human label has entered
        FITTED = "fitted"

    run = models.ForeignKey(ScorerRun, models.CASCADE, related_name="calibrations")
    question = models.CharField(max_length=10, choices=Question, default=Question.PREFERENCE)
    scope = models.CharField(max_length=6, choices=Scope, default=Scope.LOCAL)
    dimension = models.ForeignKey(Dimension, models.PROTECT, null=True, related_name="+")
    stratum = models.CharField(max_length=128, blank=True)
    stage = models.CharField(max_length=11, choices=Stage, default=Stage.FITTED)
    link = models.CharField(max_length=32, help_text="form of the fitted link")
    parameters = models.JSONField()
    sample_size = models.PositiveIntegerField()
    conversations = models.PositiveIntegerField(default=0, help_text="from which the sample comes")
    metrics = models.JSONField(default=dict, blank=True)
    gate_open = models.BooleanField()
    gate_reason = models.TextField()
    input_sha256 = models.CharField(max_length=64, blank=True)
    is_current = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="calibration_one_current",
                fields=["run", "question", "scope", "dimension", "stratum"],
                condition=Q(is_current=True),
                nulls_distinct=False,
            ),
        ]


class CanaryCheck(Row):
    """A few responses that a run scored long ago, scored again by a model that was just loaded.

    ``largest_change`` is the largest difference from what is stored, step values included; null where the model
    answered none of them. ``errors`` counts those that it gave no answer to. A model that says something else than
    it said is not the one that was calibrated: its links are closed until a check is passed again.
    """

    run = models.ForeignKey(ScorerRun, models.CASCADE, related_name="canary_checks")
    responses = models.PositiveSmallIntegerField()
    errors = models.PositiveSmallIntegerField(default=0)
    largest_change = models.FloatField(null=True)
    tolerance = models.FloatField()
    passed = models.BooleanField()
    host = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(name="canary_latest", fields=["run", "-id"])]
