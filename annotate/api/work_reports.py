"""The numbers behind managers' pages about judges, annotators, throughput and forecasts."""

from __future__ import annotations

import msgspec
from django.http import HttpResponse
from rest_framework.request import Request

from annotate.api.reports import COMPUTING, StoredReportView
from annotate.api.schema import described
from annotate.refusal import Refusal
from annotate.reports.quality.annotators import AnnotatorReport, annotator_report
from annotate.reports.quality.forecast import (
    ForecastBasis,
    ForecastReport,
    Wanted,
    forecast_basis,
    forecast_of,
)
from annotate.reports.quality.judges import JudgeReport, judge_report
from annotate.reports.quality.throughput import ThroughputReport, throughput_report


class Judges(StoredReportView):
    """GET projects/{slug}/judges."""

    @described(answer=JudgeReport, others=COMPUTING)
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Answer how each trained scorer goes with people, by dimension and turn, as InterMT-Bench measures judges."""
        project = self.project(request, slug)
        return self.answer(self.stored(project, "judges", JudgeReport, judge_report))


class Annotators(StoredReportView):
    """GET projects/{slug}/annotators."""

    @described(answer=AnnotatorReport, others=COMPUTING)
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Answer how everybody's answers go with the others', with keys and with themselves."""
        project = self.project(request, slug)
        return self.answer(self.stored(project, "annotators", AnnotatorReport, annotator_report))


class Throughput(StoredReportView):
    """GET projects/{slug}/throughput."""

    @described(answer=ThroughputReport, others=COMPUTING)
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Answer how fast the work goes, what is left, and what reviewers do."""
        project = self.project(request, slug)
        return self.answer(self.stored(project, "throughput", ThroughputReport, throughput_report))


class Forecast(StoredReportView):
    """GET projects/{slug}/forecast."""

    @described(
        answer=ForecastReport,
        others=COMPUTING,
        refusals={422: "A number is out of range."},
        queries={
            "question": "A dimension's key, or `wins`; the first that can be answered when left out.",
            "kind": "`mean` of one source model (usual) or `alpha`.",
            "half_width": "Of the interval that is wanted; 0.1 when left out.",
            "people": "For how many people, whoever they are, it shall hold; left out: for those at work.",
            "rate": "Money an hour, in any currency.",
            "review_rate": "The same for reviewers; `rate` when left out.",
        },
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Answer what a wanted interval takes in conversations, labels, hours and money."""
        project = self.project(request, slug)
        try:
            wanted = msgspec.convert(request.query_params.dict(), Wanted, strict=False)
        except msgspec.ValidationError as error:
            detail, _, path = str(error).partition(" - at `$")
            raise Refusal.because("invalid", detail, path.rstrip("`").lstrip(".")) from None
        basis = self.stored(project, "forecast", ForecastBasis, forecast_basis)
        return self.answer(None if basis is None else forecast_of(project, basis, wanted))
