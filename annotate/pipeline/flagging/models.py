"""One pass of the models' flags: what trained runs hold against labels, where anything is new.

Submissions and scores are looked at where they arrived; after a new calibration, when a canary failed or passed again,
and in a whole pass, everything is.
People (F3, F5) and models (F6) are judged in these only: they need all labels.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Count, Max, Q

from annotate.models import Calibration, Project, ScorerRun
from annotate.pipeline.flagging.doubts import Found, Shares
from annotate.pipeline.flagging.general import look_at_people_and_models
from annotate.pipeline.flagging.preferences import doubt_preferences
from annotate.pipeline.flagging.ratings import doubt_ratings
from annotate.pipeline.flagging.steps import doubt_steps
from annotate.pipeline.flagging.storing import Stored, store
from annotate.reports.labels.given_labels import GivenLabels
from annotate.reports.quality.canaries import latest_checks
from annotate.reports.settled import settled

Question = Calibration.Question

# Conversations looked at one by one; with more it is cheaper to look at all.
FEW = 2000


class _Mark(NamedTuple):
    """Up to where a project was looked at: settled submissions, the runs' last change, and what may speak.

    A canary closes links where they stand, in all runs of its model version: so closed links are counted, and the
    latest checks that failed are named.
    """

    submission: int
    scored_at: str
    calibration: int
    closed: int
    failed: tuple[int, ...]

    @property
    def speaking(self) -> tuple[int, int, tuple[int, ...]]:
        """What has to be the same if a look at what arrived is to be enough."""
        return self.calibration, self.closed, self.failed


def flag_by_models(project_id: int, *, whole: bool = False) -> Stored:
    """Raise and close the models' flags where anything is new; twice is once, and passes wait for one another."""
    runs = list(ScorerRun.objects.filter(project=project_id, trained=True).order_by("pk"))
    if not runs:
        return Stored(0, 0)
    with transaction.atomic():
        project = Project.objects.select_for_update(no_key=True).get(pk=project_id)
        mark, (before, shares) = _mark(project_id), _before(project)
        conversations = None
        # A mark beyond what is settled comes from before the database was set back.
        if not whole and before.submission <= mark.submission and before.speaking == mark.speaking:
            conversations = _touched(project_id, before, mark)
        if conversations is not None and len(conversations) > FEW:
            conversations = None
        found = Found(conversations, GivenLabels(project_id, runs, conversations))
        stored = Stored(0, 0) if conversations == [] else _look(project, runs, found, shares)
    cache.set(_key(project), (tuple(mark), shares if conversations is not None else found.shares), None)
    return stored


def _look(project: Project, runs: list[ScorerRun], found: Found, shares: Shares) -> Stored:
    links = list(Calibration.objects.filter(run__in=runs, is_current=True).order_by("pk"))
    by_run: defaultdict[tuple[int, str], list[Calibration]] = defaultdict(list)
    for link in links:
        by_run[link.run_id, link.question].append(link)
    for run in runs:
        doubt_preferences(run, by_run[run.pk, Question.PREFERENCE], found)
        doubt_steps(run, by_run[run.pk, Question.STEP], found)
        if found.conversations is None:
            doubt_ratings(run, by_run[run.pk, Question.RATING], found)
    if found.conversations is not None:
        # A fair share is one of all labels, which the last look at everything counted.
        found.shares = shares.or_more(found.shares)
    stored = store(project, found, links)
    if found.conversations is not None:
        return stored
    created, closed = look_at_people_and_models(project, runs, found)
    return Stored(stored.created + created, stored.closed + closed)


def pending_projects() -> list[int]:
    """Return the projects with new scores or calibrations; new submissions are found by the people's flags."""
    projects = Project.objects.filter(scorer_runs__trained=True).distinct()
    pending = []
    for project in projects:
        (before, _), mark = _before(project), _mark(project.pk)
        if (before.scored_at, before.speaking) != (mark.scored_at, mark.speaking):
            pending.append(project.pk)
    return pending


def _before(project: Project) -> tuple[_Mark, Shares]:
    """Return the last pass's mark, when that is lost one that nothing equals, and how labels are shared out."""
    mark, shares = cache.get(_key(project), ((-1, "", -1, -1, ()), Shares()))
    return _Mark(*mark), shares


def _mark(project_id: int) -> _Mark:
    runs = ScorerRun.objects.filter(project=project_id, trained=True)
    closed = Count("calibrations", Q(calibrations__is_current=True, calibrations__gate_open=False))
    latest = runs.aggregate(scored=Max("updated_at"), link=Max("calibrations"), closed=closed)
    checks = latest_checks(list(runs.values_list("pk", flat=True))).values()
    return _Mark(
        settled(),
        latest["scored"].isoformat() if latest["scored"] else "",
        latest["link"] or 0,
        latest["closed"],
        tuple(sorted(check.pk for check in checks if not check.passed)),
    )


def _touched(project_id: int, before: _Mark, now: _Mark) -> list[int]:
    """Return the conversations with submissions since, and with scores since if any run has moved.

    Scores are looked for a minute further back: what was written then may have been committed later.
    """
    statement = """
        SELECT task.conversation_id FROM annotate_submission submission
        JOIN annotate_task task ON task.id = submission.task_id
        JOIN annotate_batch batch ON batch.id = task.batch_id
        WHERE batch.project_id = %(project)s AND submission.id > %(after)s"""
    if before.scored_at != now.scored_at:
        statement += """
        UNION SELECT turn.conversation_id FROM annotate_score score
        JOIN annotate_scorerrun run ON run.id = score.run_id
        JOIN annotate_response response ON response.id = score.response_id
        JOIN annotate_turn turn ON turn.id = response.turn_id
        WHERE run.project_id = %(project)s AND run.trained
          AND score.created_at >= %(since)s::timestamptz - interval '1 minute'"""
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {"project": project_id, "after": before.submission, "since": before.scored_at or "-infinity"},
        )
        return sorted({pk for (pk,) in cursor.fetchall()})


def _key(project: Project) -> str:
    return f"doubted:2:{project.uid}"
