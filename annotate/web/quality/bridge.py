"""The managers' page of bridges: whether answers by two versions of a rubric may be pooled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from annotate import access, tasks
from annotate.models import Dimension
from annotate.reports import wording
from annotate.reports.quality.bridge import NAME, Bridge, BridgeReport, Question, bridge_report
from annotate.reports.quality.stored import current
from annotate.stats.versions import Estimate
from annotate.web.quality.axes import TWO, Form, percent, signed
from annotate.web.quality.plots import Plot, Reference, Value, dots, in_words, page

VERDICTS = {
    "may_be_pooled": gettext_lazy("May be pooled"),
    "not": gettext_lazy("Not to be pooled"),
    "not_known": gettext_lazy("Not known"),
}
BADGES = {"may_be_pooled": "badge-ok", "not": "badge-bad", "not_known": "badge-warn"}
CALLOUTS = {"may_be_pooled": "callout-ok", "not": "callout-bad", "not_known": ""}


@dataclass(frozen=True, slots=True)
class Row:
    """A question as the page shows it: its name, the numbers in words, the verdict and why."""

    name: str
    question: Question
    within: str
    between: str
    difference: str
    shift: str
    verdict: str
    badge: str
    why: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A bridge with its rows and its two plots."""

    bridge: Bridge
    verdict: str
    callout: str
    rows: list[Row]
    shift: Plot
    agreement: Plot
    only_old: list[str]
    only_new: list[str]


@login_required
@never_cache
@require_safe
def bridge(request: HttpRequest, slug: str) -> HttpResponse:
    """Show for every two versions that share items how alike they are, and what that allows."""
    member = access.membership(request.user, slug, access.Role.MANAGER)
    stored = current(member.project_id, NAME, BridgeReport, bridge_report)
    context: dict[str, Any] = {"project": member.project, "stored": stored}
    if stored is None:
        tasks.wake(tasks.refresh_report, member.project_id, NAME)
        return render(request, "managing/bridge.html", context)
    shown = [_shown(one, stored.report) for one in stored.report.bridges]
    context |= {"shown": shown, "rule": stored.report.rule}
    plots = [plot for one in shown for plot in (one.shift, one.agreement)]
    return page(request, "managing/bridge.html", context, plots, name=slug)


def _shown(one: Bridge, report: BridgeReport) -> Shown:
    dimensions = Dimension.objects.filter(rubric__key=one.rubric, rubric__version__in=(one.old, one.new))
    names = {each.key: wording.name_of(each) for each in dimensions.order_by("rubric__version")}
    rows = [_row(question, names) for question in one.questions]
    return Shown(
        bridge=one,
        verdict=str(VERDICTS[one.verdict]),
        callout=CALLOUTS[one.verdict],
        rows=rows,
        shift=_shifts(one, rows, report.rule.shift_margin),
        agreement=_differences(one, rows, report.rule.agreement_margin),
        only_old=[names[key] for key in one.only_old],
        only_new=[names[key] for key in one.only_new],
    )


def _row(question: Question, names: dict[str, str]) -> Row:
    found = question.found
    name = names[question.dimension] if question.dimension else wording.name_of(None)
    if question.dimension is None and question.scope == "global":
        name = _("%(name)s, whole conversations") % {"name": name}
    return Row(
        name=name,
        question=question,
        within=_in_words(found.within, TWO),
        between=_in_words(found.between, TWO),
        difference=_in_words(found.difference, signed()),
        shift=_in_words(found.shift, signed()),
        verdict=str(VERDICTS[found.verdict]),
        badge=BADGES[found.verdict],
        why=_why(found.because),
    )


def _in_words(found: Estimate, form: Form) -> str:
    return in_words(Value("", found.value, found.low, found.high, why="–"), form)


def _value(row: Row, found: Estimate, steps: float = 1.0) -> Value:
    """Return an estimate as a plot's row, over so many of the question's steps."""
    low, high = (None if end is None else end / steps for end in (found.low, found.high))
    value = None if found.value is None else found.value / steps
    return Value(row.name, value, low, high, n=row.question.found.items, why=row.why)


def _shifts(one: Bridge, rows: list[Row], margin: float) -> Plot:
    """Return the shifts over the widest difference of two answers, so that all scales stand on one axis."""
    return dots(
        f"shift-{one.old}-{one.new}",
        _("Shift of the mean answer"),
        [_value(row, row.question.found.shift, row.question.shift_margin / margin) for row in rows],
        axis=_("higher under the new version, as a share of the scale"),
        form=percent,
        references=[Reference(-margin, _("margin")), Reference(margin, _("margin"))],
    )


def _differences(one: Bridge, rows: list[Row], margin: float) -> Plot:
    return dots(
        f"agreement-{one.old}-{one.new}",
        _("Agreement across the versions, less that within one"),
        [_value(row, row.question.found.difference) for row in rows],
        axis=_("difference of the agreement, 0 to 1"),
        form=signed(3),
        references=[Reference(-margin, _("margin"))],
    )


def _why(because: str) -> str:
    """Return the reason of a verdict in words."""
    return {
        "alike": _("both intervals lie within their margins"),
        "shifted": _("the whole interval of the shift lies beyond its margin"),
        "less_agreement": _("people agree less across the versions than within one, by more than the margin"),
        "other_scale": _("the scale is another one"),
        "few_items": _("too few items were answered under both"),
        "few_conversations": _("too few conversations were answered under both"),
        "same_people": _("nobody else answered under the other version"),
        "no_pairs": _("no item has two people under one version, to compare with"),
        "wide": _("an interval reaches beyond its margin: more items would tell"),
    }[because]
