"""How people are measured: reference answers, the result of a qualification; and reports kept for their pages."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotate.models.base import Row
from annotate.models.judgement import Submission
from annotate.models.people import Project
from annotate.models.work import Batch, Task


class GoldKey(Row):
    """The reference answers to a training, qualification or gold task.

    The answers are a submission: a review's final verdict, imported labels, or a trusted person's live work,
    mostly of another task of the same conversation. ``explanations`` holds Markdown by language. A retired key
    measures nobody any more.
    """

    task = models.OneToOneField(Task, models.CASCADE, related_name="gold_key")
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="+")
    explanations = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)


class Qualification(Row):
    """One attempt of a person at a qualification batch: weighted kappa against its keys, passed or not."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="qualifications")
    annotator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="qualifications")
    attempt = models.PositiveSmallIntegerField(default=1)
    items = models.PositiveIntegerField(help_text="ratings compared with a key")
    kappa = models.FloatField(null=True, help_text="weighted; null where it is not defined")
    passed = models.BooleanField()
    finished_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="qualification_attempt_once", fields=["batch", "annotator", "attempt"]
            ),
            models.CheckConstraint(
                name="qualification_passed_has_kappa", condition=Q(passed=False) | Q(kappa__isnull=False)
            ),
        ]


class StoredReport(Row):
    """A report of a project as it was last computed: pages and API read it, whoever changes labels renews it.

    ``through`` is the highest submission id that had entered for certain; ``state`` is whatever the next,
    incremental computation needs of this one.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="stored_reports")
    name = models.CharField(max_length=64)
    body = models.JSONField()
    state = models.BinaryField(null=True)
    through = models.BigIntegerField(default=0)
    seconds = models.FloatField(default=0, help_text="that the computation took")
    computed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="stored_report_once", fields=["project", "name"]),
        ]
