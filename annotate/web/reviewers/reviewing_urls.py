"""The addresses of reviewers, below /p/<project>/review/."""

from django.urls import URLPattern, path

from annotate.web.reviewers import reviewing

urlpatterns: list[URLPattern] = [
    path("", reviewing.queue, name="review-queue"),
    path("<uuid:uid>/", reviewing.sitting, name="review"),
    path("<uuid:uid>/verdict/", reviewing.verdict, name="review-verdict"),
    path("<uuid:uid>/decision/", reviewing.decision, name="review-decision"),
    path("<uuid:uid>/leave/", reviewing.leave, name="review-leave"),
]
