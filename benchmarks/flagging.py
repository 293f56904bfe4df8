"""Whether flags, gates and false-flag rates land where the reference simulations say, on projects whose truth is known.

    .venv/bin/python -m annotate.embedded borrow -- .venv/bin/python -m benchmarks.flagging --write

Makes simulated projects (once), runs the real calibration and flag passes over them, and holds what they say
against the truth, which is drawn again from the seed. Prints Markdown; with `--write` it goes into docs/quality.md.
Every label is judged by its truth: a preference is wrong where it is the minority's side, a rating where it was
given at random.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotate.settings")
django.setup()

import numpy as np  # noqa: E402 - after setup
import numpy.typing as npt  # noqa: E402
from scipy.stats import false_discovery_control  # noqa: E402

from annotate.models import Flag  # noqa: E402
from annotate.reports.labels.links import preference_link, strata_of  # noqa: E402
from annotate.reports.labels.scored_labels import ScoredPairs, score_gaps, scored_pairs  # noqa: E402
from annotate.stats import coldstart, persons, preference  # noqa: E402
from annotate.stats.conformal import p_values  # noqa: E402
from benchmarks import kinds  # noqa: E402
from benchmarks.worlds import (  # noqa: E402
    GUESSING_LESS,
    OUTCOMES,
    PREFERENCES,
    RATINGS,
    SEEDS,
    Booleans,
    Floats,
    Judged,
    World,
    annotators,
    judged,
    models_plan,
)

PAGE = Path(__file__).resolve().parent.parent / "docs" / "quality.md"
BEGIN, END = "<!-- figures of flags: written by benchmarks.flagging -->", "<!-- end of the figures -->"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule over P(label's side), and what the reference found with a model right in 73, 66, 61 %."""

    name: str
    below: float
    reference: tuple[str, str, str]


RULES = (
    Rule("opposite sign (naive)", 0.5, ("26.9 / 0.50 / 0.69", "34.0 / 0.35 / 0.61", "39.0 / 0.29 / 0.57")),
    Rule("P(label) ≤ 0.40", 0.4, ("17.2 / 0.60 / 0.52", "18.3 / 0.42 / 0.39", "15.8 / 0.35 / 0.28")),
    Rule("P(label) ≤ 0.30", 0.3, ("9.5 / 0.70 / 0.34", "7.5 / 0.51 / 0.20", "3.7 / 0.43 / 0.08")),
    Rule("**P(label) ≤ 0.20**", 0.2, ("4.0 / 0.81 / 0.16", "1.8 / 0.62 / 0.06", "0.3 / 0.53 / 0.01")),
    Rule("P(label) ≤ 0.10", 0.1, ("0.8 / 0.93 / 0.04", "0.1 / 0.79 / <0.01", "none")),
)


def share(found: Booleans) -> float:
    """Return a share of rows, NaN for none."""
    return float(found.mean()) if found.size else float("nan")


def cell(flagged: Booleans, wrong: Booleans) -> str:
    """Return flagged in per cent / precision / recall."""
    if not flagged.any():
        return "none"
    return f"{100 * share(flagged):.1f} / {share(wrong[flagged]):.2f} / {share(flagged[wrong]):.2f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def preferences(world: World) -> Iterator[str]:
    """Yield the table of rules, that of the gates with what F2 raised, and that of the cold start."""
    columns: dict[str, tuple[Floats, Booleans]] = {}
    for name in OUTCOMES:
        pairs = scored_pairs(world.run(name).pk)
        rows = np.flatnonzero(~pairs.whole & (pairs.dimension == 0))
        columns[name] = (chances(world, name, pairs, rows), world.wrong(pairs, rows))
    yield (
        "Preferences: flagged in % / precision / recall, measured, then the reference's in brackets.\n\n"
        + table(
            ["rule", *(f"model right in {OUTCOMES[name]:.0%}" for name in OUTCOMES if name != "chance")],
            [
                [
                    rule.name,
                    *(
                        f"{cell(columns[name][0] < rule.below, columns[name][1])} ({reference})"
                        for name, reference in zip(("rm73", "rm66", "rm61"), rule.reference, strict=True)
                    ),
                ]
                for rule in RULES
            ],
        )
    )
    yield "What opened, and what F2 raised.\n\n" + table(
        ["model", "the gate of most labels", "strata open", "flags", "of labels", "precision"],
        [gate_row(world, name, columns[name][1].size) for name in OUTCOMES],
    )
    yield cold_start(world)


def chances(world: World, name: str, pairs: ScoredPairs, rows: npt.NDArray[np.intp]) -> Floats:
    """Return P(label's side) of each row by its stratum's stored link, open or not."""
    strata = strata_of(pairs)
    found = np.full(rows.size, np.nan)
    for link in world.links(name, "preference"):
        if link.scope == "local" and link.dimension_id is None and link.stratum in strata.names:
            own = np.flatnonzero(strata.of_row[rows] == strata.names.index(link.stratum))
            fitted = preference_link(link)
            at = rows[own]
            found[own] = fitted.side(pairs.preference[at].astype(int), fitted.position(pairs.delta[at]))
    return found


