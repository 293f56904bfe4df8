"""The addresses of a project's numbers."""

from django.urls import URLPattern, path

from annotate.api import bridge, reports, work_reports

urlpatterns: list[URLPattern] = [
    path("progress", reports.Progress.as_view(), name="api-progress"),
    path("agreement", reports.Agreement.as_view(), name="api-agreement"),
    path("aggregates", reports.Aggregates.as_view(), name="api-aggregates"),
    path("bridge", bridge.Bridge.as_view(), name="api-bridge"),
    path("flags", reports.Flags.as_view(), name="api-flags"),
    path("flags/model-wrong", reports.Faults.as_view(), name="api-model-faults"),
    path("calibrations", reports.Calibrations.as_view(), name="api-calibrations"),
    path("model-health", reports.ModelHealth.as_view(), name="api-model-health"),
    path("scorers", reports.Scorers.as_view(), name="api-scorers"),
    path("judges", work_reports.Judges.as_view(), name="api-judges"),
    path("annotators", work_reports.Annotators.as_view(), name="api-annotators"),
    path("throughput", work_reports.Throughput.as_view(), name="api-throughput"),
    path("forecast", work_reports.Forecast.as_view(), name="api-forecast"),
]
