"""The dataset card: what a reader and a loader take from it."""

from __future__ import annotations

from typing import Any

import yaml

from annotate.formats.dataset_card import CardFacts, card

FACTS: dict[str, Any] = {
    "name": "v1",
    "project": "Küche: “Probe”",
    "taken_at": "2026-11-21T07:00:00.000Z",
    "schema_version": "1.0",
    "license": "cc-by-4.0",
    "languages": ["en", "zh-hans"],
    "rubrics": ["intermt v1"],
    "dimensions": ["text_quality", "style_coherence"],
    "rows": {"nodes": 3, "ratings": 5000, "steps": 0},
    "left_out": {"ratings": 7},
}


def front_matter(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text.split("---\n")[1])
    return found


def test_the_front_matter_names_files_licence_languages_and_size() -> None:
    found = front_matter(card(CardFacts(**FACTS)))

    assert found["license"] == "cc-by-4.0"
    assert found["language"] == ["en", "zh"]
    assert found["size_categories"] == ["1K<n<10K"]
    assert found["pretty_name"] == "Küche: “Probe”, v1"
    assert [one["config_name"] for one in found["configs"]] == ["nodes", "ratings"]
    assert found["configs"][1]["data_files"] == [{"split": "train", "path": "ratings-*.parquet"}]
    assert [one.get("default", False) for one in found["configs"]] == [False, True]


def test_without_ratings_the_first_filled_table_is_the_default() -> None:
    found = front_matter(card(CardFacts(**{**FACTS, "rows": {"nodes": 3, "ratings": 0}})))

    assert found["configs"] == [
        {
            "config_name": "nodes",
            "data_files": [{"split": "train", "path": "nodes-*.parquet"}],
            "default": True,
        }
    ]


def test_values_stand_by_dimension_in_the_rubrics_order() -> None:
    ratings = {
        ("global", "style_coherence", "rated", -1): 2,
        ("local", "text_quality", "rated", 3): 1200,
        ("local", "text_quality", "unable", None): 4,
    }
    comparisons = {("local", "text_quality", 1): 3, ("local", None, -2): 5, ("local", None, 0): 1}
    text = card(CardFacts(**FACTS, ratings=ratings, comparisons=comparisons, remarks=["Nothing else."]))

    assert "| dimension | scope | −1 | 3 | unable |" in text
    rows = ["| `text_quality` | local | 0 | 1,200 | 4 |", "| `style_coherence` | global | 2 | 0 | 0 |"]
    assert text.index(rows[0]) < text.index(rows[1])
    assert "| dimension | scope | −2 | 0 | +1 |" in text
    assert text.index("| overall | local | 5 | 1 | 0 |") < text.index(
        "| `text_quality` | local | 0 | 0 | 3 |"
    )
    assert "| `ratings` | 5,000 | 7 |" in text
    assert "- Nothing else.\n" in text
