"""The metrics of the benchmarks: pure functions of counts.

A figure that its counts do not define is None, never 0: F1 of a kind of step that is neither there nor
predicted, an accuracy of nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Z_95 = 1.959963984540054
"""The standard normal distribution's 97.5 % point: two-sided 95 %."""


@dataclass(frozen=True, slots=True)
class StepCounts:
    """Steps by label and prediction; neutral steps are in no metric.

    ``true_correct``: correct, called correct; ``false_correct``: incorrect, called correct;
    ``true_incorrect`` and ``false_incorrect`` likewise.
    """

    true_correct: int = 0
    false_correct: int = 0
    true_incorrect: int = 0
    false_incorrect: int = 0
    neutral: int = 0

    def __add__(self, other: StepCounts) -> StepCounts:
        """Pool two sets of steps."""
        return StepCounts(
            self.true_correct + other.true_correct,
            self.false_correct + other.false_correct,
            self.true_incorrect + other.true_incorrect,
            self.false_incorrect + other.false_incorrect,
            self.neutral + other.neutral,
        )

    @property
    def correct(self) -> int:
        """Steps that people call correct."""
        return self.true_correct + self.false_incorrect

    @property
    def incorrect(self) -> int:
        """Steps that people call incorrect."""
        return self.true_incorrect + self.false_correct


def count_steps(labels: Sequence[int], scores: Sequence[float], threshold: float) -> StepCounts:
    """Count the steps of one response: labels 1 correct, -1 incorrect, 0 neutral; a score for each.

    A step is called correct when its score is *above* the threshold; at it, it is called incorrect, as
    in the ``check_correctness`` published with VisualPRM.
    """
    pairs = [(label, score > threshold) for label, score in zip(labels, scores, strict=True)]
    return StepCounts(
        true_correct=pairs.count((1, True)),
        false_correct=pairs.count((-1, True)),
        true_incorrect=pairs.count((-1, False)),
        false_incorrect=pairs.count((1, False)),
        neutral=sum(label == 0 for label, _ in pairs),
    )


def f1(true_positive: int, false_positive: int, false_negative: int) -> float | None:
    """Return 2·TP / (2·TP + FP + FN), the harmonic mean of precision and recall; None for 0/0.

    van Rijsbergen, Information Retrieval, 2nd ed. (1979), chapter 7, with equal weights.
    """
    total = 2 * true_positive + false_positive + false_negative
    return 2 * true_positive / total if total else None


def f1_correct(counts: StepCounts) -> float | None:
    """Return F1 of finding the correct steps."""
    return f1(counts.true_correct, counts.false_correct, counts.false_incorrect)


def f1_incorrect(counts: StepCounts) -> float | None:
    """Return F1 of finding the incorrect steps."""
    return f1(counts.true_incorrect, counts.false_incorrect, counts.false_correct)


def macro_f1(counts: StepCounts) -> float | None:
    """Return the mean of F1 on correct and on incorrect steps; None where either is undefined.

    VisualProcessBench's metric: Wang et al., VisualPRM, arXiv 2503.10291, section 3.3. The authors'
    evaluation for VLMEvalKit (``VL_PRMBenchmark``) leaves neutral steps out and pools the counts of all
    items.
    """
    correct, incorrect = f1_correct(counts), f1_incorrect(counts)
    return None if correct is None or incorrect is None else (correct + incorrect) / 2


def weighted_macro_f1(sources: Iterable[StepCounts]) -> float | None:
    """Return the sources' macro F1, weighted by their steps that are not neutral.

    Not VisualPRM's overall figure but one that others report as overall ("micro over sources"). Sources
    whose macro F1 is undefined are left out; None when none is left.
    """
    figures = [(macro_f1(source), source.correct + source.incorrect) for source in sources]
    defined = [(figure, steps) for figure, steps in figures if figure is not None]
    total = sum(steps for _, steps in defined)
    return sum(figure * steps for figure, steps in defined) / total if total else None


@dataclass(frozen=True, slots=True)
class PairCounts:
    """Labels on pairs of responses by what the scores say of them.

    ``agree`` and ``disagree``: people and scores both prefer one; ``score_ties``: people prefer one,
    the scores are equal; ``human_ties``: people call the two equal, whatever the scores say.
    """

    agree: int = 0
    disagree: int = 0
    score_ties: int = 0
    human_ties: int = 0

    def __add__(self, other: PairCounts) -> PairCounts:
        """Pool two sets of labels."""
        return PairCounts(
            self.agree + other.agree,
            self.disagree + other.disagree,
            self.score_ties + other.score_ties,
            self.human_ties + other.human_ties,
        )

    @property
    def labels(self) -> int:
        """Labels that accuracy is about: those that prefer one response."""
        return self.agree + self.disagree + self.score_ties


def count_pair(preference: int, first: float, second: float) -> PairCounts:
    """Count one label (1 first better, 2 second better, 0 equal) against the two scores."""
    if preference == 0:
        return PairCounts(human_ties=1)
    if first == second:
        return PairCounts(score_ties=1)
    agree = (first > second) == (preference == 1)
    return PairCounts(agree=int(agree), disagree=int(not agree))


def accuracy(counts: PairCounts) -> float | None:
    """Return (agree + score_ties / 2) / (agree + disagree + score_ties); None without such labels.

    Human ties are left out, as InterMT-Bench's scorer does. Its judges must choose, so it has no rule
    for equal scores; half a point is what choosing by a coin would earn on average.
    """
    return (counts.agree + counts.score_ties / 2) / counts.labels if counts.labels else None


def decided_accuracy(counts: PairCounts) -> float | None:
    """Return agree / (agree + disagree): equal scores left out as well; None without such labels."""
    decided = counts.agree + counts.disagree
    return counts.agree / decided if decided else None


def wilson(share: float | None, trials: int, z: float = Z_95) -> tuple[float, float] | None:
    """Return the Wilson score interval of a share of ``trials`` independent trials; None without any.

        (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n)

    E. B. Wilson, Probable inference, the law of succession, and statistical inference, Journal of the
    American Statistical Association 22 (1927), 209-212. A share with half points varies less than the
    formula assumes, so its interval is wide rather than narrow.
    """
    if share is None or trials == 0:
        return None
    middle = share + z * z / (2 * trials)
    reach = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)
