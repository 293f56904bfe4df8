"""The scorer that this process holds: loaded once, warmed up, and the very one that the run wants."""

from __future__ import annotations

import gc
import logging
from dataclasses import dataclass, field

from annotate.models import ScorerRun
from annotate.pipeline.scoring import attempts, workers
from annotate.pipeline.scoring.configurations import configurations, sha256_of
from annotate.pipeline.scoring.isolating import ScorerFailedError, guarded
from inference import scorers as kinds
from inference.configuration import Configuration, ConfigurationError
from inference.types import Health, Item, Message, Scorer, ScorerInfo, Text, Watched

log = logging.getLogger(__name__)

BATCH = 64  # responses at once, at most
FIRST_BATCH = 8  # as long as nobody knows how quick the scorer is
AIM_SECONDS = 20.0  # how long a batch should take: progress is seen, little is lost with a killed worker

WARM_UP = Item(
    id="warm-up",
    messages=(Message("user", (Text("Is it warm?"),)), Message("assistant", (Text("It will be."),))),
)


class MismatchError(Exception):
    """This worker's scorer is not the one that the run was made for; says what differs."""


@dataclass(slots=True)
class Resident:
    """A scorer in memory; ``failed_in_a_row`` conversations could not be scored, the latest ones.

    ``checked`` holds the runs whose canaries it has repeated.
    """

    scorer: Scorer
    info: ScorerInfo
    configuration_sha256: str
    failed_in_a_row: int = 0
    seconds_each: float | None = None
    checked: set[int] = field(default_factory=set)

    def batch_size(self) -> int:
        """Return how many responses make a batch of `AIM_SECONDS`: 1 to `BATCH`."""
        if self.seconds_each is None:
            return FIRST_BATCH
        return max(1, min(BATCH, int(AIM_SECONDS / max(self.seconds_each, 1e-6))))

    def health(self) -> Health | None:
        """Return what the scorer says of its device, if it says anything."""
        scorer = self.scorer
        if not isinstance(scorer, Watched):
            return None
        try:
            return guarded(scorer.health)
        except ScorerFailedError:
            return None  # it is in the log; scores do not hang on it


_residents: dict[str, Resident] = {}  # one at most: two large models seldom fit one device


def is_in(run: ScorerRun) -> bool:
    """Whether the run's scorer is in memory."""
    return run.scorer in _residents


def take_in(run: ScorerRun) -> Resident:
    """Return the run's scorer, loaded now if it is not here; any other leaves the memory first.

    Raises MismatchError, ScorerFailedError for what cannot be loaded, UnavailableError.
    """
    try:
        configuration = configurations().get(run.scorer)
    except ConfigurationError as error:
        raise MismatchError(f"SCORERS_FILE on {workers.HOST} cannot be used: {error}") from error
    if configuration is None:
        raise MismatchError(
            f"The worker on {workers.HOST} knows no scorer “{run.scorer}”: give it the SCORERS_FILE of the web."
        )
    # What was loaded long ago may have been overtaken: other weights in the folder, another server.
    if run.scorer in _residents and _difference(_residents[run.scorer], run):
        leave()
    resident = _residents.get(run.scorer) or _load(run, configuration)
    if difference := _difference(resident, run):
        raise MismatchError(
            f"The scorer “{run.scorer}” on {workers.HOST} is not the one of this run: {difference}. "
            "Give all workers the same SCORERS_FILE and weights as the web, or start a new run."
        )
    return resident


def leave() -> None:
    """Let go of the scorer, its memory included; the next one to be wanted is loaded afresh."""
    _residents.clear()
    gc.collect()


def _load(run: ScorerRun, configuration: Configuration) -> Resident:
    leave()
    key = run.scorer
    _survived_before(run)
    log.info("loading scorer %s", key)
    with workers.at_work(run.pk), attempts.counted(run.pk, [attempts.LOADING]):
        scorer = guarded(lambda: kinds.load(key, configuration))
        info = guarded(scorer.describe)
        guarded(lambda: scorer([WARM_UP]))
    resident = _residents[key] = Resident(scorer, info, sha256_of(configuration))
    workers.loaded(info, resident.health())
    log.info("scorer %s is loaded", key)
    return resident


def _survived_before(run: ScorerRun) -> None:
    """Refuse to load what killed worker after worker, such as a model that is too large for the machine."""
    deaths = attempts.deaths(run.pk, [attempts.LOADING])[attempts.LOADING]
    if deaths >= attempts.LIMIT:
        attempts.forget(run.pk, [attempts.LOADING])  # whoever tries again has mended something
        raise ScorerFailedError(
            f"{deaths} workers in a row ended while they loaded the model; is there memory enough for it?"
        )


def _difference(resident: Resident, run: ScorerRun) -> str:
    """Return what differs between the scorer and what the run was made for; "" for nothing."""
    names = ("model", "revision", "dtype", "image_budget")
    found = [
        f"{name.replace('_', ' ')} “{getattr(resident.info, name)}” here, “{getattr(run, name)}” in the run"
        for name in names
        if getattr(resident.info, name) != getattr(run, name)
    ]
    if resident.configuration_sha256 != run.configuration_sha256:
        found.append("other settings, or another version of the program")
    return "; ".join(found)
