"""The project's one app."""

from django.apps import AppConfig


class AnnotateConfig(AppConfig):
    """Tables, stages and doors of the annotation system."""

    name = "annotate"
    default_auto_field = "django.db.models.BigAutoField"
