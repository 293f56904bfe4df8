"""The managers' page of calibration: what scorers' numbers were found to mean, which links are open, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from annotate import access
from annotate.models import Dimension
from annotate.reports import wording
from annotate.reports.quality.calibrations import CalibrationsReport, Link, calibrations
from annotate.stats.bootstrap import LEAST_CONVERSATIONS
from annotate.stats.gates import BETTER_THAN, LEAST_PRECISION
from annotate.web.quality.axes import TWO
from annotate.web.quality.curves import Bin, reliability
from annotate.web.quality.plots import Plot, Reference, Value, dots, page

MOST_DIAGRAMS = 12


@dataclass(frozen=True, slots=True)
class Row:
    """A link as the page shows it."""

    link: Link
    name: str
    stratum: str
    reason: str


@login_required
@never_cache
@require_safe
def calibration(request: HttpRequest, slug: str) -> HttpResponse:
    """Show every link of the project's scorers, how reliable it is, and why it is open or closed."""
    member = access.membership(request.user, slug, access.Role.MANAGER)
    report = calibrations(member.project_id)
    rows = _rows(report)
    diagrams = list(_diagrams(rows))
    context = {
        "project": member.project,
        "report": report,
        "rows": rows,
        "diagrams": diagrams,
        "measured": [row for row in rows if row.link.reliability],
        "ratings": [row for row in rows if row.link.realised is not None],
    }
    plots: list[Plot] = [*_comparing(rows), *diagrams]
    return page(request, "managing/calibration.html", context, plots, name=slug)


def _rows(report: CalibrationsReport) -> list[Row]:
    keys = {one.dimension for one in report.links if one.dimension}
    names = {one.key: wording.name_of(one) for one in Dimension.objects.filter(key__in=keys).order_by("pk")}
    questions = {
        "preference": _("%(what)s: two responses"),
        "rating": _("%(what)s: ratings"),
        "step": _("Steps of reasoning"),
    }
    return [
        Row(
            one,
            questions[one.question]
            % {"what": names[one.dimension] if one.dimension else wording.name_of(None)},
            stratum_words(one.stratum),
            reason_words(one),
        )
        for one in report.links
    ]


def stratum_words(stratum: str) -> str:
    """Return a stratum in the reader's language: the language, and which sources are compared."""
    language, _space, source = stratum.partition(" ")
    said = {
        "same": _("one source model"),
        "different": _("two source models"),
        "unknown": _("source not known"),
    }.get(source, "")
    return ", ".join(word for word in (language, said) if word) or _("everything")


def reason_words(link: Link) -> str:
    """Return why the gate is open or closed, with its numbers, in the reader's language."""
    words = {
        "open": _(
            "Orders two answers as people do %(accuracy)s of the time, at least %(lower)s (95 %%): "
            "open from %(least)s on."
        ),
        "few_labels": _("Only %(count)s labels; %(needed)s are needed."),
        "no_pairs": _("Nobody has told two answers to one prompt apart, so its order cannot be checked."),
        "few_conversations": _(
            "Answers told apart come from fewer than %(least_conversations)s conversations: "
            "too few to say how sure this is."
        ),
        "not_better": _(
            "Orders two answers as people do %(accuracy)s of the time, at least %(lower)s (95 %%); "
            "more than %(least)s is needed."
        ),
        "imprecise": _(
            "Of %(decisions)s decided flags at least %(precision)s were right (90 %%); %(least_precision)s is needed."
        ),
        "canary": _("The model says something else than it said: see Models."),
    }
    numbers = {
        "accuracy": _number(link.accuracy),
        "lower": _number(link.lower),
        "precision": _number(link.precision_lower),
        "least": TWO(BETTER_THAN),
        "least_precision": TWO(LEAST_PRECISION),
        "least_conversations": LEAST_CONVERSATIONS,
        "count": link.sample,
        "needed": link.needed,
        "decisions": link.decisions,
    }
    return words[link.code] % numbers


def _number(value: float | None) -> str:
    return "–" if value is None else TWO(value)


def _label(row: Row) -> str:
    return f"{row.link.model}, {row.name}, {row.stratum}"


def _comparing(rows: list[Row]) -> Iterator[Plot]:
    """Yield how well each link orders answers, and how often people go against it beside how often expected."""
    asked = [row for row in rows if row.link.accuracy is not None]
    if asked:
        yield dots(
            "accuracy",
            _("How often two answers are ordered as people order them"),
            [
                Value(
                    _label(row),
                    row.link.accuracy,
                    row.link.lower,
                    row.link.upper,
                    n=row.link.sample,
                )
                for row in asked
            ],
            axis=_("share of labels, with bounds of 95 % each"),
            references=[Reference(BETTER_THAN, _("gate"))],
        )
    known = [row for row in rows if row.link.disagreement is not None]
    if known:
        yield dots(
            "disagreement",
            _("Labels against the score"),
            [
                Value(_label(row), number, n=row.link.sample, series=series)
                for row in known
                for series, number in enumerate((row.link.disagreement, row.link.expected_disagreement))
            ],
            axis=_("share of labels"),
            legend=[_("observed"), _("expected")],
            low=0,
        )


def _diagrams(rows: list[Row]) -> Iterator[Plot]:
    for row in [one for one in rows if one.link.reliability][:MOST_DIAGRAMS]:
        found = row.link.reliability
        if found is not None:
            bins = [Bin(one.predicted, one.observed, one.count, one.low, one.high) for one in found.bins]
            yield reliability(f"reliability-{row.link.id}", _label(row), bins)
