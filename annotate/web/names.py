"""What roles, states, purposes, reasons and times are called on the pages."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotate.models import Batch, Membership

ROLES = {
    Membership.Role.ANNOTATOR: gettext_lazy("Annotator"),
    Membership.Role.REVIEWER: gettext_lazy("Reviewer"),
    Membership.Role.MANAGER: gettext_lazy("Manager"),
}
PURPOSES = {
    Batch.Purpose.PRODUCTION: gettext_lazy("Production: the real work"),
    Batch.Purpose.TRAINING: gettext_lazy("Training: with reference answers, to learn"),
    Batch.Purpose.QUALIFICATION: gettext_lazy("Qualification: with reference answers, to pass"),
    Batch.Purpose.BRIDGE: gettext_lazy("Bridge: the same items for several teams or versions"),
    Batch.Purpose.HOLDOUT: gettext_lazy("Holdout: kept apart for evaluation"),
}
STATES = {
    Batch.State.OPEN: gettext_lazy("Open: tasks are handed out"),
    Batch.State.PAUSED: gettext_lazy("Paused: nothing is handed out, work in hand can be finished"),
    Batch.State.CLOSED: gettext_lazy("Closed: nothing is handed out, submitted work cannot be re-opened"),
}
SKIPS = {
    "broken": gettext_lazy("broken or missing"),
    "language": gettext_lazy("language"),
    "expertise": gettext_lazy("knowledge"),
    "harmful": gettext_lazy("harmful"),
    "other": gettext_lazy("something else"),
    "": gettext_lazy("no reason"),
}
SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


def skip_reason(key: str) -> str:
    """Return what a stored reason for skipping is called; one that is not of ours as it is."""
    return str(SKIPS.get(key, key))


def duration(milliseconds: float | None) -> str:
    """Return a time in words that fit a table: 48 s, 3.5 min, 2 h 10 min; a dash for none."""
    if milliseconds is None:
        return "–"
    if milliseconds < MINUTE:
        return _("%(seconds)d s") % {"seconds": round(milliseconds / SECOND)}
    if milliseconds < HOUR:
        return _("%(minutes).1f min") % {"minutes": milliseconds / MINUTE}
    hours, rest = divmod(round(milliseconds / MINUTE), 60)
    return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest}
