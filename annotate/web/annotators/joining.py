"""Joining a project by an invitation's link, and setting a password by a manager's link.

The secret stands in the address of one request only: that one keeps the secret's digest in the session and
leads on to a page without it, so it reaches neither a Referer nor the browser's later history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, views
from django.contrib.auth.forms import UserCreationForm
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from annotate.models import Invitation, User
from annotate.pipeline import inviting, staffing
from annotate.refusal import Refusal
from annotate.web.accounts import FAILURES_ALLOWED, FAILURES_FORGOTTEN_AFTER, keep_cookie
from annotate.web.managers.form_fields import described
from annotate.web.names import ROLES

if TYPE_CHECKING:
    AnyCreationForm = UserCreationForm[User]
else:  # Django's class takes no parameters at run time
    AnyCreationForm = UserCreationForm

IN_SESSION = "invitation"  # the digest of the link's secret
BACKEND = "django.contrib.auth.backends.ModelBackend"


class AccountForm(AnyCreationForm):
    """A new account: name, password by the site's rules, language."""

    class Meta:
        model = User
        fields = ("username", "language")
        labels = {"username": gettext_lazy("Username"), "language": gettext_lazy("Language")}
        widgets = {
            "username": forms.TextInput(
                attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
            )
        }


@never_cache
@require_safe
def link(request: HttpRequest, secret: str) -> HttpResponse:
    """Take the secret out of the address. Whether it is worth anything is said on the next page."""
    request.session[IN_SESSION] = inviting.digest_of(secret)
    answer = redirect("join")
    answer["Referrer-Policy"] = "no-referrer"
    return answer


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Show what the invitation leads to; let a visitor make an account, let a person with one join."""
    failures = f"join-failures:{request.META.get('REMOTE_ADDR')}"
    digest = request.session.get(IN_SESSION, "")
    found = inviting.usable(digest)
    if found is None:
        # A good link opens all the same: people behind one proxy share an address with whoever guesses.
        if cache.get(failures, 0) >= FAILURES_ALLOWED:
            return render(request, "joining/over.html", {"too_often": True}, status=429)
        # A link that once was good is an honest mistake; one that never was may be a guess.
        if digest and not Invitation.objects.filter(digest=digest).exists():
            cache.add(failures, 0, FAILURES_FORGOTTEN_AFTER)
            cache.incr(failures)
        return render(request, "joining/over.html", status=410)
    if isinstance(request.user, User):
        return _join_as(request, request.user, found)
    return _join_as_new(request, found)


def _join_as(request: HttpRequest, user: User, found: Invitation) -> HttpResponse:
    is_member = user.memberships.filter(project=found.project_id).exists()
    if request.method != "POST" and not is_member:
        return render(request, "joining/confirm.html", _context(found))
    try:
        joined = inviting.join(user, found.digest)
    except Refusal:
        return render(request, "joining/over.html", status=410)
    del request.session[IN_SESSION]
    if joined.is_new:
        messages.success(request, _("Welcome to %(project)s.") % {"project": joined.project.name})
    else:
        words = _("You are in %(project)s already; the invitation is as good as before.")
        messages.info(request, words % {"project": joined.project.name})
    return redirect("home")


def _join_as_new(request: HttpRequest, found: Invitation) -> HttpResponse:
    form = AccountForm(request.POST or None, initial={"language": get_language()}, label_suffix="")
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            person = inviting.join_as_new(
                found.digest,
                username=given["username"],
                password=given["password1"],
                language=given["language"],
            )
        except Refusal as refusal:
            if refusal.problems[0].code == "invitation_over":
                return render(request, "joining/over.html", status=410)
            described([(one.path, one.detail) for one in refusal.problems], form)
        else:
            del request.session[IN_SESSION]
            login(request, person, backend=BACKEND)
            messages.success(request, _("Welcome to %(project)s.") % {"project": found.project.name})
            return keep_cookie(redirect("home"), settings.LANGUAGE_COOKIE_NAME, person.language)
    context = {**_context(found), "form": form}
    return render(request, "joining/account.html", context, status=422 if form.errors else 200)


def _context(found: Invitation) -> dict[str, Any]:
    return {"project": found.project, "role": ROLES[found.role], "inviter": found.created_by}  # type: ignore[index]


class SetPassword(views.PasswordResetConfirmView):
    """Set a new password by the link that a manager made; Django keeps its token out of the address, too."""

    template_name = "registration/password_set.html"
    success_url = reverse_lazy("login")

    def get_user(self, uidb64: str) -> User | None:
        """Return whom the link is for, while the manager who made it still may."""
        parties = staffing.reset_parties(uidb64)
        if parties is None:
            return None
        self.token_generator = staffing.ResetTokens(parties[1].pk)
        return parties[0]

    def form_valid(self, form: Any) -> HttpResponse:  # noqa: ANN401 - Django's stubs leave it open
        """Say that it worked."""
        answer = super().form_valid(form)
        messages.success(self.request, _("Your password is set. Log in with it."))
        return answer
