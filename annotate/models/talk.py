"""What annotators tell the people who lead the work: problems with an item, and questions with their answers."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotate.models.base import Row
from annotate.models.people import Project
from annotate.models.review import Review
from annotate.models.rubric import Dimension
from annotate.models.work import Task


class ProblemReport(Row):
    """Somebody found a task unusable; enough of them close it as a bad item.

    ``decided_at``: since when nobody needs to look at it, because its task was closed or it was dismissed. What
    waits for a manager is looked up on every page of theirs, so it is an index of its own and needs no tasks.
    """

    class Kind(models.TextChoices):
        BROKEN = "broken"
        LANGUAGE = "language"
        DUPLICATE = "duplicate"
        HARMFUL = "harmful"
        PERSONAL = "personal"
        OTHER = "other"

    task = models.ForeignKey(Task, models.CASCADE, related_name="problem_reports")
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="problem_reports")
    kind = models.CharField(max_length=10, choices=Kind)
    text = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    dismissed_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="problem_report_once_per_person", fields=["task", "reporter"]),
            models.CheckConstraint(
                name="problem_report_dismissed_is_decided",
                condition=Q(dismissed_at__isnull=True) | Q(decided_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="problem_report_undecided", fields=["task"], condition=Q(decided_at__isnull=True)
            ),
        ]


class Inquiry(Row):
    """A question to the lead, about a task, a dimension of it, or the work in general.

    A published one is shown, with its answers and without names, to everybody in the project. One that came of a
    ``review`` goes the other way: a reviewer sends the task back to the person it names, with a remark.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="inquiries")
    task = models.ForeignKey(Task, models.CASCADE, null=True, related_name="inquiries")
    dimension = models.ForeignKey(Dimension, models.PROTECT, null=True, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="inquiries")
    review = models.ForeignKey(Review, models.CASCADE, null=True, blank=True, related_name="threads")
    published = models.BooleanField(default=False)
    resolved_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True, help_text="by who asked, last")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="inquiry_sent_back_once", fields=["review", "task", "asked_by"]),
        ]
        indexes = [
            models.Index(name="inquiry_of_person", fields=["project", "asked_by", "-id"]),
            models.Index(
                name="inquiry_sent_back",
                fields=["asked_by", "project"],
                condition=Q(review__isnull=False, resolved_at__isnull=True),
            ),
            models.Index(name="inquiry_open", fields=["project"], condition=Q(resolved_at__isnull=True)),
        ]


class InquiryMessage(Row):
    """One message of an inquiry, the question being the first."""

    inquiry = models.ForeignKey(Inquiry, models.CASCADE, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="inquiry_message_is_not_empty", condition=Q(text__gt="")),
        ]
        ordering = ["id"]
