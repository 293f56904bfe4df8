"""The numbers behind a manager's page: progress, agreement, scorer runs."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from rest_framework.request import Request

from annotate import access
from annotate.api.base import JsonView, json_answer, person
from annotate.api.schema import described
from annotate.reports.agreement import AgreementReport, agreement_report
from annotate.reports.flags import FlagSummary, flag_summary
from annotate.reports.progress import MemberProgress, members, progress
from annotate.reports.progress import Progress as ProjectProgress
from annotate.reports.scorers import RunProgress, scorer_runs
from annotate.reports.workers import ScoringWorker, scoring_workers


@dataclass(frozen=True, slots=True)
class ProgressAnswer:
    """The work, the flags and reviews, the people."""

    work: ProjectProgress
    flags: FlagSummary
    members: list[MemberProgress]


@dataclass(frozen=True, slots=True)
class ScorersAnswer:
    """The project's scorer runs, the latest first, and the workers there are for all projects."""

    runs: list[RunProgress]
    workers: list[ScoringWorker]


class ManagersView(JsonView):
    """What only managers of the project read; anyone else gets 404."""

    def project(self, request: Request, slug: str) -> int:
        """Return the inside id of the project."""
        return access.membership(person(request), slug, access.Role.MANAGER).project_id


class Progress(ManagersView):
    """GET projects/{slug}/progress."""

    @described(answer=ProgressAnswer)
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Answer how far the project is."""
        project = self.project(request, slug)
        return json_answer(ProgressAnswer(progress(project), flag_summary(project), members(project)))


class Agreement(ManagersView):
    """GET projects/{slug}/agreement."""

    @described(answer=AgreementReport)
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Answer how far people agree; a number that is not defined is null, and `undefined` says why."""
        return json_answer(agreement_report(self.project(request, slug)))


class Scorers(ManagersView):
    """GET projects/{slug}/scorers."""

    @described(answer=ScorersAnswer)
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Answer how far each scorer run is and what went wrong, and how the scoring workers are."""
        workers = scoring_workers()
        return json_answer(ScorersAnswer(scorer_runs(self.project(request, slug), workers), workers))
