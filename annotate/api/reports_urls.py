"""The addresses of a project's numbers."""

from django.urls import URLPattern, path

from annotate.api import reports

urlpatterns: list[URLPattern] = [
    path("progress", reports.Progress.as_view(), name="api-progress"),
    path("agreement", reports.Agreement.as_view(), name="api-agreement"),
    path("scorers", reports.Scorers.as_view(), name="api-scorers"),
]
