"""What stands out about an annotator, in words, and what a manager can do about it. Nothing of it acts by itself."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from django.utils.translation import gettext_lazy as _

from annotate.reports.quality.annotators import Annotator, AnnotatorReport

# From here on something stands out. In levels; as shares; as parts of what is usual here.
OFFSET = 0.5
STRAIGHT, STRAIGHT_TIMES = 0.2, 3
ALIKE, ALIKE_TIMES = 0.3, 2
FAST = 0.5
GOLD = OWN = 0.4
REPEATED = 20

SIGNS = {
    "agreement": (
        _("agrees less"),
        _(
            "The whole interval lies below the middle of the team. Go through two or three of the"
            " person's tasks together, with the worked examples of the guidelines beside them."
        ),
    ),
    "offset": (
        _("rates apart"),
        _(
            "At least half a level above or below the others. Means of sources are freed of it, "
            "so nothing is lost; talk about the anchors of the levels. A strict person may be the"
            " better reader."
        ),
    ),
    "gold": (
        _("misses gold"),
        _(
            "Kappa with the reference answers below 0.4. Look at the missed keys first: a wrong "
            "key misses everybody."
        ),
    ),
    "itself": (
        _("answers change"),
        _(
            "Kappa with the own answers on hidden repeats below 0.4. The question may be unclear, or the "
            "day long: ask, and look at the guidelines first."
        ),
    ),
    "straight": (
        _("one level throughout"),
        _(
            "Gives whole tasks one and the same level, far more often than the others. Open one "
            "of these tasks: where the answers deserve it nothing is wrong."
        ),
    ),
    "alike": (
        _("texts alike"),
        _(
            "Many of the texts are nearly copies of one another; the pairs are below. Say what a "
            "helpful critique names: the place and the reason."
        ),
    ),
    "fast": (
        _("fast"),
        _(
            "Less than half the usual time a task. By itself no fault: practised people are fast."
            " Look at it beside agreement and gold."
        ),
    ),
    "dissent": (
        _("dissents from a model"),
        _(
            "F5: goes against a reward model more often than expected, and a sign without any "
            "model agrees. Models are biased and a dissenting person can be right: review some of"
            " the items before you speak to anybody."
        ),
    ),
}


def signs_of(report: AnnotatorReport) -> dict[str, list[str]]:
    """Return by outside id what stands out about everybody, as keys of `SIGNS`."""
    agreements = [one.agreement.value for one in report.annotators if one.agreement.value is not None]
    usual = median(agreements) if agreements else None
    alike = [one.texts.alike / one.texts.texts for one in report.annotators if one.texts.texts]
    usual_alike = median(alike) if alike else 0.0
    return {str(one.id): list(_signs(one, report, usual, usual_alike)) for one in report.annotators}


def _signs(one: Annotator, report: AnnotatorReport, usual: float | None, usual_alike: float) -> Iterator[str]:
    if usual is not None and one.agreement.high is not None and one.agreement.high < usual:
        yield "agreement"
    low, high = one.offset.low, one.offset.high
    if low is not None and high is not None and (low > OFFSET or high < -OFFSET):
        yield "offset"
    if one.gold and one.gold.kappa is not None and one.gold.kappa < GOLD:
        yield "gold"
    share = one.straight.share
    if share is not None and share > max(STRAIGHT, STRAIGHT_TIMES * (report.straight_share or 0)):
        yield "straight"
    if one.texts.texts and one.texts.alike / one.texts.texts > max(ALIKE, ALIKE_TIMES * usual_alike):
        yield "alike"
    if one.pace_ms is not None and report.pace_ms is not None and one.pace_ms < FAST * report.pace_ms:
        yield "fast"
    if one.itself and one.itself.ratings >= REPEATED and (one.itself.kappa or 0) < OWN:
        yield "itself"
    if one.dissents:
        yield "dissent"
