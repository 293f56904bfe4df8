"""A native release of generated work, against the server's own COPY of the same rows.

    python -m benchmarks.export --conversations 10000

It fills a project of its own in the configured database (5-turn conversations, two candidates a turn, 61
answers each), copies every table's query to nowhere as binary COPY, then writes the release. Prints rows
per second of both, their ratio, and the peak memory of this process. Run it twice: the first run warms caches.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotate.settings")
django.setup()

from django.db import connection  # noqa: E402 - after setup

from annotate.models import Export, Project  # noqa: E402
from annotate.pipeline import exporting  # noqa: E402
from annotate.pipeline.exporting.queries import Selection, queries  # noqa: E402
from annotate.pipeline.exporting.snapshot import SORT_MEMORY  # noqa: E402
from benchmarks.seeding import seed  # noqa: E402

CRITIQUE = "The second sentence claims more than the picture shows; the first is exact, answer "

_ASSIGNMENTS = """
INSERT INTO annotate_assignment (uid, task_id, project_id, annotator_id, purpose, status, hand, lease_number,
    lease_expires_at, draft_sequence, shown_order, skip_reason, claimed_at, closed_at)
SELECT gen_random_uuid(), task.id, %(project)s, (%(people)s)[1 + task.id %% cardinality(%(people)s)], 'base',
    'submitted', 1, 1, now(), 0, ARRAY(
        SELECT response.id FROM annotate_response response JOIN annotate_turn turn ON turn.id = response.turn_id
        WHERE turn.conversation_id = task.conversation_id ORDER BY random()), '', now(), now()
FROM annotate_task task JOIN annotate_batch batch ON batch.id = task.batch_id
WHERE batch.project_id = %(project)s"""

_SUBMISSIONS = """
INSERT INTO annotate_submission (uid, task_id, annotator_id, assignment_id, rubric_id, origin, revision,
    idempotency_key, active_ms)
SELECT gen_random_uuid(), task_id, annotator_id, id, %(rubric)s, 'live', 1, uid::text, 90000
FROM annotate_assignment WHERE project_id = %(project)s"""

_OWN = """
annotate_submission submission JOIN annotate_task task ON task.id = submission.task_id
JOIN annotate_batch batch ON batch.id = task.batch_id AND batch.project_id = %(project)s
JOIN annotate_turn turn ON turn.conversation_id = task.conversation_id
JOIN annotate_response response ON response.turn_id = turn.id"""

_RATINGS = f"""
INSERT INTO annotate_rating (submission_id, response_id, dimension_id, value, state)
SELECT submission.id, response.id, dimension.id, (random() * 3)::int, 'rated'
FROM {_OWN} JOIN annotate_dimension dimension ON dimension.rubric_id = %(rubric)s
WHERE dimension.scope = 'local' OR response.id = (
    SELECT path.response_id FROM annotate_taskpath path WHERE path.task_id = task.id AND path.whole LIMIT 1)
ORDER BY submission.id"""

_COMPARISONS = f"""
INSERT INTO annotate_comparison (submission_id, scope, left_id, right_id, preference)
SELECT submission.id, 'local', min(response.id), max(response.id), (random() * 6)::int - 3
FROM {_OWN} GROUP BY submission.id, turn.id ORDER BY submission.id"""

_NOTES = f"""
INSERT INTO annotate_note (submission_id, kind, scope, response_id, text)
SELECT submission.id, 'critique', 'local', response.id, %(text)s || md5(random()::text)
FROM {_OWN} ORDER BY submission.id"""

_REMARKS = f"""
INSERT INTO annotate_note (submission_id, kind, scope, response_id, text)
SELECT submission.id, 'reason', 'global', max(response.id), %(text)s || md5(random()::text)
FROM {_OWN} GROUP BY submission.id ORDER BY submission.id"""


def fill(conversations: int) -> Project:
    """Return a project with one submission of 61 answers for each of its conversations."""
    seeded = seed(
        f"export-{uuid.uuid4().hex[:8]}", conversations=conversations, tasks=conversations, people=20
    )
    values: dict[str, Any] = {
        "project": seeded.project.pk,
        "rubric": seeded.project.rubric_id,
        "people": [user.pk for user in seeded.users],
        "text": CRITIQUE,
    }
    with connection.cursor() as cursor:
        for statement in (_ASSIGNMENTS, _SUBMISSIONS, _RATINGS, _COMPARISONS, _NOTES, _REMARKS):
            cursor.execute(statement, values)
        cursor.execute("VACUUM ANALYZE")
    return seeded.project


def copy_to_nowhere(project: Project) -> dict[str, tuple[float, int]]:
    """Return seconds and bytes of a binary COPY of each table's query."""
    selection = Selection(project.pk, exporting.Filters(), None)
    taken = {}
    with connection.cursor() as cursor:
        cursor.execute(f"SET work_mem = '{SORT_MEMORY}'")
        for table, query in queries(selection).items():
            started, size = time.perf_counter(), 0
            with cursor.cursor.copy(f"COPY ({query.select()}) TO STDOUT (FORMAT binary)") as copy:
                for chunk in copy:
                    size += len(chunk)
            taken[table] = (time.perf_counter() - started, size)
    return taken


def write(project: Project, folder: Path) -> tuple[Export, float, dict[str, float]]:
    """Write a release; return it with the seconds in all and by table."""
    starts: dict[str, float] = {}

    def report(table: str, _rows: int) -> None:
        starts.setdefault(table, time.perf_counter())

    export = exporting.create(project, exporting.Wanted(name=uuid.uuid4().hex), folder=folder)
    started = time.perf_counter()
    exporting.run(export.pk, report=report)
    seconds = time.perf_counter() - started
    export.refresh_from_db()
    moments = [*starts.values(), started + seconds]
    return export, seconds, {table: moments[at + 1] - moments[at] for at, table in enumerate(starts)}


def megabytes() -> float:
    """Return the peak memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Fill, copy, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=10_000)
    parser.add_argument("--project", default="", help="a project that an earlier run has filled")
    options = parser.parse_args()
    project = Project.objects.get(slug=options.project) if options.project else fill(options.conversations)
    print(f"project {project.slug}")
    folder = Path(tempfile.mkdtemp())
    before = megabytes()
    try:
        export, seconds, by_table = write(project, folder / "release")
        peak = megabytes()
        written_mb = sum(file.stat().st_size for file in (folder / "release").iterdir()) / 1e6
    finally:
        shutil.rmtree(folder)
    copied = copy_to_nowhere(project)
    if export.manifest is None:
        raise SystemExit(export.error)
    counts = export.manifest["rows"]
    print(f"{'table':<14}{'rows':>12}{'COPY s':>10}{'export s':>10}")
    for table, (copy_seconds, _) in copied.items():
        print(f"{table:<14}{counts[table]:>12,}{copy_seconds:>10.2f}{by_table[table]:>10.2f}")
    floor, rows = sum(one for one, _ in copied.values()), sum(counts.values())
    copied_mb = sum(size for _, size in copied.values()) / 1e6
    print(f"COPY    {rows / floor:>12,.0f} rows/s  {floor:.2f} s  {copied_mb:,.0f} MB")
    print(f"export  {rows / seconds:>12,.0f} rows/s  {seconds:.2f} s  {written_mb:,.0f} MB in files")
    print(f"ratio   {floor / seconds:>12.2f}   peak memory {peak:.0f} MB, before it {before:.0f} MB")


if __name__ == "__main__":
    main()
