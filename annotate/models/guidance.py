"""What people go by beside the rubric: versioned guidelines with worked examples."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotate.models.base import Row
from annotate.models.people import Project
from annotate.models.rubric import Dimension


class Guideline(Row):
    """One version of a project's guidelines; a change is a new version, never an edit.

    ``texts`` and ``changes`` (what is new in this version) hold Markdown by language: ``{"en": "…"}``.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="guidelines")
    version = models.PositiveSmallIntegerField()
    texts = models.JSONField()
    changes = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="guideline_version_once", fields=["project", "version"]),
            models.CheckConstraint(name="guideline_version_from_one", condition=Q(version__gte=1)),
        ]


class WorkedExample(Row):
    """A case, the value it deserves on a dimension, and why; part of one version of the guidelines.

    ``texts`` holds Markdown by language: ``{"en": {"case": "…", "why": "…"}}``.
    """

    guideline = models.ForeignKey(Guideline, models.CASCADE, related_name="examples")
    dimension = models.ForeignKey(Dimension, models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    value = models.SmallIntegerField()
    texts = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="worked_example_order", fields=["guideline", "position"]),
        ]
        ordering = ["position"]
