"""A sample of conversations for a batch, each with the probability of its choice, in random order."""

from __future__ import annotations

import logging
import secrets
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from annotate.models import Batch, Conversation, Task
from annotate.pipeline.planning import counting
from annotate.pipeline.planning.counting import PlanReport
from annotate.pipeline.planning.making import make_whole
from annotate.pipeline.planning.shapes import chunks
from annotate.refusal import Conflict, Refusal
from annotate.reports.quality.selection import By, scores
from annotate.stats.sampling import inclusion, systematic

log = logging.getLogger(__name__)

SEEDS = 2**31
LEAST_RANDOM = 0.05
RANDOM = 0.2


@dataclass(frozen=True, slots=True)
class Selection:
    """What to draw: so many conversations, by what, which share of them evenly over all; the seed of the draw."""

    by: By
    budget: int
    random: float = RANDOM
    seed: int = field(default_factory=lambda: secrets.randbelow(SEEDS))


@dataclass(frozen=True, slots=True)
class Drawn:
    """How a sample came about, as the batch keeps it.

    Of ``population`` conversations that could be chosen, ``scored`` of them with a score by the models ``runs``
    (outside ids) or people's labels, ``chosen`` were: with probabilities from ``lowest`` to ``highest``.
    """

    by: str
    budget: int
    random: float
    seed: int
    population: int
    scored: int
    chosen: int
    lowest: float | None
    highest: float | None
    runs: list[str]


@dataclass(slots=True)
class SelectionReport:
    """The sample and the tasks that it became."""

    drawn: Drawn
    plan: PlanReport


def select(batch: Batch, wanted: Selection, *, dry_run: bool = False) -> SelectionReport:
    """Fill an empty batch with a sample of the project's conversations; with ``dry_run`` nothing is kept.

    Each conversation's probability is ``random`` of the budget spread evenly over all, and the rest in proportion to
    the score, at most 1 (`stats.sampling.inclusion`); the sample has exactly these probabilities, and its tasks keep
    them, so that a mean weighted by 1/probability speaks of the whole project. Tasks are served by age, and are made
    in random order: nobody can read a score off the order. What is held out is chosen for a holdout batch alone.

    Refuses a batch that has tasks (a second draw would make the first one's probabilities untrue), a budget below 1,
    a random share under 5 % (what has no score would never be seen), and what `scores` refuses.
    """
    _check(wanted)
    with transaction.atomic():
        locked = locked_and_empty(batch)
        values = scores(locked.project_id, wanted.by)
        population = list(_population(locked).order_by("id").values_list("id", flat=True))
        marks = np.array([values.values.get(one, np.nan) for one in population], dtype=np.float64)
        share = 1.0 if wanted.by == By.RANDOM else wanted.random
        chances = inclusion(marks, wanted.budget, share)
        places = systematic(chances, np.random.default_rng(wanted.seed))
        chosen = {population[place]: float(chances[place]) for place in places}
        drawn = Drawn(
            by=wanted.by.value,
            budget=wanted.budget,
            random=share,
            seed=wanted.seed,
            population=len(population),
            scored=int(np.isfinite(marks).sum()),
            chosen=len(chosen),
            lowest=min(chosen.values(), default=None),
            highest=max(chosen.values(), default=None),
            runs=list(values.runs),
        )
        report = SelectionReport(drawn, fill(locked, chosen))
        keep(locked, asdict(drawn))
        transaction.set_rollback(dry_run)
    return report


def locked_and_empty(batch: Batch) -> Batch:
    """Return the batch, locked; Conflict ``batch_not_empty`` when it has tasks already."""
    locked = Batch.objects.select_for_update(of=("self",)).select_related("rubric").get(pk=batch.pk)
    if locked.tasks.filter(is_gold=False).exists():
        detail = (
            "The batch has tasks already. A sample is drawn once, into a batch of its own: make another one."
        )
        raise Conflict.because("batch_not_empty", detail, "batch")
    return locked


def fill(batch: Batch, chosen: dict[int, float]) -> PlanReport:
    """Create the tasks of chosen conversations in this order, with their probabilities, and count them."""
    report = PlanReport()
    for chunk in chunks(chosen):
        make_whole(batch, chunk, report, chosen)
    counting.count(batch, report, before=0)
    return report


def keep(batch: Batch, drawn: dict[str, Any]) -> None:
    """Store in the batch how its sample was drawn."""
    batch.selection = drawn
    batch.save(update_fields=["selection"])
    log.info("batch %s: sample drawn", batch.pk)


def _check(wanted: Selection) -> None:
    if wanted.budget < 1:
        raise Refusal.because(
            "budget_refused", "The budget is a number of conversations, 1 or more.", "budget"
        )
    if not LEAST_RANDOM <= wanted.random <= 1:
        detail = _(
            "The random share is from 5% to 100%: without it, what has no score could never be chosen, and no weight "
            "would make up for it."
        )
        raise Refusal.because("random_refused", detail, "random")
    if not 0 <= wanted.seed < SEEDS:
        raise bad_seed()


def bad_seed() -> Refusal:
    """Return the refusal of a seed out of range."""
    detail = _("The seed is a number from 0 to %(most)d.") % {"most": SEEDS - 1}
    return Refusal.because("seed_refused", detail, "seed")


def _population(batch: Batch) -> QuerySet[Conversation]:
    within = Conversation.objects.filter(project=batch.project_id)
    if batch.purpose == Batch.Purpose.HOLDOUT:
        return within
    held_out = Task.objects.filter(batch__project=batch.project_id, batch__purpose=Batch.Purpose.HOLDOUT)
    return within.exclude(pk__in=held_out.values("conversation"))
