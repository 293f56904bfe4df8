"""Every address, in one place."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("annotate.api.urls")),
    path("", include("annotate.web.urls")),
]
