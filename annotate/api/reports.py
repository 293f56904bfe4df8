"""The numbers behind a manager's page: progress, agreement, scorer runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django.http import HttpResponse
from rest_framework.request import Request

from annotate import access, tasks
from annotate.api.base import JsonView, json_answer, person
from annotate.api.schema import described
from annotate.reports.managers.flags import FlagSummary, flag_summary
from annotate.reports.managers.progress import MemberProgress, members, progress
from annotate.reports.managers.progress import Progress as ProjectProgress
from annotate.reports.managers.scorers import RunProgress, scorer_runs
from annotate.reports.managers.workers import ScoringWorker, scoring_workers
from annotate.reports.quality import aggregates, agreement, model_health
from annotate.reports.quality.aggregates import AggregatesReport
from annotate.reports.quality.agreement import AgreementReport
from annotate.reports.quality.calibrations import CalibrationsReport, calibrations
from annotate.reports.quality.canaries import CanaryResult, canaries
from annotate.reports.quality.flag_statistics import FlagStatistics, flag_statistics
from annotate.reports.quality.model_faults import ModelFaults, model_faults
from annotate.reports.quality.model_health import ModelHealthReport
from annotate.reports.quality.stored import current


@dataclass(frozen=True, slots=True)
class ProgressAnswer:
    """The work, the flags and reviews, the people."""

    work: ProjectProgress
    flags: FlagSummary
    members: list[MemberProgress]


@dataclass(frozen=True, slots=True)
class ScorersAnswer:
    """The project's scorer runs, the latest first, and the workers there are for all projects.

    ``canaries``: whether each trained run's model still says what it said, the oldest run first.
    """

    runs: list[RunProgress]
    workers: list[ScoringWorker]
    canaries: list[CanaryResult]


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


Report = TypeVar("Report")
COMPUTING = {503: "The report is being computed: ask again after the seconds of `Retry-After`."}
_RETRY_AFTER = "10"


class StoredReportView(ManagersView):
    """Numbers that are stored once computed, the same that the page shows."""

    def stored(
        self, project: int, name: str, cls: type[Report], compute: Callable[[int], Report]
    ) -> Report | None:
        """Return the report; None where it must be computed in the background first, which is asked for."""
        found = current(project, name, cls, compute)
        if found is None:
            tasks.wake(tasks.refresh_report, project, name)
        return found.report if found else None

    def answer(self, report: object | None) -> HttpResponse:
        """Return the answer that holds the report, or that says to come again."""
        if report is None:
            return HttpResponse(status=503, headers={"Retry-After": _RETRY_AFTER})
        return json_answer(report)


class Agreement(StoredReportView):
    """GET projects/{slug}/agreement."""

    @described(answer=AgreementReport, others=COMPUTING)
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Answer how far people agree; a number that is not defined is null, and `undefined` says why."""
        project = self.project(request, slug)
        return self.answer(self.stored(project, agreement.NAME, AgreementReport, agreement.agreement_report))


class Calibrations(ManagersView):
    """GET projects/{slug}/calibrations."""

    @described(answer=CalibrationsReport)
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Answer what the scorers' numbers were found to mean, which links are open, and why."""
        return json_answer(calibrations(self.project(request, slug)))


class ModelHealth(StoredReportView):
    """GET projects/{slug}/model-health."""

    @described(answer=ModelHealthReport, others=COMPUTING)
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Answer which style each scorer overpays, and which source models it misjudges."""
        project = self.project(request, slug)
        return self.answer(
            self.stored(project, model_health.NAME, ModelHealthReport, model_health.model_health)
        )


class Aggregates(StoredReportView):
    """GET projects/{slug}/aggregates."""

    @described(answer=AggregatesReport, others=COMPUTING)
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Answer what people's labels say about the models that the responses came from."""
        project = self.project(request, slug)
        return self.answer(
            self.stored(project, aggregates.NAME, AggregatesReport, aggregates.aggregates_report)
        )


class Scorers(ManagersView):
    """GET projects/{slug}/scorers."""

    @described(answer=ScorersAnswer)
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Answer how far each scorer run is and what went wrong, and how the scoring workers are."""
        project, workers = self.project(request, slug), scoring_workers()
        return json_answer(ScorersAnswer(scorer_runs(project, workers), workers, canaries(project)))


class Flags(ManagersView):
    """GET projects/{slug}/flags."""

    @described(answer=FlagStatistics)
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Answer what flags of each kind are worth against blind verdicts and the random audit."""
        return json_answer(flag_statistics(self.project(request, slug)))


class Faults(ManagersView):
    """GET projects/{slug}/flags/model-wrong."""

    @described(answer=ModelFaults)
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Answer the items on which reviewers found a model wrong: a test set for reward models."""
        return json_answer(model_faults(self.project(request, slug)))
