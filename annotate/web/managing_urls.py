"""The addresses of managers, below /p/<project>/manage/."""

from django.urls import URLPattern, path

from annotate.web import managing

urlpatterns: list[URLPattern] = [
    path("", managing.project, name="manage-project"),
    path("scorers/", managing.scorers, name="manage-scorers"),
    path("scoring/", managing.start_scoring, name="manage-start-scoring"),
    path("scoring/<uuid:uid>/retry/", managing.retry_scoring, name="manage-retry-scoring"),
]
