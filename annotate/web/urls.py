"""The addresses of pages. Each area brings its own list; they are joined here, one line each."""

from django.urls import URLPattern, URLResolver, include, path

from annotate.web import accounts, images
from annotate.web.admin import site
from annotate.web.annotators import annotating, home, joining, own_work
from annotate.web.managers import importing, project_settings

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.projects, name="home"),
    path("log-in/", accounts.LogIn.as_view(), name="login"),
    path("log-out/", accounts.LogOut.as_view(), name="logout"),
    path("password/", accounts.ChangePassword.as_view(), name="password-change"),
    path("password/set/<uidb64>/<token>/", joining.SetPassword.as_view(), name="password-set"),
    path("join/", joining.join, name="join"),
    path("join/<str:secret>/", joining.link, name="join-link"),
    path("projects/new/", project_settings.create, name="project-new"),
    path("language/", accounts.language, name="language"),
    path("theme/", accounts.theme, name="theme"),
    path("p/<slug:slug>/annotate/", annotating.workbench, name="annotate"),
    path("p/<slug:slug>/annotate/mine/", include(own_work.urls)),
    path("p/<slug:slug>/import/", include(importing.urls)),
    path("p/<slug:slug>/review/", include("annotate.web.reviewers.reviewing_urls")),
    path("p/<slug:slug>/manage/", include("annotate.web.managers.managing_urls")),
    path("p/<slug:slug>/", include("annotate.web.talking_urls")),
    path("images/<uuid:uid>", images.image, name="image"),
    path("admin/", site.urls),
    path("", include("annotate.web.managers.exporting_urls")),
    path("", include("annotate.web.health_urls")),
]