def gate_row(world: World, name: str, labels: int) -> list[str]:
    """Return one model's gates of overall preferences, and how many of its flags were right."""
    links = [
        one for one in world.links(name, "preference") if one.scope == "local" and one.dimension_id is None
    ]
    pairs = scored_pairs(world.run(name).pk)
    flags = Flag.objects.filter(project=world.project, run=world.run(name), kind=Flag.Kind.MODEL_PREFERENCE)
    raised = set(flags.values_list("left", "right", "annotator"))
    own = np.flatnonzero(~pairs.whole & (pairs.dimension == 0))
    held = zip(
        pairs.left[own].tolist(), pairs.right[own].tolist(), pairs.annotator[own].tolist(), strict=True
    )
    rows = own[np.array([one in raised for one in held], dtype=bool)]
    wrong = world.wrong(pairs, rows) if rows.size else np.zeros(0, dtype=bool)
    most = max(links, key=lambda one: one.sample_size)
    return [
        f"{name} ({OUTCOMES[name]:.2f})",
        most.gate_reason,
        f"{sum(one.gate_open for one in links)} of {len(links)}",
        str(rows.size),
        f"{rows.size / labels:.1%}",
        f"{share(wrong):.2f}" if rows.size else "–",
    ]


def cold_start(world: World) -> str:
    """Return the table of scales: from scores alone, and from few labels."""
    run = world.run("rm73")
    pairs = scored_pairs(run.pk)
    rows = np.flatnonzero(~pairs.whole & (pairs.dimension == 0))
    rows = rows[np.lexsort((pairs.left[rows], pairs.submission[rows]))]
    given, delta = pairs.preference[rows].astype(np.int64), pairs.delta[rows]
    gaps = score_gaps(run.pk).delta
    whole = scale(given, delta, 9.4)
    lines = [
        ["scale from all labels", f"{whole:.1f}", "9.4"],
        *(
            [
                f"from scores alone, a₀ = {accuracy:.2f}",
                f"{coldstart.tau_from_scores(gaps, accuracy):.1f}",
                said,
            ]
            for accuracy, said in ((0.66, "13.9"), (0.70, "10.4"))
        ),
    ]
    prior = coldstart.tau_from_scores(gaps) or whole
    rng = np.random.default_rng(0)
    for count, said in ((25, "5.7–17"), (50, "6.3–15"), (100, "6.9–13"), (200, "7.4–12"), (500, "8.1–11")):
        drawn = [rng.choice(rows.size, count, replace=False) for _ in range(200)]
        low, high = np.quantile([scale(given[one], delta[one], prior) for one in drawn], [0.05, 0.95])
        lines.append([f"90 % range from {count} labels", f"{low:.1f}–{high:.1f}", said])
    return "The scale τ of a model right in 73 %.\n\n" + table(["", "measured", "reference"], lines)


def scale(given: npt.NDArray[np.int64], delta: Floats, prior: float) -> float:
    """Return the most probable scale of winner-only labels."""
    nothing = np.zeros(given.size, dtype=np.int64)
    return preference.fit(np.sign(given), delta, nothing, strata=1, scale=1, ties=False, tau=prior).taus[0]


def ratings_table(found: Judged, people: Sequence[int]) -> str:
    """Return the table of single ratings; the first three people guess, the fourth is harsh."""
    harsh = found.person == people[3]
    careful = ~np.isin(found.person, people[:4])
    q = false_discovery_control(found.p)
    lines = [
        [
            "nominal 5 %: flagged of careful people's labels",
            f"{share(found.p[careful] <= 0.05):.1%}",
            "≤ 5 %",
        ],
        ["the same of a harsh person's, with the offset", f"{share(found.p[harsh] <= 0.05):.1%}", "5.2 %"],
        ["the same without it", f"{share(found.without_offsets[harsh] <= 0.05):.1%}", "14.5 %"],
        ["realised with 200 labels to calibrate by, 90 % range", wandering(found, careful), "2–8 %"],
        ["labels given at random", f"{share(found.careless):.1%}", "5 %"],
        [
            "p ≤ 0.05: of the flagged, given at random",
            f"{share(found.careless[found.p <= 0.05]):.0%}",
            "20 %",
        ],
        [
            "p ≤ 0.01: of the flagged, given at random",
            f"{share(found.careless[found.p <= 0.01]):.0%}",
            "35 %",
        ],
        [
            "Benjamini–Hochberg, flags in 1,000 at q = 0.1 / 0.2 / 0.3",
            " / ".join(f"{1000 * share(q <= level):.1f}" for level in (0.1, 0.2, 0.3)),
            "0.6 / 2.2 / 4.8",
        ],
    ]
    return (
        "Single ratings (F3). Stored p-values are multiples of a thousandth: too coarse for Benjamini and Hochberg.\n\n"
        + table(["", "measured", "reference"], lines)
    )


