"""The addresses of pages. Each area brings its own list; they are joined here, one line each."""

from django.urls import URLPattern, URLResolver, include, path

from annotate.web import accounts, annotating, home, images, importing
from annotate.web.admin import site

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.projects, name="home"),
    path("log-in/", accounts.LogIn.as_view(), name="login"),
    path("log-out/", accounts.LogOut.as_view(), name="logout"),
    path("password/", accounts.ChangePassword.as_view(), name="password-change"),
    path("language/", accounts.language, name="language"),
    path("theme/", accounts.theme, name="theme"),
    path("p/<slug:slug>/annotate/", annotating.workbench, name="annotate"),
    path("p/<slug:slug>/import/", include(importing.urls)),
    path("p/<slug:slug>/review/", include("annotate.web.reviewing_urls")),
    path("p/<slug:slug>/manage/", include("annotate.web.managing_urls")),
    path("images/<uuid:uid>", images.image, name="image"),
    path("admin/", site.urls),
    path("", include("annotate.web.exporting_urls")),
    path("", include("annotate.web.health_urls")),
]
