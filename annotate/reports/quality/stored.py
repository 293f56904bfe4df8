"""Reports as they were last computed: what pages, API and commands show, and of when it is.

`annotate.pipeline.reporting` computes and stores them; here they are read. A class whose fields changed since
does not fit what is stored: that is then as good as not there, and is computed anew.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

import msgspec
from django.utils import timezone

from annotate.models import StoredReport, Submission

log = logging.getLogger(__name__)

# With at most this many submissions a report takes less time than a page may: it need not be stored to be read.
# (45 ratings each: a tenth of a second. At 1,000 agreement and judges take half a second.)
SMALL = 250

Report = TypeVar("Report")


@dataclass(frozen=True, slots=True)
class Stored(Generic[Report]):
    """A report, when it was computed, in how many seconds, and the submission up to which it is complete."""

    report: Report
    computed_at: datetime
    through: int
    seconds: float


def stored(project_id: int, name: str, cls: type[Report]) -> Stored[Report] | None:
    """Return the project's stored report of this name as a ``cls``; None when there is none that fits."""
    columns = ("body", "computed_at", "through", "seconds")
    found = StoredReport.objects.filter(project=project_id, name=name).values_list(*columns).first()
    if found is None:
        return None
    body, computed_at, through, seconds = found
    try:
        return Stored(msgspec.convert(body, cls, str_keys=True), computed_at, through, seconds)
    except msgspec.ValidationError as error:
        log.warning("project %s: the stored report %s does not fit any more: %s", project_id, name, error)
        return None


def current(
    project_id: int, name: str, cls: type[Report], compute: Callable[[int], Report]
) -> Stored[Report] | None:
    """Return the stored report; in a small project that has none, what ``compute`` says at once.

    None where it has to be computed in the background first: the caller says so, and asks for it
    (`annotate.tasks.refresh_report`).
    """
    found = stored(project_id, name, cls)
    if found is not None or not is_small(project_id):
        return found
    return Stored(compute(project_id), timezone.now(), 0, 0.0)


def kept(project_id: int, name: str, cls: type[Report], compute: Callable[[int], Report]) -> Report:
    """Return the stored report, or what ``compute`` says however long that takes: for those who can wait."""
    found = stored(project_id, name, cls)
    return found.report if found else compute(project_id)


def is_small(project_id: int) -> bool:
    """Return whether the project has at most ``SMALL`` submissions; looks at no more than these."""
    some = Submission.objects.filter(task__batch__project=project_id).order_by()[: SMALL + 1]
    return some.count() <= SMALL
