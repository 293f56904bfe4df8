"""The managers' view of people: a table to filter, sort and take away as CSV, and a page for each person."""

from __future__ import annotations

import csv
import uuid
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotate import access
from annotate.models import Membership, Project, User
from annotate.pipeline import staffing
from annotate.refusal import Refusal
from annotate.reports.managers.people import COLUMNS, Person, Wanted, add_work, choices, people, person_page
from annotate.web.managers.charts import bars
from annotate.web.managers.form_fields import LanguagesField, described
from annotate.web.names import ROLES, SKIPS, duration, skip_reason

PAGE = 50
HEADINGS = {
    "name": gettext_lazy("Name"),
    "role": gettext_lazy("Role"),
    "team": gettext_lazy("Team"),
    "languages": gettext_lazy("Languages"),
    "joined": gettext_lazy("Joined"),
    "submitted": gettext_lazy("Submitted"),
    "pace": gettext_lazy("Time a task"),
    "time": gettext_lazy("Time in all"),
    "skipped": gettext_lazy("Skipped"),
    "in_work": gettext_lazy("In work"),
    "reviews": gettext_lazy("Reviews"),
    "gold": gettext_lazy("Gold"),
    "qualified": gettext_lazy("Qualified"),
    "last": gettext_lazy("Last work"),
}
NUMBERS = ("submitted", "pace", "time", "skipped", "in_work", "reviews", "gold")
# What a spreadsheet takes for the beginning of a formula; a name may begin with any of them.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class PersonForm(forms.Form):
    """What a person is in the project."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=list(ROLES.items()))
    languages = LanguagesField(
        label=gettext_lazy("Languages"),
        help_text=gettext_lazy("Codes between commas, such as en, zh-hans: batches can ask for one."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    team = forms.CharField(
        label=gettext_lazy("Team"),
        required=False,
        max_length=64,
        help_text=gettext_lazy("Batches can be for some teams only."),
    )
    confirm = forms.BooleanField(
        label=gettext_lazy("I give up the managers' pages of this project"), required=False
    )

    def place(self) -> staffing.Place:
        """Return what a valid form asks for."""
        given = self.cleaned_data
        return staffing.Place(Membership.Role(given["role"]), given["languages"], given["team"].strip())


def wanted_of(request: HttpRequest) -> Wanted:
    """Return filter and order from the address; what is unknown counts as not given."""
    given = request.GET
    role, sort = given.get("role", ""), given.get("sort", "")
    return Wanted(
        name=given.get("name", "").strip().replace("\0", "")[:150],
        role=role if role in ROLES else "",
        team=given.get("team", "").replace("\0", ""),
        language=given.get("language", "").replace("\0", ""),
        recent=given.get("recent") == "1",
        sort=sort if sort.removeprefix("-") in COLUMNS else "name",
    )


@login_required
@never_cache
@require_safe
def table(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the project's people; a filter that changes asks for the table alone."""
    project = access.membership(request.user, slug, access.Role.MANAGER).project
    wanted = wanted_of(request)
    found = people(project.pk, wanted)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    shown = list(page)
    if wanted.sort.removeprefix("-") in ("name", "role", "team", "languages", "joined", "qualified"):
        add_work(project.pk, shown)
    teams, languages = choices(project.pk)
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "project": project,
        "wanted": wanted,
        "page": page,
        "rows": [_row(one) for one in shown],
        "columns": list(_columns(request, wanted)),
        "query": query.urlencode(),
        "roles": ROLES.items(),
        "teams": teams,
        "languages": languages,
    }
    # Going back, htmx asks for what the address shows, and wants all of it.
    part = "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers
    return render(request, "managing/_people_table.html" if part else "managing/people.html", context)


