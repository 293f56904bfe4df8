"""What a scorer holds against a label, before it is a flag: some of it is never raised, for want of budget."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from annotate.models import Calibration, Flag, ScorerRun
from annotate.reports.labels.given_labels import GivenLabels

AtRisk = tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_], npt.NDArray[np.float64]]

SURPRISING = 0.20  # a label this improbable is held against its person


@dataclass(frozen=True, slots=True)
class Doubt:
    """One label beside what its link says.

    ``chance`` is how likely another person would say the same, ``rank`` the doubt's place among all labels of its
    stratum (0 the most surprising): strata are served alike, however their links are spread. ``sources`` are the names
    of source models. A provisional one has no other effect than that a second person is asked, and is one of
    ``among`` items that might be. ``evidence`` is what the reveal shows beside the person's number and the submission;
    ``label`` is what the person said. ``person_q``, where a person is doubted, is the share of false alarms among those
    who are as unusual: of many ratings the worst always has a small ``chance``.
    """

    kind: Flag.Kind
    run: ScorerRun
    calibration: Calibration | None
    conversation: int
    scope: str
    annotator: int
    submission: int
    chance: float
    rank: float
    evidence: dict[str, Any]
    response: int | None = None
    left: int | None = None
    right: int | None = None
    dimension: int | None = None
    sources: frozenset[str] = frozenset()
    provisional: bool = False
    among: int = 0
    label: Sequence[object] = ()
    person_q: float | None = None

    @property
    def in_vain(self) -> float:
        """Return the chance that a look at it is one in vain."""
        return self.chance if self.person_q is None else self.person_q

    @property
    def fingerprint(self) -> str:
        """Return what makes raising it twice the same as once."""
        item = (self.scope, self.response, self.left, self.right, self.dimension)
        # What speaks of a person stays the same flag whichever of their ratings is the worst at the moment.
        about = () if self.kind == Flag.Kind.MODEL_RATING else item
        words = (self.kind.value, self.run.pk, self.annotator, *about, *self.label)
        return hashlib.sha256(repr(words).encode()).hexdigest()


@dataclass(slots=True)
class Shares:
    """How labels are shared out: by (run, person) and (run, source model's name), and all of a run's."""

    labels: Counter[int] = field(default_factory=Counter)
    people: Counter[tuple[int, int]] = field(default_factory=Counter)
    sources: Counter[tuple[int, str]] = field(default_factory=Counter)

    def or_more(self, other: Shares) -> Shares:
        """Return the larger of each count: of all labels as they were, and of a few that are newer."""
        return Shares(self.labels | other.labels, self.people | other.people, self.sources | other.sources)


@dataclass(slots=True)
class Found:
    """What a look at some conversations (None: all) and the labels given there found, and how these are shared out.

    ``submissions`` are those that hold a label still: a flag on another one is about what was changed since.
    ``at_risk`` are, by run, the labels where the link is sure of a side: person, whether they took the other one, and
    how probable that was.
    """

    conversations: list[int] | None
    given: GivenLabels
    doubts: list[Doubt] = field(default_factory=list)
    shares: Shares = field(default_factory=Shares)
    submissions: set[int] = field(default_factory=set)
    at_risk: dict[int, AtRisk] = field(default_factory=dict)
