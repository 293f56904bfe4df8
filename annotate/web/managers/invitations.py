"""Invitations, for managers: make a link, see how many uses are left, withdraw it."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from annotate import access
from annotate.models import Invitation, Membership, User
from annotate.pipeline import inviting
from annotate.web.managers.form_fields import LanguagesField
from annotate.web.names import ROLES

PAGE = 20


class InvitationForm(forms.Form):
    """What a link gives."""

    role = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=list(ROLES.items()), initial=Membership.Role.ANNOTATOR
    )
    languages = LanguagesField(
        label=gettext_lazy("Languages"),
        help_text=gettext_lazy("Codes between commas, such as en, zh-hans: batches can ask for one."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    team = forms.CharField(label=gettext_lazy("Team"), required=False, max_length=64)
    uses = forms.IntegerField(
        label=gettext_lazy("How many people can join by it"),
        min_value=1,
        max_value=inviting.MAX_USES,
        initial=1,
    )
    days = forms.IntegerField(
        label=gettext_lazy("For how many days"), min_value=1, max_value=inviting.MAX_DAYS, initial=14
    )

    def terms(self) -> inviting.Terms:
        """Return what a valid form asks for."""
        given = self.cleaned_data
        return inviting.Terms(
            role=Membership.Role(given["role"]),
            languages=given["languages"],
            team=given["team"].strip(),
            uses=given["uses"],
            days=given["days"],
        )


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitations(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the project's invitations; make one and show its link, this once."""
    project = access.membership(request.user, slug, access.Role.MANAGER).project
    form = InvitationForm(request.POST or None, label_suffix="")
    link = ""
    if request.method == "POST" and form.is_valid():
        if not isinstance(request.user, User):
            raise Http404
        secret = inviting.invite(project, request.user, form.terms())
        link = request.build_absolute_uri(reverse("join-link", args=[secret]))
    found = (
        Invitation.objects.filter(project=project)
        .annotate(has_maker=inviting.made_by_a_manager())
        .select_related("created_by")
        .order_by("-pk")
    )
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "project": project,
        "form": form,
        "link": link,
        "page": page,
        "rows": [_row(one) for one in page],
    }
    answer = render(request, "managing/invitations.html", context, status=422 if form.errors else 200)
    if link:
        answer["Referrer-Policy"] = "no-referrer"
    return answer


def _row(one: Any) -> dict[str, Any]:  # noqa: ANN401 - an invitation with its annotation
    now = timezone.now()
    return {
        "invitation": one,
        "role": ROLES[Membership.Role(one.role)],
        "is_over": one.expires_at <= now or not one.uses_left or not one.has_maker,
        "is_expired": one.expires_at <= now,
    }


@login_required
@require_POST
def withdraw(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Make a link worthless; who has joined by it stays."""
    access.invitation(request.user, slug, uid).delete()
    messages.success(request, _("The invitation is withdrawn. Who joined by it stays."))
    return redirect("manage-invitations", slug)
