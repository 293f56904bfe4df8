"""The addresses under /api/v1/."""

from django.urls import URLPattern, URLResolver, include, path

from annotate.api import annotating, importing, practice, previewing

urlpatterns: list[URLPattern | URLResolver] = [
    path("projects/<slug:slug>/claim", annotating.Claim.as_view(), name="api-claim"),
    path("assignments/<uuid:uid>", annotating.ReadAssignment.as_view(), name="api-assignment"),
    path("assignments/<uuid:uid>/draft", annotating.SaveDraft.as_view(), name="api-draft"),
    path("assignments/<uuid:uid>/submit", annotating.Submit.as_view(), name="api-submit"),
    path("assignments/<uuid:uid>/skip", annotating.Skip.as_view(), name="api-skip"),
    path("assignments/<uuid:uid>/give-back", annotating.GiveBack.as_view(), name="api-give-back"),
    path("assignments/<uuid:uid>/reopen", annotating.Reopen.as_view(), name="api-reopen"),
    path("projects/<slug:slug>/preview", previewing.Preview.as_view(), name="api-preview"),
    path("assignments/<uuid:uid>/feedback", practice.ReadFeedback.as_view(), name="api-feedback"),
    path(
        "projects/<slug:slug>/qualification", practice.ReadQualification.as_view(), name="api-qualification"
    ),
    path("projects/<slug:slug>/imports", importing.StartImport.as_view(), name="api-imports"),
    path("imports/<uuid:uid>", importing.ReadImport.as_view(), name="api-import"),
    path("projects/<slug:slug>/", include("annotate.api.reports_urls")),
    path("", include("annotate.api.exporting_urls")),
    path("", include("annotate.api.talking_urls")),
]
