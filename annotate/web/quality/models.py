"""The managers' page of model health: style that scorers overpay, sources they misjudge, and who goes against them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from annotate import access, tasks
from annotate.models import Flag
from annotate.reports.quality import model_health as report
from annotate.reports.quality.canaries import canaries
from annotate.reports.quality.model_health import ModelHealthReport, RunHealth
from annotate.reports.quality.stored import current
from annotate.stats.bootstrap import LEAST_CONVERSATIONS
from annotate.stats.health import LEAST_PAIRS, Estimate
from annotate.web.quality.axes import TWO
from annotate.web.quality.plots import Plot, Reference, Value, dots, page


@login_required
@never_cache
@require_safe
def models(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what is wrong with each scorer, and the flags that concern scorers and people as such."""
    member = access.membership(request.user, slug, access.Role.MANAGER)
    stored = current(member.project_id, report.NAME, ModelHealthReport, report.model_health)
    flags = (
        # These have no conversation: to say so spares the server a look at all open flags.
        Flag.objects.filter(project=member.project, status=Flag.Status.OPEN, conversation=None)
        .filter(kind__in=[Flag.Kind.PERSON, Flag.Kind.MODEL_HEALTH])
        .select_related("annotator")
        .order_by("kind", "pk")
    )
    context: dict[str, Any] = {
        "project": member.project,
        "stored": stored,
        "sayings": [sentence(one) for one in flags],
        "canaries": canaries(member.project_id),
    }
    if stored is None:
        tasks.wake(tasks.refresh_report, member.project_id, report.NAME)
        return render(request, "managing/models.html", context)
    plots = [plot for number, run in enumerate(stored.report.runs) for plot in _of_run(number, run)]
    context["all_plots"] = plots
    context["missing"] = [(run, _why(run)) for run in stored.report.runs if run.undefined]
    return page(request, "managing/models.html", context, plots, name=slug)


def _of_run(number: int, run: RunHealth) -> Iterator[Plot]:
    zero = [Reference(0, _("none"))]
    if run.style:
        yield dots(
            f"style-{number}",
            _("%(model)s: what people prefer beside the score") % {"model": run.model},
            [_value(one, features()) for one in run.style if one.name != "score"],
            axis=_("coefficient of a standard deviation; below 0 the score overpays it"),
            references=zero,
        )
    if run.sources:
        yield dots(
            f"sources-{number}",
            _("%(model)s: wins beyond what the score expects, by source model") % {"model": run.model},
            [_value(one, {}) for one in run.sources],
            axis=_("share of pairs; below 0 the score overpays the source"),
            references=zero,
        )


def features() -> dict[str, str]:
    """Return the features of style in words."""
    return {
        "length": _("Length"),
        "headers": _("Headings"),
        "lists": _("Lists"),
        "bold": _("Bold text"),
        "images": _("Images"),
    }


def _value(one: Estimate, names: Mapping[str, str]) -> Value:
    return Value(names.get(one.name, one.name), one.value, one.low, one.high, n=one.count)


def _why(run: RunHealth) -> str:
    if run.undefined == "no_link":
        return _("not known yet, because no link was fitted to people's preferences")
    if run.undefined == "few_conversations":
        return _("not known yet, because the pairs come from fewer than %(least)s conversations") % {
            "least": LEAST_CONVERSATIONS
        }
    return _("not known yet, because only %(pairs)s pairs have a winner; %(least)s are needed") % {
        "pairs": run.pairs,
        "least": LEAST_PAIRS,
    }


def sentence(flag: Flag) -> str:
    """Return what a flag on a scorer or a person says, with its numbers."""
    if flag.kind == Flag.Kind.PERSON and flag.annotator is not None:
        return _of_person(flag.annotator.username, flag.evidence)
    return _of_scorer(flag.evidence)


def _of_person(name: str, found: Mapping[str, Any]) -> str:
    signs = {
        "odd_one_out": _("often the odd one out among people"),
        "seconds_a_task": _("much faster than others"),
        "gold_exact": _("often wrong on reference tasks"),
    }
    return _(
        "%(person)s goes against %(model)s in %(against)s of %(labels)s labels, where %(expected)s were "
        "expected, and is %(signs)s. The person may be right and the model wrong: look before you judge."
    ) % {
        "person": name,
        "model": found["model"],
        "against": found["against"],
        "labels": found["labels"],
        "expected": TWO(found["expected"]),
        "signs": ", ".join(signs[one] for one in found["signs"]),
    }


def _of_scorer(found: Mapping[str, Any]) -> str:
    if found["cause"] == "canary":
        return _(
            "%(model)s says something else than it said: its largest change is %(change)s, where %(tolerance)s is "
            "rounding. Its links are closed until it passes again."
        ) % {
            "model": found["model"],
            "change": "–" if found["change"] is None else TWO(found["change"]),
            "tolerance": TWO(found["tolerance"]),
        }
    if found["cause"] == "length":
        words = _(
            "%(model)s overpays longer answers: coefficient %(value)s (%(low)s to %(high)s), %(pairs)s pairs."
        )
    elif found["value"] < 0:
        words = _(
            "%(model)s overpays answers of %(source)s: they win less often than it has it, by %(value)s "
            "(%(low)s to %(high)s), %(pairs)s pairs."
        )
    else:
        words = _(
            "%(model)s underpays answers of %(source)s: they win oftener than it has it, by %(value)s "
            "(%(low)s to %(high)s), %(pairs)s pairs."
        )
    return words % {
        "model": found["model"],
        "value": TWO(found["value"]),
        "low": TWO(found["low"]),
        "high": TWO(found["high"]),
        "pairs": found["pairs"],
        "source": found.get("source", ""),
    }
