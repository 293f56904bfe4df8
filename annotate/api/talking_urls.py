"""The addresses of problems, questions and guidelines."""

from django.urls import URLPattern, path

from annotate.api import guiding, talking

urlpatterns: list[URLPattern] = [
    path("assignments/<uuid:uid>/problem", talking.ReportProblem.as_view(), name="api-problem"),
    path("projects/<slug:slug>/inquiries", talking.ListInquiries.as_view(), name="api-inquiries"),
    path("projects/<slug:slug>/inquiries/unseen", talking.CountUnseen.as_view(), name="api-unseen"),
    path("inquiries/<uuid:uid>/messages", talking.WriteMessage.as_view(), name="api-message"),
    path("inquiries/<uuid:uid>/seen", talking.MarkSeen.as_view(), name="api-seen"),
    path(
        "projects/<slug:slug>/guidelines/<int:version>", guiding.ReadGuideline.as_view(), name="api-guideline"
    ),
    path(
        "projects/<slug:slug>/guidelines/<int:version>/seen",
        guiding.ConfirmGuideline.as_view(),
        name="api-guideline-seen",
    ),
]
