"""Where the data came from."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotate.models.base import Row
from annotate.models.people import Project


class ImportRun(Row):
    """One import of one file.

    waiting -> running -> done | failed. A run that was interrupted stays ``running`` and is taken
    up again: every conversation is stored whole or not at all, so going through the file once more
    creates nothing twice. ``items_done`` counts the items looked at in the current pass.
    """

    class Status(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    project = models.ForeignKey(Project, models.CASCADE, related_name="imports")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    format = models.CharField(max_length=32, default="auto")
    file_name = models.CharField(max_length=255)
    file_sha256 = models.CharField(max_length=64, blank=True)
    file = models.CharField(max_length=255, blank=True, help_text="uploaded file, in the private store")
    images = models.CharField(max_length=255, blank=True, help_text="uploaded image archive, likewise")
    allow_missing_images = models.BooleanField(default=False)
    dry_run = models.BooleanField(default=False)
    items_done = models.PositiveIntegerField(default=0)
    report = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="import_finished_exactly_when_over",
                condition=Q(status__in=["done", "failed"], finished_at__isnull=False)
                | Q(status__in=["waiting", "running"], finished_at__isnull=True),
            ),
        ]
