"""What a simulation is asked for, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from annotate.refusal import Problem, Refusal
from annotate.stats.simulation import MOST_ACCURATE, Person

MOST_PEOPLE, MOST_CONVERSATIONS, MOST_TURNS, MOST_CANDIDATES, MOST_WEEKS = 500, 200_000, 40, 8, 520
MOST_GOLD = 1000  # and most repeats of a person


@dataclass(frozen=True, slots=True)
class ScorerPlan:
    """A synthetic scorer. ``accuracy`` is that of an outcome scorer on pairs, of a process scorer on single steps.

    ``length`` is what a response longer by a standard deviation is paid beyond its worth, ``sources`` what each
    source model's responses are; both in standard deviations of the score.
    """

    name: str
    accuracy: float
    process: bool = False
    length: float = 0.0
    sources: dict[str, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that a simulation depends on: the same plan on the same conversations gives the same answers.

    Of the annotators the first ``careless`` ones (count, share of random answers) are careless, the next ``harsh``
    ones (count, levels) rate lower or higher, then come ``noisy`` ones (count, times the usual noise), those drawn to
    what is shown ``first`` (count, felt gap), those who give the ``top`` level always, those who ``copy`` their
    texts; the rest is careful. ``overlap`` and ``images`` are of the synthetic conversations, ``submissions``
    bounds how many there will be (None: every open place). ``tie`` is the felt gap below which two are equal.
    With ``follow`` the first annotator repeats the labels that came with a file, and all others agree with each of them
    with this probability. ``steps`` asks for labels of every answer's steps. There are ``gold`` tasks whose key is the
    truth, and everybody repeats so many tasks, giving again this share of their answers (``repeats``).
    """

    seed: int = 0
    annotators: int = 12
    conversations: int = 0
    turns: int = 5
    candidates: int = 2
    overlap: int = 3
    images: bool = True
    submissions: int | None = None
    careless: tuple[int, float] = (0, 0.4)
    harsh: tuple[int, float] = (0, -0.8)
    noisy: tuple[int, float] = (0, 2.0)
    first: tuple[int, float] = (0, 0.5)
    top: int = 0
    copy: int = 0
    scorers: tuple[ScorerPlan, ...] = ()
    tie: float = 0.4
    texts: float = 0.1
    weeks: int = 6
    follow: float | None = None
    steps: bool = False
    gold: int = 0
    repeats: tuple[int, float] = (0, 0.8)


@dataclass(frozen=True, slots=True)
class Habits:
    """One synthetic annotator: how answers are chosen, and whether texts are near copies of one another."""

    person: Person
    copies: bool = False


def habits(plan: Plan) -> list[Habits]:
    """Return the annotators' habits in order."""
    odd = [
        *[Habits(Person(careless=plan.careless[1]))] * plan.careless[0],
        *[Habits(Person(offset=plan.harsh[1]))] * plan.harsh[0],
        *[Habits(Person(noise=plan.noisy[1]))] * plan.noisy[0],
        *[Habits(Person(position=plan.first[1]))] * plan.first[0],
        *[Habits(Person(always_top=True))] * plan.top,
        *[Habits(Person(), copies=True)] * plan.copy,
    ]
    return [*odd, *[Habits(Person())] * (plan.annotators - len(odd))]


def check(plan: Plan, more: int = 0) -> None:
    """Raise a Refusal with everything that is wrong with a plan."""
    ranges = {
        "more": (more, 0, 10**9),
        "seed": (plan.seed, 0, 2**63 - 1),
        "annotators": (plan.annotators, 1, MOST_PEOPLE),
        "conversations": (plan.conversations, 0, MOST_CONVERSATIONS),
        "turns": (plan.turns, 1, MOST_TURNS),
        "candidates": (plan.candidates, 1, MOST_CANDIDATES),
        "overlap": (plan.overlap, 1, min(50, plan.annotators) if plan.conversations else 50),
        "careless": (plan.careless[1], 0, 1),
        "harsh": (plan.harsh[1], -3, 3),
        "noisy": (plan.noisy[1], 0, 20),
        "first": (plan.first[1], -10, 10),
        "ties": (plan.tie, 0, 3),
        "texts": (plan.texts, 0, 1),
        "weeks": (plan.weeks, 1, MOST_WEEKS),
        "gold": (plan.gold, 0, MOST_GOLD),
        "repeats": (plan.repeats[0], 0, MOST_GOLD),
        "repeats share": (plan.repeats[1], 0, 1),
        "follow-imported": (plan.follow if plan.follow is not None else 1, 0, 1),
        "submissions": (plan.submissions if plan.submissions is not None else 0, 0, 10**9),
    }
    problems = [
        Problem("out_of_range", f"--{name} lies between {low} and {high}, not at {value}.", name)
        for name, (value, low, high) in ranges.items()
        if not low <= value <= high
    ]
    counts = [plan.careless[0], plan.harsh[0], plan.noisy[0], plan.first[0], plan.top, plan.copy]
    if min(counts) < 0 or sum(counts) > plan.annotators:
        detail = f"{sum(counts)} annotators are to be peculiar, of {plan.annotators} in all."
        problems.append(Problem("too_many_peculiar", detail, "annotators"))
    problems += _scorer_problems(plan.scorers)
    if problems:
        raise Refusal(problems)


def _scorer_problems(scorers: tuple[ScorerPlan, ...]) -> list[Problem]:
    problems = []
    for one in scorers:
        lowest, highest = (0.5, 0.99) if one.process else (1 - MOST_ACCURATE, MOST_ACCURATE)
        if not lowest <= one.accuracy <= highest:
            detail = f"The accuracy of {one.name} lies between {lowest:.2f} and {highest:.2f}: people agree no better."
            problems.append(Problem("out_of_range", detail, "scorer"))
    if len({one.name for one in scorers}) < len(scorers):
        problems.append(Problem("named_twice", "Each scorer needs a name of its own.", "scorer"))
    return problems