def _columns(request: HttpRequest, wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Yield the headings, each with the address that sorts by it, and turns the order when it does already."""
    for key, heading in HEADINGS.items():
        order = {key: "ascending", f"-{key}": "descending"}.get(wanted.sort, "")
        downwards_first = key in NUMBERS or key in ("last", "joined")
        follow = key if (order == "descending" or (not order and not downwards_first)) else f"-{key}"
        query = request.GET.copy()
        query.pop("page", None)
        query["sort"] = follow
        yield {
            "key": key,
            "heading": heading,
            "order": order,
            "query": query.urlencode(),
            "is_number": key in NUMBERS,
        }


def _row(person: Person) -> dict[str, Any]:
    share = person.skip_share
    return {
        "person": person,
        "role": ROLES[Membership.Role(person.role)],
        "pace": duration(person.pace_ms),
        "time": duration(person.active_ms) if person.active_ms else "–",
        "skip_share": f"{share:.0%}" if share else "",
        "skip_reason": skip_reason(person.skip_reason) if person.skipped else "",
        "gold": "–" if person.gold is None else f"{person.gold:.2f}",
    }


class _Echo:
    """A file that hands what is written to it on to whoever writes."""

    def write(self, text: str) -> str:
        return text


@login_required
@never_cache
@require_safe
def as_csv(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """Send the filtered table as CSV; the byte order mark tells spreadsheets that it is UTF-8."""
    project = access.membership(request.user, slug, access.Role.MANAGER).project
    found = people(project.pk, wanted_of(request))
    add_work(project.pk, found)
    writer = csv.writer(_Echo())
    lines = [list(CSV_COLUMNS), *(_values(one) for one in found)]
    content = (
        "\ufeff" * (number == 0) + writer.writerow(map(harmless, line)) for number, line in enumerate(lines)
    )
    headers = {"Content-Disposition": f'attachment; filename="{project.slug}-people.csv"'}
    return StreamingHttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


CSV_COLUMNS = (
    "name", "role", "team", "languages", "joined", "submitted", "median_active_seconds", "active_hours", "skipped",
    "skip_share", "top_skip_reason", "in_work", "reviews", "gold", "qualified", "last_work",
)  # fmt: skip


def _values(person: Person) -> list[Any]:
    return [
        person.name,
        person.role,
        person.team,
        " ".join(person.languages),
        person.joined.isoformat(timespec="seconds"),
        person.submitted,
        None if person.pace_ms is None else round(person.pace_ms / 1000, 1),
        round(person.active_ms / 3_600_000, 3),
        person.skipped,
        None if person.skip_share is None else round(person.skip_share, 4),
        person.skip_reason,
        person.in_work,
        person.reviews,
        person.gold,
        person.qualified_at and person.qualified_at.isoformat(timespec="seconds"),
        person.last_at and person.last_at.isoformat(timespec="seconds"),
    ]


def harmless(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula: a text that looks like one gets an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Show one person; store what the person is in the project."""
    own, found = access.member(request.user, slug, uid)
    form = PersonForm(
        request.POST or None,
        initial={"role": found.role, "languages": found.languages, "team": found.team},
        label_suffix="",
    )
    if request.method == "POST" and form.is_valid():
        try:
            staffing.change(found, own.user, form.place(), confirmed=form.cleaned_data["confirm"])
        except Refusal as refusal:
            described([(one.path, one.detail) for one in refusal.problems], form)
        else:
            messages.success(request, _("Saved."))
            stays = found.user_id != own.user_id or found.role == access.Role.MANAGER
            return redirect("manage-person", slug, uid) if stays else redirect("home")
    return _show(request, own.project, found, form)


def _show(
    request: HttpRequest, project: Project, found: Membership, form: PersonForm, link: str = ""
) -> HttpResponse:
    page = person_page(found)
    context = {
        "project": project,
        "is_self": found.user_id == request.user.pk,
        "form": form,
        "link": link,
        "row": _row(page.person),
        "person": page.person,
        "bars": bars([(one.day.isoformat(), one.tasks) for one in page.days]),
        "most": max(one.tasks for one in page.days),
        "days": [
            {"day": one.day, "count": one.tasks, "time": duration(one.active_ms)}
            for one in reversed(page.days)
            if one.tasks
        ],
        "skips": [{"skip": one, "reason": skip_reason(one.reason)} for one in page.skips],
        "reasons": [(SKIPS.get(key, key), count) for key, count in page.reasons.items()],
    }
    return render(request, "managing/person.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_POST
def remove(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Take a person out of the project; the box on the page must be ticked."""
    own, found = access.member(request.user, slug, uid)
    if request.POST.get("sure") != "1":
        messages.error(request, _("Tick the box if you mean it."))
        return redirect("manage-person", slug, uid)
    try:
        staffing.remove(found, own.user)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("manage-person", slug, uid)
    messages.success(request, _("%(name)s is no longer in this project.") % {"name": found.user.username})
    return redirect("manage-people", slug)


@login_required
@never_cache
@require_POST
def reset(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Show, this once, a link by which the person can set a new password."""
    own, found = access.member(request.user, slug, uid)
    if not isinstance(request.user, User):
        raise Http404
    try:
        key, token = staffing.reset_key(found, request.user)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("manage-person", slug, uid)
    link = request.build_absolute_uri(reverse("password-set", args=[key, token]))
    form = PersonForm(
        initial={"role": found.role, "languages": found.languages, "team": found.team}, label_suffix=""
    )
    answer = _show(request, own.project, found, form, link)
    answer["Referrer-Policy"] = "no-referrer"
    return answer
