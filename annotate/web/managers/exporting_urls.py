"""The addresses of the pages of releases."""

from django.urls import path

from annotate.web.managers import exporting

urlpatterns = [
    path("p/<slug:slug>/exports/", exporting.exports, name="exports"),
    path("p/<slug:slug>/exports/<uuid:uid>/", exporting.export, name="export"),
]
