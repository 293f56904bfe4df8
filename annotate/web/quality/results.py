"""The managers' page of results: what people's labels say about the models that the responses came from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from annotate import access, tasks
from annotate.models import Dimension
from annotate.reports import wording
from annotate.reports.quality import aggregates
from annotate.reports.quality.aggregates import AggregatesReport, MeanRating, ScopeStrengths, Strength
from annotate.reports.quality.stored import current
from annotate.stats.bootstrap import LEAST_CONVERSATIONS
from annotate.web.quality.plots import Plot, Reference, Value, dots, page


@login_required
@never_cache
@require_safe
def results(request: HttpRequest, slug: str) -> HttpResponse:
    """Show mean ratings and strengths by model."""
    member = access.membership(request.user, slug, access.Role.MANAGER)
    stored = current(member.project_id, aggregates.NAME, AggregatesReport, aggregates.aggregates_report)
    context: dict[str, Any] = {"project": member.project, "stored": stored}
    if stored is None:
        tasks.wake(tasks.refresh_report, member.project_id, aggregates.NAME)
        return render(request, "managing/results.html", context)
    context["strengths"] = strengths = list(_strengths(stored.report))
    context["ratings"] = ratings = list(_ratings(stored.report, member.project.rubric_id))
    context["unbounded"] = any(not one.is_bounded for one in stored.report.strengths)
    context["prior"] = max((one.prior for one in stored.report.strengths), default=None)
    return page(request, "managing/results.html", context, [*strengths, *ratings], name=slug)


def _strengths(report: AggregatesReport) -> Iterator[Plot]:
    known = [one for one in report.strengths if one.strengths]
    has_several = len({(one.rubric, one.version) for one in known}) > 1
    for one in known:
        yield _of_scope(one, f"{one.rubric} v{one.version}" if has_several else "")


def _of_scope(found: ScopeStrengths, version: str) -> Plot:
    local, whole = _("Strength: two responses compared"), _("Strength: two conversations compared")
    title = local if found.scope == "local" else whole
    known = [one.group for one in found.strengths if one.strength is not None]
    apart = list(dict.fromkeys(known))
    return dots(
        f"strength-{found.scope}-{slugify(version)}" if version else f"strength-{found.scope}",
        f"{title} ({version})" if version else title,
        [_strength(one, apart.index(one.group) + 1 if len(apart) > 1 else 0) for one in found.strengths],
        axis=_("log strength against the mean of all models"),
        references=[Reference(0, _("mean"))],
    )


def _strength(one: Strength, group: int) -> Value:
    if one.strength is None:
        return Value(
            one.source, None, n=0, why=_("not comparable, because nothing links it with another model")
        )
    note = _("%(wins)s won, %(ties)s tied, %(losses)s lost") % {
        "wins": one.wins,
        "ties": one.ties,
        "losses": one.losses,
    }
    if group:
        note += "; " + _("group %(number)s: comparable within it only") % {"number": group}
    return _value(one, one.strength, note)


def _ratings(found: AggregatesReport, rubric_id: int) -> Iterator[Plot]:
    keys = [one.dimension for one in found.ratings]
    # Other rubrics may have a dimension of the same key: the project's own says what it is called here.
    dimensions = sorted(
        Dimension.objects.filter(key__in=keys), key=lambda one: (one.rubric_id == rubric_id, one.pk)
    )
    names = {one.key: one for one in dimensions}
    has_several = len({(one.rubric, one.version) for one in found.ratings if one.means}) > 1
    for number, one in enumerate(found.ratings):
        if not one.means:
            continue
        dimension = names[one.dimension]
        if one.undefined:
            summary = _("Plain means: nobody shares a response with anybody, so offsets are not known.")
        elif one.spread is None:
            summary = _("Plain means: nobody differs from anybody.")
        else:
            summary = _("People's offsets have a standard deviation of %(spread)s levels.") % {
                "spread": f"{one.spread:.2f}"
            }
        yield dots(
            f"mean-{number}-{one.dimension}",
            f"{wording.name_of(dimension)} ({one.rubric} v{one.version})"
            if has_several
            else wording.name_of(dimension),
            [
                _value(model, model.mean, _("plain %(mean)s") % {"mean": f"{model.plain:.2f}"})
                for model in one.means
            ],
            axis=_("mean rating, freed of offsets"),
            low=dimension.minimum,
            high=dimension.maximum,
            summary=summary,
        )


def _value(one: MeanRating | Strength, number: float, note: str) -> Value:
    reasons = {
        "few_conversations": _("no interval below %(least)s conversations") % {"least": LEAST_CONVERSATIONS},
        "unstable": _("no interval: without some conversations the number is not defined"),
    }
    if one.no_interval:
        note += "; " + reasons[one.no_interval]
    bounds = one.interval
    return Value(
        one.source,
        number,
        None if bounds is None else bounds.low,
        None if bounds is None else bounds.high,
        n=one.conversations,
        note=note,
    )
