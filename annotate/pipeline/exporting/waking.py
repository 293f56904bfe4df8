"""A message to the workers. It may be lost: the database says what is owed, and a sweep looks there."""

from __future__ import annotations

import logging

from kombu.exceptions import OperationalError

from annotate.celery import app
from annotate.models import Export

logger = logging.getLogger(__name__)

TASK = "annotate.tasks.run_export"


def wake(export: Export) -> None:
    """Ask a worker to write the release now; without a broker the minute's sweep will find it."""
    try:
        app.send_task(TASK, args=[export.pk], retry=False)
    except OperationalError:
        logger.warning("no broker to announce an export to export=%s", export.pk)
