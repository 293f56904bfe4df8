"""README.md of a release: a Hugging Face dataset card that also tells `datasets` which file is which table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

DEFAULT_TABLE = "ratings"
_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
)
_FILES = """## Files

`manifest.json` lists every file with its SHA-256, the filters and the moment of the snapshot.
`project.json` holds guidelines, batches, rubrics with every anchor, scorer runs and imports.
"""
_HUB_LANGUAGES = {"zh-hans": "zh", "zh-hant": "zh"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFacts:
    """What the card says. ``rows`` and ``left_out`` are by table; ``dimensions`` are keys in rubric order.

    ``ratings``: counts by (scope, dimension, state, value); ``comparisons``: by (scope, dimension or
    None for overall, preference). ``remarks`` are sentences about what is not in the release, ``cautions``
    about what must not be overlooked in it. ``simulated``: synthetic annotators and scorers made the judgements up.
    """

    name: str
    project: str
    taken_at: str
    schema_version: str
    license: str
    languages: Sequence[str]
    rubrics: Sequence[str]
    dimensions: Sequence[str]
    rows: Mapping[str, int]
    left_out: Mapping[str, int] = field(default_factory=dict)
    ratings: Mapping[tuple[Any, ...], int] = field(default_factory=dict)
    comparisons: Mapping[tuple[Any, ...], int] = field(default_factory=dict)
    remarks: Sequence[str] = ()
    simulated: bool = False
    cautions: Sequence[str] = ()


def card(facts: CardFacts) -> str:
    """Return the text of README.md."""
    title = f"{facts.project}, {facts.name}"
    subject = (
        "**Simulated: synthetic annotators and scorers made these judgements up.** Judgements"
        if facts.simulated
        else "Human judgements"
    )
    introduction = (
        f"{subject} of multi-turn conversations with text and images on both sides. "
        f"A frozen snapshot of {facts.taken_at} (schema {facts.schema_version}; "
        f"rubric {', '.join(facts.rubrics) or 'none'}).\n"
    )
    sections = [
        f"---\n{_front_matter(facts, title)}---\n",
        f"# {title}\n",
        introduction,
        *(f"> {one}\n" for one in facts.cautions),
        _how_to_load(),
        f"## Tables\n\n{_rows_table(facts)}",
        _ratings(facts),
        _comparisons(facts),
        _remarks(facts),
        _FILES,
    ]
    return "\n".join(section for section in sections if section)


def _front_matter(facts: CardFacts, title: str) -> str:
    size = next((name for limit, name in _SIZES if facts.rows.get(DEFAULT_TABLE, 0) < limit), "100M<n<1B")
    languages = sorted({_HUB_LANGUAGES.get(one.lower(), one) for one in facts.languages})
    filled = [table for table, rows in facts.rows.items() if rows]
    default = DEFAULT_TABLE if DEFAULT_TABLE in filled else next(iter(filled), None)
    configs = [
        {"config_name": table, "data_files": [{"split": "train", "path": f"{table}-*.parquet"}]}
        | ({"default": True} if table == default else {})
        for table in filled
    ]
    matter = {
        "pretty_name": title,
        "license": facts.license,
        "language": languages,
        "size_categories": [size],
        "tags": [*_subject(facts), "preference", "multimodal", "multi-turn"],
        **({"configs": configs} if configs else {}),
    }
    return yaml.safe_dump(matter, sort_keys=False, allow_unicode=True, width=100)


def _subject(facts: CardFacts) -> list[str]:
    return ["synthetic"] if facts.simulated else ["human-feedback"]


def _how_to_load() -> str:
    return (
        "```python\n"
        "from datasets import load_dataset\n\n"
        'ratings = load_dataset("path/to/this/folder", "ratings", split="train")\n'
        'images = load_dataset("path/to/this/folder", "images", split="train")  # decodes to PIL\n'
        "```\n\n"
        "Rows refer to one another by id. Ratings and comparisons with `is_latest` are the valid ones: no "
        "later revision replaced them. In a comparison a positive preference means that `right` is better. "
        "An empty table has a file, but `datasets` cannot load it and it is not listed above.\n"
    )


def _rows_table(facts: CardFacts) -> str:
    lines = [
        f"| `{table}` | {rows:,} | {facts.left_out.get(table, 0):,} |" for table, rows in facts.rows.items()
    ]
    return "| table | rows | left out |\n|---|---:|---:|\n" + "\n".join(lines) + "\n"


def _ratings(facts: CardFacts) -> str:
    if not facts.ratings:
        return ""
    values = sorted({value for _, _, _, value in facts.ratings if value is not None})
    states = [one for one in ("defaulted", "not_applicable", "unable") if _any_state(facts, one)]
    head = ["dimension", "scope", *(f"{value}".replace("-", "−") for value in values), *states]
    lines = []
    for scope, dimension in sorted(
        {key[:2] for key in facts.ratings}, key=lambda one: (one[0] != "local", one)
    ):
        own = {key[2:]: count for key, count in facts.ratings.items() if key[:2] == (scope, dimension)}
        cells = [own.get(("rated", value), 0) for value in values]
        cells += [sum(count for (state, _), count in own.items() if state == one) for one in states]
        lines.append(_line([f"`{dimension}`", scope, *(f"{cell:,}" for cell in cells)]))
    return f"## Valid ratings by dimension\n\n{_line(head)}{_rule(2, len(head))}{''.join(lines)}"


def _in_order(
    questions: set[tuple[str, str | None]], dimensions: Sequence[str]
) -> list[tuple[str, str | None]]:
    """Sort (scope, dimension): local first, overall before the dimensions, these as the rubric has them."""
    places = {dimension: place for place, dimension in enumerate(dimensions)}
    return sorted(questions, key=lambda one: (one[0] != "local", places.get(one[1] or "", -1), one[1] or ""))


def _any_state(facts: CardFacts, state: str) -> bool:
    return any(key[2] == state for key in facts.ratings)


def _comparisons(facts: CardFacts) -> str:
    if not facts.comparisons:
        return ""
    values = sorted({value for _, _, value in facts.comparisons})
    head = ["dimension", "scope", *(f"{value:+}".replace("-", "−").replace("+0", "0") for value in values)]
    lines = []
    for scope, dimension in _in_order({key[:2] for key in facts.comparisons}, facts.dimensions):
        counts = [f"{facts.comparisons.get((scope, dimension, value), 0):,}" for value in values]
        lines.append(_line([f"`{dimension}`" if dimension else "overall", scope, *counts]))
    return f"## Valid comparisons by preference\n\n{_line(head)}{_rule(2, len(head))}{''.join(lines)}"


def _remarks(facts: CardFacts) -> str:
    return "## What is not here\n\n" + "".join(f"- {remark}\n" for remark in facts.remarks)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _rule(texts: int, columns: int) -> str:
    return f"|{'---|' * texts}{'---:|' * (columns - texts)}\n"
