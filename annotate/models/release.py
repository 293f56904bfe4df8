"""Frozen, named, hashed releases."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotate.models.base import Row
from annotate.models.people import Project


class Export(Row):
    """One release: what was asked for, what it holds, where it lies.

    waiting -> running -> done | failed. Its files appear under ``folder`` only when it is done.
    """

    class Status(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    project = models.ForeignKey(Project, models.CASCADE, related_name="exports")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=64)
    format = models.CharField(max_length=32)
    filters = models.JSONField(default=dict, blank=True)
    schema_version = models.CharField(max_length=16, blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.WAITING)
    error = models.TextField(blank=True)
    manifest = models.JSONField(null=True, blank=True)
    manifest_sha256 = models.CharField(max_length=64, blank=True)
    folder = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="export_name_once_per_project", fields=["project", "name"]),
            models.CheckConstraint(
                name="export_done_has_manifest",
                condition=~Q(status="done") | (Q(manifest__isnull=False) & Q(manifest_sha256__gt="")),
            ),
        ]
