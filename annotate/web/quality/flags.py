"""The manager's pages about flags: what each kind is worth, and where models were found wrong."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from annotate import access
from annotate.models import Flag
from annotate.reports import closing_reasons, wording
from annotate.reports.quality.flag_statistics import FlagStatistics, KindStatistics, flag_statistics
from annotate.reports.quality.model_faults import model_faults
from annotate.stats.proportions import Ratio, Share
from annotate.web.quality.plots import DotPlot, Reference, Value, dots, page

PER_PAGE = 25
ITEMS = {
    "rating": pgettext_lazy("flags about", "ratings"),
    "comparison": pgettext_lazy("flags about", "comparisons"),
    "step": pgettext_lazy("flags about", "steps"),
    "none": pgettext_lazy("flags about", "a person or a model"),
}
WHY = {
    "no_cases": gettext_lazy("not defined: no blind verdict can be held against a label yet"),
    "none_found": gettext_lazy("not defined: one of the two shares is nought"),
    "no_pairs": gettext_lazy("not defined: no question was answered by two reviewers yet"),
    "one_value": gettext_lazy("not defined: both gave one and the same answer throughout"),
}
FAULTS = {
    Flag.ModelFault.LENGTH.value: gettext_lazy("It pays for length"),
    Flag.ModelFault.MISSED_HALLUCINATION.value: gettext_lazy("It missed a hallucination"),
    Flag.ModelFault.MISSED_IMAGE_DEFECT.value: gettext_lazy("It missed a defect of a picture"),
    Flag.ModelFault.LANGUAGE.value: gettext_lazy("It does not know the language well"),
    Flag.ModelFault.TIE.value: gettext_lazy("The answers are equally good"),
    Flag.ModelFault.OTHER.value: gettext_lazy("Something else: see the comment"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of flag about one sort of item, in words, with its numbers."""

    name: str
    about: str
    numbers: KindStatistics

    @property
    def because(self) -> list[tuple[str, int]]:
        """Why the closed ones closed, in words, the most frequent reason first."""
        return [(str(closing_reasons.WORDS[code]), count) for code, count in self.numbers.because.items()]


@login_required
@never_cache
@require_GET
def statistics(request: HttpRequest, slug: str) -> HttpResponse:
    """Show how often blind verdicts upheld the flagged labels, against the random audit; what reviews cost."""
    project = access.membership(request.user, slug, access.Role.MANAGER).project
    found = flag_statistics(project.pk)
    rows = [Row(wording.kind(one.kind), str(ITEMS[one.item]), one) for one in found.kinds]
    plots = [_contradicted(found, rows), _lift(rows), _upheld(found, rows), _reviewers(found)]
    context = {
        "project": project,
        "found": found,
        "rows": rows,
        "has_closed": any(one.numbers.closed for one in rows),
        "faults": [(FAULTS[fault], count) for fault, count in found.model_faults.items()],
    }
    return page(request, "managing/flags.html", context, plots, name=f"{slug}-flags")


def _contradicted(found: FlagStatistics, rows: list[Row]) -> DotPlot:
    """Return the contradicted share of each kind, with the audit's label errors among them."""
    values = [_value(f"{one.name}: {one.about}", one.numbers.contradicted) for one in rows if _sits(one)]
    values += [
        _value(_("%(kind)s, of labels drawn at random") % {"kind": f"{one.name}: {one.about}"}, drawn)
        for one in rows
        if (drawn := one.numbers.drawn_contradicted).n
    ]
    values += [
        _value(_("Random audit: %(items)s") % {"items": ITEMS[one.item]}, one.label_errors)
        for one in found.audit
    ]
    title = _("Labels that a blind verdict contradicted")
    return dots("contradicted", title, values, axis=_("share contradicted"), low=0, high=1)


def _upheld(found: FlagStatistics, rows: list[Row]) -> DotPlot:
    values = [_value(f"{one.name}: {one.about}", one.numbers.upheld) for one in rows if _sits(one)]
    values += [
        _value(_("Random audit: %(items)s") % {"items": ITEMS[one.item]}, one.upheld) for one in found.audit
    ]
    title = _("Labels that a blind verdict upheld exactly")
    return dots("upheld", title, values, axis=_("share upheld"), low=0, high=1)


def _lift(rows: list[Row]) -> DotPlot:
    values = [_value(f"{one.name}: {one.about}", one.numbers.lift) for one in rows if _sits(one)]
    none = Reference(1, _("no better than chance"))
    return dots("lift", _("Lift over the random audit"), values, axis=_("times"), low=0, references=[none])


def _reviewers(found: FlagStatistics) -> DotPlot:
    values = [
        Value(str(ITEMS[one.item]), one.kappa, one.low, one.high, one.pairs, str(WHY.get(one.undefined, "")))
        for one in found.agreement
    ]
    chance = Reference(0, _("chance"))
    title = _("Agreement between reviewers, blind")
    return dots("reviewers", title, values, axis=_("weighted kappa"), low=-0.2, high=1, references=[chance])


def _sits(row: Row) -> bool:
    return row.numbers.item != "none"


def _value(label: str, found: Share | Ratio) -> Value:
    n = found.n if isinstance(found, Share) else None
    return Value(label, found.value, found.low, found.high, n, str(WHY.get(found.undefined, "")))


@login_required
@never_cache
@require_GET
def faults(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the items on which a model was found wrong."""
    project = access.membership(request.user, slug, access.Role.MANAGER).project
    found = model_faults(project.pk)
    shown = Paginator(found.items, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "project": project,
        "found": found,
        "page": shown,
        "items": [
            (one, wording.kind(one.kind), FAULTS.get(one.fault, one.fault)) for one in shown.object_list
        ],
    }
    return render(request, "managing/model_faults.html", context)


@login_required
@never_cache
@require_GET
def faults_file(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer the same items as a file of JSON."""
    project = access.membership(request.user, slug, access.Role.MANAGER).project
    answer = HttpResponse(msgspec.json.encode(model_faults(project.pk)), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{slug}-model-wrong.json"'
    return answer
