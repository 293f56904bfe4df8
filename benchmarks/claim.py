"""What a claim costs in a small and in a huge project, for someone who has done thousands of tasks in it.

    .venv/bin/python -m annotate.embedded borrow -- .venv/bin/python -m benchmarks.claim --tasks 1000000

The tasks done are still open for others and lie at the head of the queue: the dearest case. Then as many
follow-ups lie ready as ever do, none of them for this person; then every claim hands out a repeat. Every claim
is measured alone, as the stage function without HTTP, and rolled back.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
import uuid

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotate.settings")
django.setup()

from django.db import connection, transaction  # noqa: E402 - after setup

from annotate.pipeline.assigning import Claimant, claim  # noqa: E402
from annotate.pipeline.following_up import RANK  # noqa: E402
from annotate.reports.extra_questions import READY_AT_ONCE  # noqa: E402
from benchmarks.seeding import Seeded, seed  # noqa: E402

_DONE = """
INSERT INTO annotate_assignment (uid, task_id, project_id, annotator_id, purpose, status, hand, lease_number,
    lease_expires_at, draft_sequence, shown_order, skip_reason, claimed_at, closed_at)
SELECT gen_random_uuid(), task.id, batch.project_id, %(user)s, 'base', 'submitted', 1, 1,
    now(), 0, '{}', '', now(), now() - interval '2 days'
FROM annotate_task task JOIN annotate_batch batch ON batch.id = task.batch_id
WHERE batch.project_id = %(project)s ORDER BY task.rank, task.id LIMIT %(done)s"""


_FOLLOWUPS = """
INSERT INTO annotate_task (uid, batch_id, conversation_id, overlap, open_slots, rank, asks, probability, is_gold,
                           follows_id, created_at)
SELECT gen_random_uuid(), task.batch_id, task.conversation_id, 1, 1, %(rank)s, '[]', 1, false, task.id, now()
FROM annotate_task task JOIN annotate_batch batch ON batch.id = task.batch_id
WHERE batch.project_id = %(project)s ORDER BY task.rank, task.id LIMIT %(count)s"""


def prepared(tasks: int, done: int, conversations: int = 200) -> Seeded:
    """Return a project of that many tasks whose one person has done the first ``done``."""
    seeded = seed(
        f"depth-{uuid.uuid4().hex[:8]}",
        conversations=min(tasks, conversations),
        tasks=tasks,
        people=1,
        overlap=3,
    )
    with connection.cursor() as cursor:
        cursor.execute(_DONE, {"user": seeded.users[0].pk, "project": seeded.project.pk, "done": done})
        cursor.execute("ANALYZE annotate_assignment")
    return seeded


def lay_ready(seeded: Seeded, count: int) -> None:
    """Let follow-ups of tasks that the person did lie ready for others."""
    with connection.cursor() as cursor:
        cursor.execute(_FOLLOWUPS, {"rank": RANK, "project": seeded.project.pk, "count": count})
        cursor.execute("ANALYZE annotate_task")


def median_claim(seeded: Seeded, repeats: int, *, repeat_share: float = 0) -> float:
    """Return the median milliseconds of a claim by the project's person."""
    claimant = Claimant(seeded.users[0].pk, seeded.project.pk, [], "", repeat_share=repeat_share)
    times = []
    for _ in range(repeats):
        with transaction.atomic():
            began = time.perf_counter()
            claim(claimant)
            times.append((time.perf_counter() - began) * 1000)
            transaction.set_rollback(True)
    return statistics.median(times)


def main() -> None:
    """Read the options, measure both projects in turn, print the ratio."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", type=int, default=1_000_000)
    parser.add_argument("--done", type=int, default=5000)
    parser.add_argument("--repeats", type=int, default=200)
    options = parser.parse_args()
    began = time.monotonic()
    small, large = prepared(1000, 900), prepared(options.tasks, options.done)
    print(f"seeded in {time.monotonic() - began:.0f} s")
    median_claim(small, 20)
    # In turn, so that a machine that slows down slows both.
    rounds = [(median_claim(small, options.repeats), median_claim(large, options.repeats)) for _ in range(3)]
    for name, values in (
        ("1,000 tasks, 900 done", [one[0] for one in rounds]),
        (f"{options.tasks:,} tasks, {options.done:,} done", [one[1] for one in rounds]),
    ):
        print(f"claim in {name}: median {statistics.median(values):.2f} ms")
    print(f"ratio {statistics.median(large / small for small, large in rounds):.2f}")
    print(
        f"a repeat in {options.tasks:,} tasks: median {median_claim(large, options.repeats, repeat_share=1):.2f} ms"
    )
    # A conversation of its own for each task, as it is outside of benchmarks.
    own = prepared(1000, 900, conversations=1000)
    before = median_claim(own, options.repeats)
    lay_ready(own, READY_AT_ONCE)
    after = median_claim(own, options.repeats)
    print(f"past {READY_AT_ONCE} follow-ups for others: median {after:.2f} ms, {before:.2f} without")


if __name__ == "__main__":
    main()
