"""Conversation trees: immutable messages made of text and images in order."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from annotate.models.base import Row
from annotate.models.people import Project
from annotate.models.source import ImportRun


class Conversation(Row):
    """A tree of turns and candidate responses, grown from one seed question.

    ``identity`` is the root turn's: SHA-256 over the upstream id, or over the content where there is
    none. It is what makes a second import of the same file find the tree again. Where there are
    ``content_warnings`` ("violence"), annotators are warned and images stay blurred until asked for.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="conversations")
    import_run = models.ForeignKey(ImportRun, models.PROTECT, null=True, related_name="conversations")
    identity = models.BinaryField(max_length=32)
    external_id = models.CharField(max_length=255, blank=True)
    language = models.CharField(max_length=16)
    meta = models.JSONField(default=dict, blank=True)
    content_warnings = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="conversation_once_per_project", fields=["project", "identity"]),
        ]


class Turn(Row):
    """A user message. Its parent is the response it follows; the root has none. Number counts from 1."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="turns")
    parent = models.ForeignKey("Response", models.CASCADE, null=True, related_name="followups")
    number = models.PositiveSmallIntegerField()
    identity = models.BinaryField(max_length=32)
    external_id = models.CharField(max_length=255, blank=True)
    meta = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="turn_once_per_conversation", fields=["conversation", "identity"]),
            models.UniqueConstraint(
                name="turn_one_root_per_conversation", fields=["conversation"], condition=Q(parent=None)
            ),
            models.CheckConstraint(
                name="turn_root_is_number_one",
                condition=Q(parent__isnull=True, number=1) | Q(parent__isnull=False, number__gt=1),
            ),
        ]


class ResponseQuerySet(models.QuerySet["Response"]):
    """Reads of responses."""

    def unscored_by(self, run_id: int) -> ResponseQuerySet:
        """Return the responses that the run has neither scored nor failed on."""
        return self.exclude(scores__run=run_id)


class Response(Row):
    """One candidate answer to a turn. The source model is never shown to annotators."""

    turn = models.ForeignKey(Turn, models.CASCADE, related_name="responses")
    identity = models.BinaryField(max_length=32)
    external_id = models.CharField(max_length=255, blank=True)
    source_model = models.CharField(max_length=128, blank=True)
    meta = models.JSONField(default=dict, blank=True)

    objects = ResponseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="response_once_per_turn", fields=["turn", "identity"]),
        ]


class Image(Row):
    """A picture, stored once per project by the hash of its decoded, upright RGB pixels."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="images")
    sha256 = models.CharField(max_length=64, help_text="of the pixels, hex")
    file = models.CharField(max_length=255)
    media_type = models.CharField(max_length=32)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField(help_text="bytes of the stored file")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="image_once_per_project", fields=["project", "sha256"]),
            models.CheckConstraint(name="image_has_area", condition=Q(width__gt=0, height__gt=0)),
        ]


class MessagePart(Row):
    """A piece of a message, in order: a text, or an image with its caption.

    ``html`` is the text rendered and sanitised once at import (``html_version`` says by which
    renderer), because a claim serves thirty texts and rendering one costs about a millisecond.
    An image part without an image is one that the source announced or lost: its caption stays.
    ``reference`` is the name in the imported file, ``aliases`` other names seen for the same place.
    """

    class Kind(models.TextChoices):
        TEXT = "text"
        IMAGE = "image"

    turn = models.ForeignKey(Turn, models.CASCADE, null=True, related_name="parts")
    response = models.ForeignKey(Response, models.CASCADE, null=True, related_name="parts")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=5, choices=Kind)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    html_version = models.PositiveSmallIntegerField(default=0)
    image = models.ForeignKey(Image, models.PROTECT, null=True, related_name="parts")
    caption = models.TextField(blank=True)
    reference = models.CharField(max_length=1024, blank=True)
    aliases = ArrayField(models.CharField(max_length=1024), default=list, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="part_of_a_turn_or_a_response",
                condition=Q(turn__isnull=False, response__isnull=True)
                | Q(turn__isnull=True, response__isnull=False),
            ),
            models.CheckConstraint(
                name="part_is_text_or_image",
                condition=Q(kind="text", image__isnull=True, caption="", reference="")
                | Q(kind="image", text="", html=""),
            ),
            models.UniqueConstraint(
                name="part_order_in_turn", fields=["turn", "position"], condition=Q(turn__isnull=False)
            ),
            models.UniqueConstraint(
                name="part_order_in_response",
                fields=["response", "position"],
                condition=Q(response__isnull=False),
            ),
        ]
        ordering = [F("position").asc()]
