"""What people are asked: versioned rubrics and their dimensions."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from annotate.models.base import Row


class Scope(models.TextChoices):
    """Local speaks of one response with its history, global of a whole conversation."""

    LOCAL = "local"
    GLOBAL = "global"


class Rubric(Row):
    """One version of a set of dimensions; a change is a new version, never an edit."""

    key = models.CharField(max_length=64)
    version = models.PositiveSmallIntegerField()
    names = models.JSONField(help_text="display name by language")
    sha256 = models.CharField(max_length=64, help_text="of the canonical definition, hex")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="rubric_version_once", fields=["key", "version"]),
            models.CheckConstraint(name="rubric_version_from_one", condition=Q(version__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.key} v{self.version}"


class Dimension(Row):
    """One question with a scale and a written anchor per level.

    ``texts`` holds, by language, ``{"name", "question", "anchors": {level: text}, "rules": {rule: text}}``.
    ``image_rule`` says which of InterMT's rules speaks when images are missing: ``text_against_image`` (L1),
    ``image_quality`` (L2), ``images_across_turns`` (G4), ``style_across_images`` (G5), or none.
    """

    class ImageRule(models.TextChoices):
        NONE = "none"
        TEXT_AGAINST_IMAGE = "text_against_image"
        IMAGE_QUALITY = "image_quality"
        IMAGES_ACROSS_TURNS = "images_across_turns"
        STYLE_ACROSS_IMAGES = "style_across_images"

    rubric = models.ForeignKey(Rubric, models.CASCADE, related_name="dimensions")
    position = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=64)
    code = models.CharField(max_length=8)
    scope = models.CharField(max_length=6, choices=Scope)
    minimum = models.SmallIntegerField()
    maximum = models.SmallIntegerField()
    image_rule = models.CharField(max_length=24, choices=ImageRule, default=ImageRule.NONE)
    aliases = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    texts = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="dimension_key_once", fields=["rubric", "key"]),
            models.UniqueConstraint(name="dimension_order", fields=["rubric", "position"]),
            models.CheckConstraint(name="dimension_scope_known", condition=Q(scope__in=["local", "global"])),
            models.CheckConstraint(
                name="dimension_scale_has_levels",
                condition=Q(minimum__lt=F("maximum"), minimum__gte=-10, maximum__lte=100),
            ),
        ]
        ordering = ["position"]

    def __str__(self) -> str:
        return self.key
