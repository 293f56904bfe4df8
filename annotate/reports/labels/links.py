"""Stored calibrations as links that can be asked, and the strata in which they are fitted.

A stratum of preferences is the conversation's language and whether the two answers come from one source model ("same"),
from two ("different") or one is not known ("unknown"): what a scorer thinks of a source shows between sources, never
within one. Ratings are fitted by language, steps in one stratum with an intercept per language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from annotate.models import Calibration
from annotate.reports.labels.scored_labels import ScoredPairs
from annotate.stats.preference import PreferenceLink
from annotate.stats.rating import RatingLink
from annotate.stats.steps import StepLink

SOURCES = ("same", "different", "unknown")


@dataclass(frozen=True, slots=True)
class Strata:
    """The strata that rows fall into: by name, and each row's place among the names."""

    names: list[str]
    of_row: npt.NDArray[np.int64]


def strata_of(pairs: ScoredPairs) -> Strata:
    """Return every comparison's stratum."""
    blank = pairs.names.sources.index("") if "" in pairs.names.sources else -1
    unknown = (pairs.left_source == blank) | (pairs.right_source == blank)
    kind = np.where(unknown, 2, (pairs.left_source != pairs.right_source).astype(int))
    names = [f"{language} {source}" for language in pairs.names.languages for source in SOURCES]
    return Strata(names, pairs.language.astype(np.int64) * len(SOURCES) + kind)


def preference_parameters(link: PreferenceLink, tau: float, *, scale: int, ties: bool) -> dict[str, Any]:
    """Return what a row keeps of a link, for the stratum with this tau."""
    return {
        "tau": tau,
        "common_tau": link.tau,
        "thresholds": list(link.thresholds),
        "scale": scale,
        "ties": ties,
    }


def preference_link(calibration: Calibration) -> PreferenceLink:
    """Return the link of a preference's row."""
    kept = calibration.parameters
    return PreferenceLink(tuple(kept["thresholds"]), kept["tau"], (kept["tau"],))


def rating_parameters(link: RatingLink) -> dict[str, Any]:
    """Return what a row keeps of a map; JSON has no whole numbers as keys."""
    return {
        "scores": list(link.scores),
        "expected": list(link.expected),
        "offsets": {str(person): offset for person, offset in link.offsets.items()},
        "levels": list(link.levels),
        "spreads": list(link.spreads),
        "residuals": list(link.residuals),
        "fold": link.count,
        "minimum": link.minimum,
        "maximum": link.maximum,
    }


def rating_link(calibration: Calibration) -> RatingLink:
    """Return the map of a rating's row."""
    kept = calibration.parameters
    return RatingLink(
        calibration.link,
        tuple(kept["scores"]),
        tuple(kept["expected"]),
        {int(person): offset for person, offset in kept["offsets"].items()},
        tuple(kept["levels"]),
        tuple(kept["spreads"]),
        tuple(kept["residuals"]),
        kept["fold"],
        kept["minimum"],
        kept["maximum"],
    )


def step_parameters(link: StepLink, languages: list[str]) -> dict[str, Any]:
    """Return what a row keeps of a link."""
    return {
        "coefficients": list(link.coefficients),
        "intercepts": dict(zip(languages, link.intercepts, strict=True)),
    }


def step_link(calibration: Calibration, languages: list[str]) -> StepLink:
    """Return the link of a step's row for these languages; one that it never met has the mean intercept."""
    first, second, third = calibration.parameters["coefficients"]
    known: dict[str, float] = calibration.parameters["intercepts"]
    usual = sum(known.values()) / len(known)
    return StepLink((first, second, third), tuple(known.get(one, usual) for one in languages))
