"""The managers' pages of a project, in groups: the one place that a new page's line is added to."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Tab:
    """A page: the name it calls itself by (``here``), the name of its address, and what people read."""

    here: str
    address: str
    label: str | Promise


@dataclass(frozen=True, slots=True)
class Group:
    """Pages that belong together; the group's own link leads to the first."""

    label: str | Promise
    tabs: tuple[Tab, ...]


GROUPS = (
    Group(
        _("Work"),
        (
            Tab("project", "manage-project", _("Overview")),
            Tab("people", "manage-people", _("People")),
            Tab("batches", "manage-batches", _("Batches")),
            Tab("throughput", "manage-throughput", _("Throughput")),
            Tab("forecast", "manage-forecast", _("Forecast")),
        ),
    ),
    Group(
        _("Quality"),
        (
            Tab("agreement", "manage-agreement", _("Agreement")),
            Tab("results", "manage-results", _("Results by model")),
            Tab("annotators", "manage-annotators", _("Annotators")),
            Tab("judges", "manage-judges", _("Judges")),
            Tab("calibration", "manage-calibration", _("Calibration")),
            Tab("models", "manage-models", _("Models")),
            Tab("quality", "manage-quality", _("Reference answers")),
            Tab("bridge", "manage-bridge", _("Versions")),
        ),
    ),
    Group(
        _("Review"),
        (
            Tab("review", "review-queue", _("Review")),
            Tab("flags", "manage-flags", _("Flags")),
            Tab("questions", "questions", _("Questions")),
            Tab("problems", "problems", _("Problems")),
        ),
    ),
    Group(
        _("Data"),
        (
            Tab("import", "import", _("Import")),
            Tab("exports", "exports", _("Releases")),
        ),
    ),
    Group(
        _("Project"),
        (
            Tab("rubric", "manage-rubric", _("Rubric")),
            Tab("guidelines", "guidelines", _("Guidelines")),
            Tab("settings", "manage-settings", _("Settings")),
        ),
    ),
)
