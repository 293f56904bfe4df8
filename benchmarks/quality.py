"""Agreement, flags and calibration over a large simulated project: whole, after 100 more submissions, and their pages.

    .venv/bin/python -m annotate.embedded borrow -- .venv/bin/python -m benchmarks.quality

Makes the project (35,000 submissions, 1.5 million ratings, 500,000 scores; `--part 5` a fifth of that) unless an
earlier run has, in a process of its own, so that the peak memory printed is that of the passes. Whole passes
forget what was stored; the later ones carry it on, as workers do. Pages are those of the manager's tabs, read
three times through Django without a network, the median. Whoever works beside it makes the figures larger: the
machine's load is printed too.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotate.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 - after setup
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from annotate.models import Calibration, Membership, Project, Rating, Score, Submission, User  # noqa: E402
from annotate.pipeline import calibrating, flagging, following_up, reporting  # noqa: E402
from annotate.reports.quality import agreement  # noqa: E402
from annotate.web.managers.tabs import GROUPS  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
MORE, OK = 100, HTTPStatus.OK
AIMS = {"whole": 60.0, "later": 2.0, "page": 0.3, "memory": 1024.0}


def simulated(slug: str, *, part: int, more: int = 0) -> Project:
    """Return the benchmark's project, made or added to by the command."""
    options = {
        "annotators": 24,
        "conversations": 12_500 // part,
        "submissions": 35_000 // part,
        "careless": "2:0.4",
        "harsh": "2:-0.8",
        "seed": 7,
        "more": more,
    }
    command = [sys.executable, str(ROOT / "manage.py"), "simulate", slug, "--create"]
    command += [f"--{name}={value}" for name, value in options.items()]
    command += [f"--scorer={one}" for one in ("rm:0.73", "rm2:0.66", "rm3:0.61", "prm:0.62")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return Project.objects.get(slug=slug)


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Return how long a piece of work took, and for how much of it this process computed."""
    began, computed = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - computed


def say(what: str, measured: float, aim: float | None = None, unit: str = "s") -> None:
    """Print one line, the aim beside the figure."""
    digits = 3 if unit == "s" and measured < 1 else 1
    beside = "" if aim is None else f"   aim {aim:g} {unit}{'' if measured <= aim else '   NOT MET'}"
    print(f"{what:<44}{measured:>10.{digits}f} {unit}{beside}", flush=True)


def timed(name: str, step: Callable[[], object]) -> float:
    """Run a step, print what it took, and return it."""
    taken, computed = seconds(step)
    say(f"  {name} ({computed:.1f} s in this process)", taken)
    return taken


def passes(project: Project, *, whole: bool) -> None:
    """Run every pass once and print what each took: from nothing, or from where the last one stood."""
    refresh = partial(reporting.refresh, project.pk, whole=whole)
    work: dict[str, Callable[[], object]] = {f"report {agreement.NAME}": partial(refresh, [agreement.NAME])}
    if whole or project.pk in calibrating.pending_projects():
        work["calibrate"] = partial(calibrating.calibrate, project.pk)
    work["flag"] = partial(flagging.flag_project, project.pk, whole=whole)
    work["follow up"] = partial(following_up.follow_up, project.pk, whole=whole)
    total = sum(timed(name, step) for name, step in work.items())
    say("whole pass" if whole else f"pass after {MORE} more", total, AIMS["whole" if whole else "later"])
    print("besides, in the background:")
    for name in reporting.REPORTS:
        if name != agreement.NAME:
            timed(f"report {name}", partial(refresh, [name]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say("peak memory so far", peak, AIMS["memory"], "MB")


def pages(project: Project) -> None:
    """Print what each page of the managers' tabs takes."""
    call_command("collectstatic", interactive=False, verbosity=0)
    person, _ = User.objects.get_or_create(username=f"benchmark-{project.slug}")
    role = {"role": Membership.Role.MANAGER}
    Membership.objects.get_or_create(project=project, user=person, defaults=role)
    client = Client(SERVER_NAME="localhost")
    client.force_login(person)
    for tab in (one for group in GROUPS for one in group.tabs):
        address = reverse(tab.address, args=[project.slug])
        if (status := client.get(address).status_code) != OK:
            raise SystemExit(f"{address} answered {status}.")
        say(
            f"  {address}",
            statistics.median(seconds(partial(client.get, address))[0] for _ in range(3)),
            AIMS["page"],
        )


def forget(project: Project) -> None:
    """Throw away what earlier passes stored, so that a whole pass is one."""
    project.stored_reports.all().delete()
    project.flags.all().delete()
    Calibration.objects.filter(run__project=project).delete()


def main() -> None:
    """Make, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", type=int, default=1, help="5: a fifth of the size")
    parser.add_argument("--project", default="", help="another project that this benchmark made earlier")
    options = parser.parse_args()
    slug = options.project or ("quality" if options.part == 1 else f"quality-{options.part}")
    project = simulated(slug, part=options.part)
    forget(project)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    work = Submission.objects.filter(task__batch__project=project)
    scores = Score.objects.filter(run__project=project).count()
    ratings = Rating.objects.filter(submission__in=work).count()
    print(f"{project.slug}: {work.count():,} submissions, {ratings:,} ratings, {scores:,} scores")
    print(f"load of the machine's {os.cpu_count()} cores at the beginning: {os.getloadavg()[0]:.1f}")
    passes(project, whole=True)
    simulated(slug, part=options.part, more=MORE)
    passes(project, whole=False)
    pages(project)


if __name__ == "__main__":
    main()
