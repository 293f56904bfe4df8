"""The managers' page of agreement: every question with its interval, and any number by stratum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from annotate import access, tasks
from annotate.models import Dimension
from annotate.reports import wording
from annotate.reports.quality import agreement as report
from annotate.reports.quality.agreement import AgreementReport, ComparisonAgreement, RatingAgreement
from annotate.reports.quality.stored import current
from annotate.reports.quality.strata import Stratum
from annotate.stats.agreement import NAMES, SIDES, Agreement
from annotate.stats.bootstrap import LEAST_CONVERSATIONS
from annotate.templatetags.numbers import true_minus
from annotate.web.quality.bars import Parts, stacked
from annotate.web.quality.curves import Series, curve
from annotate.web.quality.plots import Cell, Plot, Reference, Value, as_csv, dots, page

NUMBERS: dict[str, str | Promise] = {
    "alpha": gettext_lazy("Krippendorff's alpha, ordinal"),
    "alpha_nominal": gettext_lazy("Krippendorff's alpha, nominal"),
    "alpha_interval": gettext_lazy("Krippendorff's alpha, interval"),
    "kappa": gettext_lazy("Fleiss' kappa, quadratic weights"),
    "ac2": gettext_lazy("Gwet's AC2, quadratic weights"),
    "exact": gettext_lazy("the same value"),
    "within_one": gettext_lazy("within one level"),
    "same_side": gettext_lazy("the same side, ties left out"),
    "ties_as_half": gettext_lazy("the same side, ties as half"),
}
STRATA: dict[str, str | Promise] = {
    "turn": gettext_lazy("turn"),
    "language": gettext_lazy("language"),
    "source": gettext_lazy("source model"),
    "period": gettext_lazy("time"),
}
SHARES = ("exact", "within_one", *SIDES)
# What an alpha must exceed to be believed is as true of kappa's kin; shares have no such limit.
CHANCE_CORRECTED = tuple(name for name in NAMES if name not in SHARES)


@dataclass(frozen=True, slots=True)
class Row:
    """A question as the page shows it: its key in the address, its name, and all that was found."""

    key: str
    name: str
    found: RatingAgreement | ComparisonAgreement

    @property
    def is_comparison(self) -> bool:
        """Whether two are compared, not one rated."""
        return isinstance(self.found, ComparisonAgreement)

    @property
    def left_out(self) -> list[tuple[str, int]]:
        """How many answers were not rated, by state in words."""
        counts = self.found.left_out if isinstance(self.found, RatingAgreement) else {}
        words = {"defaulted": _("default accepted"), **wording.states()}
        return [(words[state], count) for state, count in sorted(counts.items())]

    @property
    def levels(self) -> list[int]:
        """The values that could be given, or were."""
        given = self.found.agreement.distribution
        if isinstance(self.found, RatingAgreement):
            given = {**given, self.found.minimum: 0, self.found.maximum: 0}
        return list(range(min(given, default=-1), max(given, default=1) + 1))


@login_required
@never_cache
@require_safe
def agreement(request: HttpRequest, slug: str) -> HttpResponse:
    """Show how far people agree; a number and a kind of stratum are chosen in the address."""
    member = access.membership(request.user, slug, access.Role.MANAGER)
    stored = current(member.project_id, report.NAME, AgreementReport, report.agreement_report)
    context: dict[str, Any] = {"project": member.project, "stored": stored}
    if stored is None:
        tasks.wake(tasks.refresh_report, member.project_id, report.NAME)
        return render(request, "managing/agreement.html", context)
    rows = _rows(stored.report, member.project.rubric_id)
    if request.GET.get("csv") == "all":
        return as_csv(f"{slug}-agreement", _COLUMNS, _everything(rows))
    number = _chosen(request, "number", NUMBERS)
    by = _chosen(request, "by", STRATA)
    context |= {
        "numbers": NUMBERS,
        "number": number,
        "strata": STRATA,
        "by": by,
        "verdicts": [(row, _verdict(row)) for row in rows],
        "least": LEAST_CONVERSATIONS,
        "limits": (report.CONTINUE, report.RELIABLE, report.SAME_SIDE, report.TIES_AS_HALF),
    }
    plots: list[Plot] = [*_of_questions(rows, number), *_of_strata(rows, number, by, stored.report.period)]
    context["of_strata"] = [one for one in plots if one.key.startswith("by-")]
    context["given"] = given = _given(rows)
    context["sampled"] = sampled = list(_sampled(stored.report, rows, number))
    return page(request, "managing/agreement.html", context, [*plots, *given, *sampled], name=slug)


def _chosen(request: HttpRequest, name: str, known: dict[str, str | Promise]) -> str:
    wanted = request.GET.get(name, "")
    return wanted if wanted in known else next(iter(known))


def _rows(found: AgreementReport, rubric_id: int) -> list[Row]:
    keys = {one.dimension for one in found.dimensions} | {one.dimension or "" for one in found.comparisons}
    # Other rubrics may have a dimension of the same key: the project's own says what it is called here.
    dimensions = sorted(
        Dimension.objects.filter(key__in=keys), key=lambda one: (one.rubric_id == rubric_id, one.pk)
    )
    names = {one.key: wording.name_of(one) for one in dimensions}
    rows = [
        Row(f"{number}-{one.dimension}", names[one.dimension], one)
        for number, one in enumerate(found.dimensions)
    ]
    for one in found.comparisons:
        words = (
            _("%(question)s: two responses") if one.scope == "local" else _("%(question)s: two conversations")
        )
        name = names[one.dimension] if one.dimension else wording.name_of(None)
        key = f"{one.scope}-{one.dimension or 'overall'}"
        rows.append(Row(key, words % {"question": name}, one))
    return rows


def _of_questions(rows: Sequence[Row], number: str) -> Iterator[Plot]:
    """Yield the number of every rated dimension, and on which side people are in comparisons."""
    rated, compared = (
        [one for one in rows if not one.is_comparison],
        [one for one in rows if one.is_comparison],
    )
    if number not in SIDES:
        limits = [Reference(report.CONTINUE, _("to go on")), Reference(report.RELIABLE, _("reliable"))]
        title = _("Ratings: %(number)s") % {"number": NUMBERS[number]}
        yield _one_number("ratings", title, rated, number, limits if number == "alpha" else [])
    if compared and number in CHANCE_CORRECTED:
        title = _("Comparisons: %(number)s") % {"number": NUMBERS[number]}
        yield _one_number("comparisons", title, compared, number, [])
    if compared:
        reached = zip(SIDES, (report.SAME_SIDE, report.TIES_AS_HALF), strict=True)
        yield dots(
            "sides",
            _("Comparisons: pairs of people on the same side"),
            [
                _value(row.name, row.found, name, series=series)
                for row in compared
                for series, name in enumerate(SIDES)
            ],
            axis=_("share of pairs of people"),
            references=[Reference(limit, str(NUMBERS[name])) for name, limit in reached],
            legend=[str(NUMBERS[name]) for name in SIDES],
            low=0,
            high=1,
        )


def _one_number(
    key: str, title: str, rows: Sequence[Row], number: str, references: Sequence[Reference]
) -> Plot:
    notes = [_scope(row) if key == "ratings" else "" for row in rows]
    values = [_value(row.name, row.found, number, note=note) for row, note in zip(rows, notes, strict=True)]
    axis, low = str(NUMBERS[number]), _floor(values)
    return dots(key, title, values, axis=axis, references=references, low=low, high=1)


def _of_strata(rows: Sequence[Row], number: str, by: str, period: str) -> Iterator[Plot]:
    """Yield a plot for each question that has strata of this kind: a line where they have an order."""
    for row in rows:
        # A question has the number that is asked for, or else its like: who is on the same side, or exactly the same.
        own = number if row.is_comparison or number not in SIDES else "exact"
        strata = [one for one in row.found.strata if one.by == by]
        if not strata:
            continue
        values = [_value(_label(one, period), one, own) for one in strata]
        low = _floor(values)
        axis = str(NUMBERS[own])
        if by in ("turn", "period"):
            yield curve(f"by-{row.key}", row.name, [Series(axis, values)], axis=axis, low=low, high=1)
        else:
            yield dots(f"by-{row.key}", row.name, values, axis=axis, low=low, high=1)


def _sampled(found: AgreementReport, rows: Sequence[Row], number: str) -> Iterator[Plot]:
    """Yield a plot for each sample of unequal chances: its conversations all alike, and weighed by their chances."""
    names = {(row.is_comparison, row.found.scope, row.found.dimension): row.name for row in rows}
    legend = [_("every conversation alike"), _("by one over its chance")]
    for place, sample in enumerate(found.sampled):
        values = []
        for one in sample.questions:
            is_comparison = one.kind == "comparison"
            own = one.numbers[number if is_comparison or number not in SIDES else "exact"]
            name = names[is_comparison, one.scope, one.dimension]
            worth = _("worth %(count)s of equal weight") % {"count": f"{one.effective:.1f}"}
            values += [
                _of_sample(name, own.plain, None, None, one.conversations, "", 0),
                _of_sample(name, own.value, own.low, own.high, one.conversations, worth, 1),
            ]
        words = _(
            "%(chosen)s of %(population)s conversations, drawn by %(by)s with chances from %(low)s to %(high)s."
        ) % {
            "chosen": sample.chosen,
            "population": sample.population,
            "by": sample.by,
            "low": f"{sample.lowest:.3f}",
            "high": f"{sample.highest:.3f}",
        }
        yield dots(
            f"sampled-{place}",
            sample.batch,
            values,
            axis=str(NUMBERS[number]),
            legend=legend,
            low=_floor(values),
            high=1,
            summary=words,
        )


def _of_sample(  # noqa: PLR0913, PLR0917 - a number and all that is said of it
    name: str, value: float | None, low: float | None, high: float | None, n: int, note: str, series: int
) -> Value:
    missing = _("not defined, because everybody gave the same value: there is no variation to explain")
    return Value(
        name, value, low, high, n=n, why="" if value is not None else missing, note=note, series=series
    )


def _floor(values: Sequence[Value]) -> float | None:
    """Return 0, that plots may be compared, unless something lies below it."""
    return 0.0 if all(((one.value if one.low is None else one.low) or 0) >= 0 for one in values) else None


def _label(stratum: Stratum, period: str) -> str:
    if stratum.by == "turn":
        return _("turn %(number)s") % {"number": stratum.value}
    if stratum.by == "period" and period == "week":
        return stratum.value[5:]
    return stratum.value or _("not known")


def _given(rows: Sequence[Row]) -> list[Plot]:
    """Return how often each value was given, scale by scale."""
    scales: dict[tuple[int, ...], list[Row]] = {}
    for row in rows:
        scales.setdefault(tuple(row.levels), []).append(row)
    return [
        stacked(
            f"given-{number}",
            _("Comparisons: preferences given (above 0: for the right one)")
            if same[0].is_comparison
            else _("Ratings: values given"),
            [
                Parts(row.name, [row.found.agreement.distribution.get(one, 0) for one in levels])
                for row in same
            ],
            [true_minus(one) for one in levels],
        )
        for number, (levels, same) in enumerate(scales.items())
    ]


def _value(
    label: str,
    found: RatingAgreement | ComparisonAgreement | Stratum,
    name: str,
    *,
    note: str = "",
    series: int = 0,
) -> Value:
    """Return a number with its interval and the conversations behind it, or why it is not defined."""
    whole = found.agreement
    holder: object = found if name in SIDES else whole
    value: float | None = getattr(holder, name)
    bounds = whole.intervals.get(name)
    return Value(
        label,
        value,
        None if bounds is None else bounds.low,
        None if bounds is None else bounds.high,
        n=whole.conversations,
        why="" if value is not None else why(whole, name),
        note="; ".join(
            one for one in (note, no_interval(whole) if value is not None and not bounds else "") if one
        ),
        series=series,
    )


def why(found: Agreement, name: str = "alpha") -> str:
    """Return why a number is not defined."""
    if found.undefined == "no_pairs":
        return _("not defined, because no item has answers by two people yet")
    if name == "same_side":
        return _("not defined, because no item has two answers that take a side")
    return _("not defined, because everybody gave the same value: there is no variation to explain")


def no_interval(found: Agreement) -> str:
    """Return why a number has no interval; "" where it has one."""
    return {
        "few_conversations": _("no interval below %(least)s conversations") % {"least": LEAST_CONVERSATIONS},
        "unstable": _("no interval: without some conversations the number is not defined"),
    }.get(found.no_interval, "")


def _scope(row: Row) -> str:
    return _("per response") if row.found.scope == "local" else _("whole conversation")


def _verdict(row: Row) -> str:
    """Return what the numbers allow, and whether the whole interval says so."""
    words = {
        "reliable": _("reliable: may be published as such"),
        "continue": _("good enough to go on, not to be called reliable"),
        "below": _("too low: talk about the guidelines before going on"),
        "reached": _("reaches what a pilot should"),
        "": why(row.found.agreement),
    }
    if row.is_comparison:
        words["below"] = _("below what a pilot should reach")
    said = words[row.found.verdict]
    if not row.found.verdict or row.found.is_certain:
        return said
    return _("%(verdict)s; not certain yet, the interval goes beyond") % {"verdict": said}


_COLUMNS = (
    *("question", "scope", "kind", "by", "stratum", "number", "value", "low", "high", "reason"),
    *("items", "pairs", "conversations"),
)


def _everything(rows: Sequence[Row]) -> Iterator[list[Cell]]:
    """Yield a line for every number of every question and stratum."""
    for row in rows:
        kind = "comparison" if row.is_comparison else "rating"
        parts: list[tuple[str, str, RatingAgreement | ComparisonAgreement | Stratum]] = [("", "", row.found)]
        parts += [(one.by, one.value, one) for one in row.found.strata]
        for by, stratum, found in parts:
            whole = found.agreement
            for name in [*NAMES, *(SIDES if row.is_comparison else ())]:
                one = _value(row.name, found, name)
                cells: list[Cell] = [row.name, row.found.scope, kind, by, stratum, name]
                yield [
                    *cells,
                    one.value,
                    one.low,
                    one.high,
                    one.why,
                    whole.items,
                    whole.pairs,
                    whole.conversations,
                ]