def wandering(found: Judged, careful: Booleans) -> str:
    """Return how often careful labels are flagged at a nominal 5 % where 200 others of their link calibrate."""
    rng = np.random.default_rng(0)
    rates = []
    for link in np.unique(found.link):
        distances = found.distance[careful & (found.link == link)]
        for _ in range(100):
            order = rng.permutation(distances)
            rates.append(share(p_values(order[:200], order[200:]) <= 0.05))
    low, high = np.quantile(rates, [0.05, 0.95])
    return f"{low:.1%}–{high:.1%}"


def kinds_tables(careless: World, *, keep: bool) -> Iterator[str]:
    """Yield the table of F0, F1, F4 and F6, and that of F6 by what was planted."""
    models = [World.of(f"figures-models-{seed}", models_plan(seed), keep=keep) for seed in SEEDS]
    of_models, by_flaw = kinds.of_models(models)
    rows = [*kinds.of_people(careless), *kinds.of_steps(kinds.steps_world(keep=keep)), *of_models]
    yield (
        "Flags without a model (F0, F1), on steps (F4) and about models (F6); 3 of 24 people give 40 % of their "
        "answers at random. The reference has no precision or recall for these kinds; it puts 19.5 % of preferences on "
        "the minority's side where all are careful and nothing is tied, and calls a flag on a step by itself weak "
        "evidence.\n\n" + table(kinds.HEAD, rows)
    )
    head = (
        "planted, in standard deviations",
        "models",
        "flagged for length",
        "for a source",
        "for the planted one",
    )
    yield (
        f"Models (F6), right in 73 %, over {len(SEEDS)} seeds of 1,500 pairs each. Nominal: half a per cent for "
        "length, at most one for sources. Scores say nothing but differences, so who overpays one source underpays the "
        "others, and these are named too.\n\n" + table((*head, "sources named"), by_flaw)
    )


def people_table(found: Judged, guessing: Judged, careless: World, less: World) -> str:
    """Return the table of people: how often who guesses is caught by all that was said, at a 5 % false alarm."""
    lines, people, guessers = [], annotators(careless), annotators(less)
    for each, said in ((120, "73 %"), (240, "90 %")):
        lines.append([f"guesses 40 %, after {each} ratings", f"{caught(found, each, people[:3]):.0%}", said])
    lines.append(["guesses 20 %, after 240 ratings", f"{caught(guessing, 240, guessers[:3]):.0%}", "51 %"])
    lines.append(["careful, after 240 ratings", f"{caught(found, 240, people[4:]):.1%}", "5 %"])
    lines += flagged_people(careless)
    return (
        "People, caught by the p-values of their ratings: what F3 adds up. Of F5 speaks the last line alone.\n\n"
        + table(["", "measured", "reference"], lines)
    )


def caught(found: Judged, each: int, people: Sequence[int]) -> float:
    """Return how many stretches of so many ratings of these people are unusual at p ≤ 0.05."""
    rng = np.random.default_rng(0)
    order = rng.permutation(found.person.size)
    order = order[np.argsort(found.person[order], kind="stable")]
    _, start, counts = np.unique(found.person[order], return_index=True, return_counts=True)
    place = np.arange(order.size) - np.repeat(start, counts)
    stretch = found.person[order] * 10_000 + place // each
    whole = np.repeat(counts, counts) // each > place // each
    unusual = persons.unusual(stretch[whole], found.p[order][whole], found.conversation[order][whole])
    own = [one.p <= 0.05 for one in unusual if one.person // 10_000 in people]
    return share(np.array(own, dtype=bool))


def flagged_people(world: World) -> list[list[str]]:
    """Return how many people F3 and F5 speak of, and who of them guesses."""
    guessers = annotators(world)[:3]
    found = {
        kind: set(Flag.objects.filter(project=world.project, kind=kind).values_list("annotator", flat=True))
        for kind in ("F3", "F5")
    }
    return [
        [
            f"people with an {kind} flag: guess / all (3 of 24 guess 40 %)",
            f"{len(who & set(guessers))} / {len(who)}",
            "–",
        ]
        for kind, who in found.items()
    ]


def figures(*, keep: bool) -> str:
    """Return all tables."""
    plans = {"preferences": PREFERENCES, "ratings": RATINGS, "guessing": GUESSING_LESS}
    clean, careless, less = (World.of(f"figures-{name}", plan, keep=keep) for name, plan in plans.items())
    found, guessing = judged(careless), judged(less)
    return "\n\n".join(
        [
            *preferences(clean),
            ratings_table(found, annotators(careless)),
            people_table(found, guessing, careless, less),
            *kinds_tables(careless, keep=keep),
        ]
    )


def written(page: str, words: str) -> str:
    """Return the page with these words between the markers; ValueError where they are not there, once each."""
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise ValueError(f"The page needs “{BEGIN}” and “{END}” once each.")
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n\n{words}\n\n{END}{rest.split(END)[1]}"


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="into docs/quality.md")
    parser.add_argument("--keep", action="store_true", help="take the flags and links that the last run left")
    options = parser.parse_args()
    words = figures(keep=options.keep)
    print(words)
    if options.write:
        PAGE.write_text(written(PAGE.read_text(), words))


if __name__ == "__main__":
    main()
