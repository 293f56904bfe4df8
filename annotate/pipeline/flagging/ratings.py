"""F3: a person whose ratings as a whole lie farther from the expectation than other people's, harshness taken off.

One rating says little: of those with p <= 0.05 one in five is careless. So nobody is asked about single ones: p-values
are added up over a person, Benjamini and Hochberg's rule holds the share of false alarms among the people named to
`FALSE_ALARMS`, and there is one flag per person and run. It concerns their most unusual rating; its evidence ranks
the worst ones. It stays the same flag, with newer evidence, until it was reviewed or its cause is gone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import false_discovery_control

from annotate.models import Calibration, Dimension, Flag, Response, ScorerRun
from annotate.pipeline.flagging.doubts import Doubt, Found
from annotate.reports.labels.given_labels import GivenLabels
from annotate.reports.labels.links import rating_link
from annotate.reports.labels.scored_labels import ScoredRatings, scored_ratings
from annotate.stats.persons import unusual

FALSE_ALARMS = 0.10
SHOWN = 10

Links = dict[tuple[int, str], Calibration]
"""By dimension and language."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """All ratings of a run, what was expected instead (nan where no link speaks), and how unusual each is."""

    ratings: ScoredRatings
    expected: npt.NDArray[np.float64]
    p_values: npt.NDArray[np.float64]


def doubt_ratings(run: ScorerRun, links: list[Calibration], found: Found) -> None:
    """Add the people whose ratings are unusual, looking at all of their ratings."""
    speaking = {(one.dimension_id or 0, one.stratum): one for one in links if one.gate_open}
    if not speaking:
        return
    judged = _judged(run, speaking, found.given)
    person = judged.ratings.annotator
    spoken = np.flatnonzero(np.isfinite(judged.expected))
    found.submissions.update(judged.ratings.submission[spoken].tolist())
    people = unusual(person[spoken], judged.p_values[spoken], judged.ratings.conversation[spoken])
    if not people:
        return
    resolved = Flag.objects.filter(run=run, kind=Flag.Kind.MODEL_RATING, status=Flag.Status.RESOLVED)
    reviewed = Counter(resolved.values_list("annotator", flat=True))
    q_values = false_discovery_control([one.p for one in people])
    for place, (one, q_value) in enumerate(zip(people, q_values.tolist(), strict=True)):
        if q_value <= FALSE_ALARMS:
            rows = spoken[person[spoken] == one.person]
            # After a review of the worst rating the next one comes, as another flag.
            worst = rows[np.argsort(judged.p_values[rows], kind="stable")][reviewed[one.person] :][:SHOWN]
            evidence = {"ratings": one.count, "person_p": round(one.p, 6), "person_q": round(q_value, 6)}
            rank = FALSE_ALARMS * place / len(people)
            found.doubts.append(_doubt(run, speaking, judged, worst, evidence, rank, reviewed[one.person]))


def _judged(run: ScorerRun, links: Links, given: GivenLabels) -> _Judged:
    ratings = scored_ratings(run.pk, given)
    languages = ratings.names.languages
    p_values, expected = np.ones(ratings.value.size), np.full(ratings.value.size, np.nan)
    for (dimension, language), link in links.items():
        place = languages.index(language) if language in languages else -1
        asked = (ratings.dimension == dimension) & (ratings.language == place) & ~ratings.review
        rows = np.flatnonzero(asked)
        value, score, person = ratings.value[rows].astype(int), ratings.score[rows], ratings.annotator[rows]
        fitted = rating_link(link)
        expected[rows] = fitted.expectation(score, person)
        p_values[rows] = fitted.p_values(value, score, person)
    return _Judged(ratings, expected, p_values)


def _doubt(  # noqa: PLR0913, PLR0917 - a person, their worst ratings, and what to say of both
    run: ScorerRun,
    links: Links,
    judged: _Judged,
    worst: npt.NDArray[np.intp],
    evidence: dict[str, Any],
    rank: float,
    reviewed: int,
) -> Doubt:
    ratings, first = judged.ratings, int(worst[0])
    link = links[int(ratings.dimension[first]), ratings.names.languages[ratings.language[first]]]
    return Doubt(
        kind=Flag.Kind.MODEL_RATING,
        run=run,
        calibration=link,
        conversation=int(ratings.conversation[first]),
        scope=link.scope,
        response=int(ratings.response[first]),
        dimension=int(ratings.dimension[first]),
        annotator=int(ratings.annotator[first]),
        submission=int(ratings.submission[first]),
        chance=float(judged.p_values[first]),
        rank=rank,
        person_q=evidence["person_q"],
        sources=frozenset((ratings.names.sources[ratings.source[first]],)),
        label=(reviewed,),
        evidence={
            **evidence,
            "value": int(ratings.value[first]),
            "expected": round(float(judged.expected[first]), 2),
            "items": _items(judged, worst),
        },
    )


def _items(judged: _Judged, rows: npt.NDArray[np.intp]) -> list[dict[str, Any]]:
    """Return ratings as evidence, the most unusual first, by outside ids."""
    ratings = judged.ratings
    uids = dict(Response.objects.filter(pk__in=ratings.response[rows].tolist()).values_list("pk", "uid"))
    keys = dict(Dimension.objects.filter(pk__in=ratings.dimension[rows].tolist()).values_list("pk", "key"))
    return [
        {
            "response": str(uids[int(ratings.response[row])]),
            "dimension": keys[int(ratings.dimension[row])],
            "value": int(ratings.value[row]),
            "expected": round(float(judged.expected[row]), 2),
            "p": round(float(judged.p_values[row]), 4),
        }
        for row in rows.tolist()
    ]
