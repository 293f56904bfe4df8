"""Log-in, log-out, password, and the two preferences: language and theme."""

from __future__ import annotations

import hashlib
import logging
import unicodedata
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.forms import AuthenticationForm
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from annotate.models import User

logger = logging.getLogger(__name__)

FAILURES_ALLOWED = 10
FAILURES_FORGOTTEN_AFTER = 15 * 60  # seconds
COOKIE_AGE = 365 * 24 * 3600  # seconds
THEMES = ("auto", "light", "dark")


class LogIn(views.LoginView):
    """Log in; ten wrong passwords for a name from one address close that door for a quarter of an hour."""

    redirect_authenticated_user = True

    def _failures_key(self) -> str:
        # As the form reads the name; otherwise every spelling of one name would have ten tries of its own.
        name = unicodedata.normalize("NFKC", self.request.POST.get("username", ""))
        key = hashlib.sha256(name.strip().casefold().encode()).hexdigest()
        return f"log-in-failures:{self.request.META.get('REMOTE_ADDR')}:{key}"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # noqa: ANN401
        """Refuse without looking at the password when there were too many failures."""
        if cache.get(self._failures_key(), 0) < FAILURES_ALLOWED:
            return super().post(request, *args, **kwargs)
        form = self.get_form()
        form.cleaned_data = {}
        form.add_error(None, _("Too many failed attempts. Wait a quarter of an hour, then try again."))
        return self.render_to_response(self.get_context_data(form=form), status=429)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Count the failure."""
        key = self._failures_key()
        cache.add(key, 0, FAILURES_FORGOTTEN_AFTER)
        cache.incr(key)
        return super().form_invalid(form)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Forget the failures and bring the person's language along; the first log-in finds out which it is."""
        cache.delete(self._failures_key())
        user = form.get_user()
        is_first = user.last_login is None
        response = super().form_valid(form)
        logger.info("log-in user=%s", user.pk)
        if isinstance(user, User):
            if is_first:
                _adopt_language(user)
            keep_cookie(response, settings.LANGUAGE_COOKIE_NAME, user.language)
        return response


class LogOut(views.LogoutView):
    """Log out, by POST only."""


class ChangePassword(views.PasswordChangeView):
    """Change one's own password; other sessions of the person end."""

    template_name = "registration/password_change.html"
    success_url = reverse_lazy("home")

    def form_valid(self, form: Any) -> HttpResponse:  # noqa: ANN401 - Django's stubs leave it open
        """Say that it worked."""
        response = super().form_valid(form)
        messages.success(self.request, _("Your password is changed."))
        return response


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language: in a cookie, and with the person when logged in."""
    chosen = request.POST.get("language", "")
    if chosen not in dict(settings.LANGUAGES):
        return HttpResponseBadRequest(_("This language is not available."))
    if request.user.is_authenticated:
        User.objects.filter(pk=request.user.pk).update(language=chosen)
    with override(chosen):
        response = _back(request)
    return keep_cookie(response, settings.LANGUAGE_COOKIE_NAME, chosen)


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the chosen theme in a cookie; a script that paints it itself gets 204."""
    chosen = request.POST.get("theme", "")
    if chosen not in THEMES:
        return HttpResponseBadRequest(_("This theme is not available."))
    scripted = request.headers.get("X-Requested-With") == "fetch"
    return keep_cookie(HttpResponse(status=204) if scripted else _back(request), "theme", chosen)


def _adopt_language(user: User) -> None:
    """Make the language that the log-in page was read in the person's, unless somebody has set another one."""
    seen = get_language()
    if user.language == settings.LANGUAGE_CODE and seen in dict(settings.LANGUAGES):
        user.language = seen
        user.save(update_fields=["language"])


def _back(request: HttpRequest) -> HttpResponseRedirect:
    """Return the way back to the page that asked, if it is one of ours."""
    target = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(target if ours else resolve_url("home"))


def keep_cookie(response: HttpResponse, name: str, value: str) -> HttpResponse:
    """Set one of the cookies that outlive the session: language or theme."""
    response.set_cookie(
        name, value, max_age=COOKIE_AGE, samesite="Lax", httponly=True, secure=settings.SESSION_COOKIE_SECURE
    )
    return response
