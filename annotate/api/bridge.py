"""Versions of a rubric side by side, for managers."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from annotate.api.reports import COMPUTING, StoredReportView
from annotate.api.schema import described
from annotate.reports.quality.bridge import NAME, BridgeReport, bridge_report


class Bridge(StoredReportView):
    """GET projects/{slug}/bridge."""

    @described(answer=BridgeReport, others=COMPUTING)
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Answer how alike versions of the rubric are on shared items, and whether they may be pooled."""
        project = self.project(request, slug)
        return self.answer(self.stored(project, NAME, BridgeReport, bridge_report))
