"""Two who plan the same batch at once: everything is made once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from annotate.models import Batch, Turn
from annotate.pipeline import planning
from annotate.pipeline.planning import Selection
from annotate.refusal import Refusal
from annotate.reports.quality.selection import By
from tests import judging, make

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(go: Callable[[], object]) -> list[str]:
    """Run it twice at the same time; return the codes of what was refused."""
    start, codes = threading.Barrier(2), []

    def run() -> None:
        start.wait()
        try:
            go()
        except Refusal as refusal:
            codes.append(refusal.problems[0].code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return codes


def test_newcomers_are_asked_about_once() -> None:
    project = make.project()
    for _ in range(5):
        task = make.task(make.conversation(project, candidates=2))
        judging.submit(task, make.member(project))
        make.response(Turn.objects.get(conversation=task.conversation), "late")
    batch = project.batches.get()
    assert at_once(lambda: planning.plan(batch)) == []
    assert batch.tasks.filter(asks__isnull=False).count() == 5


def test_a_sample_is_drawn_once() -> None:
    project = make.project()
    for _ in range(6):
        make.conversation(project)
    batch = make.batch(project)
    codes = at_once(lambda: planning.select(Batch.objects.get(pk=batch.pk), Selection(By.RANDOM, 3)))
    assert codes == ["batch_not_empty"]
    assert batch.tasks.count() == 3
