"""Maps from what an answer is worth among its siblings to the rating people give, by dimension and language."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from annotate.models import Calibration, Dimension
from annotate.pipeline.calibrating.storing import Fits, Key, sha256_of
from annotate.reports.labels.links import rating_parameters
from annotate.reports.labels.scored_labels import ScoredRatings, scored_ratings
from annotate.stats import gates, rating

RATING = Calibration.Question.RATING
_CANDIDATES = 8  # so many neighbours of a turn are compared with each other
_LEVEL = 0.05

Rows = npt.NDArray[np.intp]


def fit_ratings(fits: Fits) -> None:
    """Fit all rating maps of a run."""
    ratings = scored_ratings(fits.run.pk, fits.given, base_alone=True)
    languages = ratings.names.languages
    code = ratings.dimension * len(languages) + ratings.language
    dimensions = {
        one.pk: one for one in Dimension.objects.filter(pk__in=np.unique(ratings.dimension).tolist())
    }
    for one in np.unique(code).tolist():
        rows = np.flatnonzero(code == one)
        ordered = rows[np.lexsort((ratings.response[rows], ratings.submission[rows]))]
        _fit(fits, dimensions[one // len(languages)], languages[one % len(languages)], ratings, ordered)


def _fit(fits: Fits, dimension: Dimension, language: str, ratings: ScoredRatings, rows: Rows) -> None:
    key: Key = (RATING, dimension.scope, dimension.pk, language)
    value, score = ratings.value[rows].astype(np.int64), ratings.score[rows]
    person, conversation = ratings.annotator[rows], ratings.conversation[rows]
    decided = fits.decided.get(key, (0, 0))
    sha256 = sha256_of((value, score, person, conversation), dimension.minimum, dimension.maximum, decided)
    if rows.size < gates.LEAST_RATINGS or fits.holds(key, sha256):
        return
    link = rating.fit(value, score, person, conversation, dimension.minimum, dimension.maximum)
    if link is None:
        return
    agrees, later = ordered_pairs(value, score, person, ratings.turn[rows])
    found = replace(gates.accuracy(agrees, conversation[later]), count=rows.size)
    held = rating.held_out(value, score, person, conversation, dimension.minimum, dimension.maximum)
    seen = np.isfinite(held.far)
    fits.add(
        key,
        sha256,
        gates.gate(found, gates.LEAST_RATINGS, *decided),
        link=link.form,
        stage=Calibration.Stage.FITTED,
        parameters=rating_parameters(link),
        sample_size=rows.size,
        conversations=np.unique(conversation).size,
        metrics={
            "pairs": agrees.size,
            "mean_error": float(held.far[seen].mean()) if seen.any() else None,
            "constant_mean_error": float(held.constant[seen].mean()) if seen.any() else None,
            "nominal": _LEVEL,
            "realised": float((held.p_values[seen] <= _LEVEL).mean()) if seen.any() else None,
        },
    )


def ordered_pairs(
    value: npt.NDArray[np.int64],
    score: npt.NDArray[np.float64],
    person: npt.NDArray[np.int64],
    turn: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.float64], Rows]:
    """Return, for every two answers to one prompt that a person rated apart, whether scores order them so (ties half).

    The second array is the row of one of the two.
    """
    order = np.lexsort((turn, person))
    agrees: list[npt.NDArray[np.float64]] = []
    rows: list[Rows] = []
    for step in range(1, _CANDIDATES):
        one, other = order[:-step], order[step:]
        apart = (person[one] == person[other]) & (turn[one] == turn[other]) & (value[one] != value[other])
        if not apart.any() and step > 1:
            break
        one, other = one[apart], other[apart]
        same_way = np.sign(value[other] - value[one]) * np.sign(score[other] - score[one])
        agrees.append((same_way + 1) / 2)
        rows.append(other)
    return np.concatenate(agrees), np.concatenate(rows)
