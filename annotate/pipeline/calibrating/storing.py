"""Keep fits: a row per run, question, scope, dimension and stratum; what did not change is not fitted again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy.typing as npt
from django.db.models import Q

from annotate.models import Calibration, Dimension, Scope, ScorerRun
from annotate.reports.labels.given_labels import GivenLabels
from annotate.reports.labels.verdicts import flagged
from annotate.reports.quality.canaries import is_changed, lock_version
from annotate.stats.gates import CANARY, Gate

Key = tuple[str, str, int | None, str]
"""Question, scope, dimension and stratum."""

VERSION = 3  # of how is fitted: a change fits everything anew


@dataclass(slots=True)
class Fits:
    """What one run's pass found: rows to store, and keys whose current row still holds.

    ``is_changed``: the run's model failed its latest canaries.
    """

    run: ScorerRun
    given: GivenLabels
    current: dict[Key, Calibration]
    decided: dict[Key, tuple[int, int]]
    is_changed: bool
    new: list[Calibration] = field(default_factory=list)
    kept: set[Key] = field(default_factory=set)

    def holds(self, key: Key, sha256: str) -> bool:
        """Return whether this was fitted to the same already, and note that it still stands."""
        old = self.current.get(key)
        if old is None or old.input_sha256 != sha256:
            return False
        if self.is_changed != (old.gate_reason == CANARY):
            return False  # its gate opens or closes, whatever it was fitted to
        self.kept.add(key)
        return True

    def add(self, key: Key, sha256: str, gate: Gate, **fields: Any) -> None:  # noqa: ANN401
        """Note a fit; no gate opens for a model that says something else than it said."""
        if self.is_changed:
            gate = replace(gate, is_open=False, code="canary")
        question, scope, dimension, stratum = key
        metrics = {**fields.pop("metrics"), "gate": _gate(gate)}
        self.new.append(
            Calibration(
                run=self.run,
                question=question,
                scope=scope,
                dimension_id=dimension,
                stratum=stratum,
                input_sha256=sha256,
                gate_open=gate.is_open,
                gate_reason=gate.words(),
                metrics=metrics,
                **fields,
            )
        )

    def store(self) -> None:
        """Write the new rows; what they replace, and what has no labels any more, is current no longer.

        None is open where the model's canaries failed since the pass began.
        """
        lock_version(self.run)
        if is_changed(self.run):
            for one in self.new:
                one.gate_open, one.gate_reason = False, CANARY
                one.metrics["gate"]["code"] = "canary"
        written = {_key(one) for one in self.new}
        gone = [one.pk for key, one in self.current.items() if key in written or key not in self.kept]
        Calibration.objects.filter(pk__in=gone).update(is_current=False)
        Calibration.objects.bulk_create(self.new)


def begin(run: ScorerRun, given: GivenLabels) -> Fits:
    """Return the run's current rows and what reviewers said, blind, of the labels flagged by its links.

    A flag was right where the verdict contradicts the flagged label, wrong where it is the same; what lies between
    says neither. What reviewers decide after the reveal does not count: the flag itself may have told them.
    """
    current = {_key(one): one for one in Calibration.objects.filter(run=run, is_current=True)}
    verdicts = [one for one in flagged(run.project_id, run.pk) if one.opposed or one.same]
    rested = Calibration.objects.filter(run=run, pk__in={one.calibration for one in verdicts})
    keys: dict[int | None, Key] = {
        pk: (question, scope, dimension, stratum)
        for pk, question, scope, dimension, stratum in rested.values_list(
            "pk", "question", "scope", "dimension", "stratum"
        )
    }
    decided: dict[Key, tuple[int, int]] = {}
    for one in verdicts:
        if (key := keys.get(one.calibration)) is not None:
            right, wrong = decided.get(key, (0, 0))
            decided[key] = (right + one.opposed, wrong + one.same)
    return Fits(run, given, current, decided, is_changed(run))


def sha256_of(columns: Iterable[npt.NDArray[Any]], *words: object) -> str:
    """Return the hash of what a fit is made of; columns in a given order of rows."""
    digest = hashlib.sha256(repr((VERSION, *words)).encode())
    for column in columns:
        digest.update(column.tobytes())
    return digest.hexdigest()


def prior_tau(run: ScorerRun, scope: str, dimension: Dimension | None) -> float | None:
    """Return the scale that another revision of the scorer, or of the rubric, had over all strata; None without one."""
    # Earlier ones only: two that took each other as prior would never come to rest.
    before = Q(run__lt=run.pk) | Q(run=run.pk, dimension__lt=dimension.pk if dimension else 0)
    earlier = Calibration.objects.filter(
        before,
        run__project=run.project_id,
        run__scorer=run.scorer,
        run__model=run.model,
        question=Calibration.Question.PREFERENCE,
        stage=Calibration.Stage.FITTED,
        scope=scope,
        dimension__key=dimension.key if dimension else None,
    ).order_by("-pk")
    parameters = earlier.values_list("parameters", flat=True).first()
    return float(parameters["common_tau"]) if parameters else None


def scope_of(*, whole: bool) -> str:
    """Return the scope of a comparison."""
    return Scope.GLOBAL if whole else Scope.LOCAL


def _key(one: Calibration) -> Key:
    return one.question, one.scope, one.dimension_id, one.stratum


def _gate(gate: Gate) -> dict[str, Any]:
    return {
        "code": gate.code,
        "count": gate.count,
        "needed": gate.needed,
        "accuracy": gate.accuracy,
        "lower": gate.lower,
        "upper": gate.upper,
        "precision_lower": gate.precision_lower,
        "decisions": gate.decisions,
    }
