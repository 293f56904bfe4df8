"""The addresses of releases under /api/v1/."""

from django.urls import path

from annotate.api import exporting

urlpatterns = [
    path("projects/<slug:slug>/exports", exporting.Exports.as_view(), name="api-exports"),
    path("exports/<uuid:uid>", exporting.ReadExport.as_view(), name="api-export"),
    path("exports/<uuid:uid>/download/<str:file>", exporting.Download.as_view(), name="api-export-download"),
]
