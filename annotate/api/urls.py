"""The addresses under /api/v1/."""

from django.urls import URLPattern, URLResolver, include, path

from annotate.api import annotating

urlpatterns: list[URLPattern | URLResolver] = [
    path("projects/<slug:slug>/claim", annotating.Claim.as_view(), name="api-claim"),
    path("assignments/<uuid:uid>", annotating.ReadAssignment.as_view(), name="api-assignment"),
    path("assignments/<uuid:uid>/draft", annotating.SaveDraft.as_view(), name="api-draft"),
    path("assignments/<uuid:uid>/submit", annotating.Submit.as_view(), name="api-submit"),
    path("assignments/<uuid:uid>/skip", annotating.Skip.as_view(), name="api-skip"),
    path("assignments/<uuid:uid>/reopen", annotating.Reopen.as_view(), name="api-reopen"),
    path("", include("annotate.api.exporting_urls")),
]
