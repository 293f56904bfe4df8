"""The managers' page of scorers as judges: each trained run beside people, by dimension and turn by turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from annotate import access
from annotate.reports.quality.ceiling import Ceiling
from annotate.reports.quality.judges import Judge, JudgeReport, judge_report
from annotate.web.quality.axes import TWO, percent, plain, scale
from annotate.web.quality.curves import SERIES, Series, curve
from annotate.web.quality.plots import Plot, Reference, Value, dots, page
from annotate.web.quality.shown import dimension_names, shown, value_of

THREE = plain(3)


@dataclass(frozen=True, slots=True)
class TableRow:
    """A judge in the table beside the published ones: its numbers by dimension, a dash for none."""

    name: str
    is_own: bool
    numbers: list[str]


@login_required
@never_cache
@require_safe
def judges(request: HttpRequest, slug: str) -> HttpResponse:
    """Show each trained scorer run beside people."""
    project = access.membership(request.user, slug, access.Role.MANAGER).project
    found = shown(project.pk, "judges", JudgeReport, judge_report)
    report = found.report if found else JudgeReport([], [])
    dimensions = dimension_names(project.rubric_id)
    names = judge_names(report.judges)
    context = {
        "project": project,
        "stored": found,
        "judges": list(zip(names, report.judges, strict=True)),
        "dimensions": dimensions.values(),
        "unpaired": [name for key, name in dimensions.items() if key not in _paired(report.judges)],
        "has_ceiling": any(_has_ceiling(one) for one in report.judges),
        "tables": [
            (_("Pearson's correlation"), _table(report, names, list(dimensions), "pearson")),
            (_("Accuracy on pairs"), _table(report, names, list(dimensions), "accuracy")),
        ],
    }
    made = _plots(report.judges[:SERIES], names[:SERIES], dimensions) if report.judges else []
    return page(request, "managing/judges.html", context, made, name=slug)


def judge_names(found: list[Judge]) -> list[str]:
    """Return what runs are called: the scorer, with model and revision where that is needed to tell them apart."""
    by_scorer = Counter(one.scorer for one in found)
    by_model = Counter((one.scorer, one.model) for one in found)
    return [
        one.scorer
        if by_scorer[one.scorer] == 1
        else f"{one.scorer} {one.model}"
        if by_model[one.scorer, one.model] == 1
        else f"{one.scorer} {one.model} {one.revision[:8]} {str(one.id)[:4]}"
        for one in found
    ]


def _plots(found: list[Judge], names: list[str], dimensions: dict[str, str]) -> list[Plot]:
    paired = _paired(found)
    return [
        *_preferences(found, names),
        _by_dimension(
            "accuracy",
            _("Accuracy on pairs by dimension"),
            _("share of pairs rated differently by one person"),
            {key: name for key, name in dimensions.items() if key in paired},
            found,
            names,
        ),
        _by_dimension(
            "pearson",
            _("Pearson's correlation with ratings by dimension"),
            _("correlation over all responses"),
            dimensions,
            found,
            names,
        ),
        _by_dimension(
            "within_prompt",
            _("Correlation within one prompt"),
            _("correlation of differences from the prompt's mean"),
            {key: name for key, name in dimensions.items() if key in paired},
            found,
            names,
        ),
        *_by_turn(found, names, dimensions),
        *_ceilings(found, names, dimensions),
    ]


def _preferences(found: list[Judge], names: list[str]) -> list[Plot]:
    chance = [Reference(0.5, _("chance"))]
    judged = list(zip(names, found, strict=True))
    turn = _("turn %(number)s")
    return [
        dots(
            "preferences",
            _("On whose side the judge is: overall preferences"),
            [value_of(name, one.preferences.accuracy, series=n) for n, (name, one) in enumerate(judged)],
            axis=_("share of stated preferences, ties left out"),
            form=percent,
            references=chance,
        ),
        curve(
            "turns",
            _("The multi-turn curve: overall preferences by turn"),
            [
                Series(
                    name,
                    [value_of(turn % {"number": at.turn}, at.accuracy) for at in one.preferences_by_turn],
                )
                for name, one in judged
                if one.preferences_by_turn
            ],
            axis=_("share on the same side, ties left out"),
            form=percent,
            references=chance,
        ),
    ]


def _by_dimension(  # noqa: PLR0913, PLR0917 - what a plot says, and of what
    metric: str, title: str, axis: str, dimensions: dict[str, str], found: list[Judge], names: list[str]
) -> Plot:
    """Return one row for each dimension and judge; ``metric`` names the field of `RatingsJudged`."""
    is_share = metric == "accuracy"
    return dots(
        metric,
        title,
        [
            value_of(
                name,
                getattr(one.whole, metric),
                series=number,
                note="" if one.taught else _("not taught this"),
            )
            for key, name in dimensions.items()
            for number, judge in enumerate(found)
            for one in judge.dimensions
            if one.dimension == key
        ],
        axis=axis,
        form=percent if is_share else TWO,
        references=[Reference(0.5, _("chance")) if is_share else Reference(0, "")],
        legend=names if len(names) > 1 else [],
    )


def _paired(found: list[Judge]) -> set[str]:
    """Return the dimensions on which somebody rated two answers to one prompt differently."""
    return {one.dimension for judge in found for one in judge.dimensions if one.whole.accuracy.n}


def _by_turn(found: list[Judge], names: list[str], dimensions: dict[str, str]) -> list[Plot]:
    """Return one small curve for each local dimension: the correlation turn by turn."""
    local = [one.dimension for one in found[0].dimensions if one.scope == "local" and one.turns]
    common = scale(
        number
        for judge in found
        for one in judge.dimensions
        if one.dimension in local
        for turn in one.turns
        for number in (turn.pearson.low, turn.pearson.value, turn.pearson.high)
    )
    return [
        curve(
            f"turns_{key}",
            dimensions.get(key, key),
            [
                Series(
                    name,
                    [
                        value_of(_("turn %(number)s") % {"number": turn.turn}, turn.pearson)
                        for turn in one.turns
                    ],
                )
                for name, judge in zip(names, found, strict=True)
                for one in judge.dimensions
                if one.dimension == key
            ],
            axis=_("Pearson's correlation"),
            low=common.low,
            high=common.high,
        )
        for key in local
    ]


def _ceilings(found: list[Judge], names: list[str], dimensions: dict[str, str]) -> Iterator[Plot]:
    """Yield two plots for each judge: one person and the judge, both against the others."""
    stated = _("Stated preferences")
    for number, (name, judge) in enumerate(zip(names, found, strict=True)):
        legend = [_("one person"), name]
        by_name = [(dimensions.get(one.dimension, one.dimension), one) for one in judge.ceiling.dimensions]
        accuracy = [(stated, judge.ceiling.preferences), *((key, one.accuracy) for key, one in by_name)]
        yield dots(
            f"ceiling_{number}_accuracy",
            _("Accuracy on pairs: one person and %(judge)s against the others") % {"judge": name},
            _beside(accuracy),
            axis=_("share on the side of most of the others"),
            form=percent,
            references=[Reference(0.5, _("chance"))],
            legend=legend,
        )
        yield dots(
            f"ceiling_{number}_pearson",
            _("Pearson's correlation: one person and %(judge)s against the others") % {"judge": name},
            _beside([(key, one.pearson) for key, one in by_name]),
            axis=_("correlation with the mean of the others"),
            references=[Reference(0, "")],
            legend=legend,
        )


def _has_ceiling(judge: Judge) -> bool:
    found = judge.ceiling
    return bool(found.preferences.person.n or any(one.pearson.person.n for one in found.dimensions))


def _beside(rows: list[tuple[str, Ceiling]]) -> list[Value]:
    """Return a row for one person and one for the judge, where anything was measured."""
    return [
        value_of(name, estimate, series=series)
        for name, one in rows
        if one.person.n
        for series, estimate in enumerate((one.person, one.run))
    ]


def _table(report: JudgeReport, names: list[str], dimensions: list[str], metric: str) -> list[TableRow]:
    rows = []
    for name, one in zip(names, report.judges, strict=True):
        own = {each.dimension: getattr(each.whole, metric).value for each in one.dimensions}
        rows.append(TableRow(name, is_own=True, numbers=[_number(own.get(key)) for key in dimensions]))
    for published in report.published:
        theirs = getattr(published, metric)
        if theirs:
            numbers = [_number(theirs.get(key)) for key in dimensions]
            rows.append(TableRow(published.name, is_own=False, numbers=numbers))
    return rows


def _number(value: float | None) -> str:
    return "–" if value is None else THREE(value)
