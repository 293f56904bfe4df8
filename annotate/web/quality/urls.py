"""The addresses of managers' pages about judges, annotators, throughput and forecasts."""

from django.urls import URLPattern, path

from annotate.web.quality import annotators, forecast, judges, shown, throughput

urlpatterns: list[URLPattern] = [
    path("judges/", judges.judges, name="manage-judges"),
    path("annotators/", annotators.annotators, name="manage-annotators"),
    path("throughput/", throughput.throughput, name="manage-throughput"),
    path("forecast/", forecast.forecast, name="manage-forecast"),
    path("reports/<slug:name>/refresh/", shown.refresh, name="manage-report-refresh"),
]
