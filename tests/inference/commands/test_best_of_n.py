from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inference.__main__ import main

LONG = "The sky is blue because air scatters blue light.\n\nRed light passes."


def line(item_id: object, *responses: object) -> str:
    asked = [{"role": "user", "content": "Why is the sky blue?"}]
    return json.dumps({"id": item_id, "messages": asked, "responses": responses})


def rank(source: Path, target: Path) -> int:
    return main(["best-of-n", "--scorer", "demo", str(source), str(target)])


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(text) for text in path.read_text("utf-8").splitlines()]


def test_responses_are_ranked_and_a_bad_line_harms_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    picture = [{"type": "image", "image": "nowhere.png"}, {"type": "text", "text": "See."}]
    lines = [line("a", "No.", LONG, "No."), "oops", "", line(2, ""), line("c", picture, LONG)]
    source.write_text("\n".join(lines))

    assert rank(source, target) == 0
    found = rows(target)
    assert [(row["id"], row["ranking"], row["best"]) for row in found] == [
        ("a", [1, 0, 2], 1),
        (None, [], None),
        (2, [], None),
        ("c", [1], 1),
    ]
    assert found[1]["error"]["detail"].startswith("line 2: is not JSON")
    assert found[2]["errors"] == [
        {"code": "empty_response", "detail": "line 4: responses[0]: the response has no text to score"}
    ]
    assert found[3]["errors"][0]["code"] == "missing_image"
    assert capsys.readouterr().err.splitlines()[-1] == f"2 ranked, 2 without a best response: {target}"


def test_values_are_those_of_score(tmp_path: Path) -> None:
    ranked, scored = tmp_path / "ranked.jsonl", tmp_path / "scored.jsonl"
    (tmp_path / "n.jsonl").write_text(line("a", "No.", LONG))
    asked = [{"role": "user", "content": "Why is the sky blue?"}]
    singles = [
        {"id": n, "messages": [*asked, {"role": "assistant", "content": text}]}
        for n, text in enumerate(["No.", LONG])
    ]
    (tmp_path / "s.jsonl").write_text("\n".join(map(json.dumps, singles)))

    assert rank(tmp_path / "n.jsonl", ranked) == 0
    assert main(["score", "--scorer", "demo", str(tmp_path / "s.jsonl"), str(scored)]) == 0
    assert rows(ranked)[0]["values"] == [row["value"] for row in rows(scored)]


def test_the_file_to_read_is_never_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(line("a", "No."))

    assert rank(source, source) == 2
    assert "both the file to read and the file to write" in capsys.readouterr().err
    assert source.read_text() == line("a", "No.")
