from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from inference.__main__ import main
from inference.commands.score import BATCH

ROOT = Path(__file__).resolve().parents[2]

WITHOUT_DJANGO = """
import runpy, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"django", "annotate", "torch", "transformers"}:
            raise ImportError(f"{name} must not be imported")

sys.meta_path.insert(0, Blocker())
try:
    runpy.run_module("inference", run_name="__main__", alter_sys=True)
finally:
    assert not {"django", "annotate", "torch", "transformers"} & sys.modules.keys()
"""


def line(item_id: object, answer: str = "An answer.", **extra: object) -> str:
    messages = [{"role": "user", "content": "A question?"}, {"role": "assistant", "content": answer}]
    return json.dumps({"id": item_id, "messages": messages, **extra})


def score(source: Path, target: Path, *options: str) -> int:
    return main(["score", "--scorer", "demo", *options, str(source), str(target)])


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(text) for text in path.read_text("utf-8").splitlines()]


def test_every_line_is_answered_in_order_across_batches(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join(line(n) for n in range(2 * BATCH + 1)))

    assert score(source, target) == 0
    assert [row["id"] for row in rows(target)] == list(range(2 * BATCH + 1))
    assert all(row["error"] is None for row in rows(target))


def test_a_bad_line_gets_an_error_with_its_number_and_harms_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join([line("a"), "oops", "", line("b", ""), line("c", steps=3), line("d")]))

    assert score(source, target) == 0
    assert [(row["id"], row["error"] and row["error"]["code"]) for row in rows(target)] == [
        ("a", None),
        (None, "bad_json"),
        ("b", "empty_response"),
        ("c", "bad_field"),
        ("d", None),
    ]
    assert rows(target)[2]["error"]["detail"] == "line 4: the response has no text to score"
    assert capsys.readouterr().err.splitlines()[-1] == f"2 scored, 3 with an error: {target}"


def test_image_paths_are_relative_to_the_file_that_names_them(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    (tmp_path / "a.png").write_bytes(b"bytes")
    content = [{"type": "image", "image": "a.png"}, {"type": "text", "text": "What?"}]
    messages = [{"role": "user", "content": content}, {"role": "assistant", "content": "That."}]
    source.write_text(json.dumps({"id": "a", "messages": messages}))

    assert score(source, target) == 0
    assert rows(target)[0]["error"] is None


def test_the_shell_command_runs_without_django(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(line("a") + "\n")
    command = [sys.executable, "-c", WITHOUT_DJANGO, "score", "--scorer", "demo", "in.jsonl", "out.jsonl"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("demo (untrained):")
    assert done.stdout == ""
    assert [row["id"] for row in rows(tmp_path / "out.jsonl")] == ["a"]


def test_a_file_that_cannot_be_read_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"

    assert score(source, target) == 2
    assert capsys.readouterr().err == f"python -m inference: {source}: No such file or directory\n"
    assert not target.exists()


def test_the_file_to_read_is_never_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(line("a"))

    assert score(source, source) == 2
    assert "both the file to read and the file to write" in capsys.readouterr().err
    assert source.read_text() == line("a")
    assert os.listdir(tmp_path) == ["in.jsonl"]  # noqa: PTH208


def test_what_is_no_ordinary_file_is_not_displaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, pipe = tmp_path / "in.jsonl", tmp_path / "pipe"
    source.write_text(line("a"))
    os.mkfifo(pipe)

    assert score(source, pipe) == 2
    assert score(source, tmp_path) == 2
    assert capsys.readouterr().err.count("is not an ordinary file") == 2
    assert pipe.is_fifo()


def test_a_link_stays_and_what_it_points_to_is_replaced(tmp_path: Path) -> None:
    source, target, link = tmp_path / "in.jsonl", tmp_path / "out.jsonl", tmp_path / "link.jsonl"
    source.write_text(line("a"))
    target.write_text("old")
    link.symlink_to(target)

    assert score(source, link) == 0
    assert link.is_symlink()
    assert rows(target)[0]["id"] == "a"


def test_a_run_that_breaks_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(line("a"))
    target.write_text("old")

    def full(_result: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("inference.commands.score.format_result", full)

    assert score(source, target) == 2
    assert capsys.readouterr().err.endswith("python -m inference: No space left on device\n")
    assert target.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_progress_is_shown_in_a_terminal_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join(line(n) for n in range(BATCH)))

    score(source, target)
    assert "\r" not in capsys.readouterr().err

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    score(source, target)
    assert f"\r{BATCH} lines, 0 with an error" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["score", "--scorer", "demo", "in"], "arguments are required: OUT.jsonl"),
        (["guess"], "invalid choice: 'guess'"),
        ([], "arguments are required: COMMAND"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_runs(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)

    assert stop.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--scorer", "nope"], "there is no scorer 'nope'; known: demo, skywork, visualprm, visualprm-v1"),
        (["--scorer", "skywork"], "the scorer 'skywork' has no folder of weights; name one with --model"),
        (["--scorer", "demo", "--config", "nowhere.yaml"], "nowhere.yaml: No such file or directory"),
    ],
)
def test_a_scorer_that_cannot_be_chosen_is_told_in_one_line(
    options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in.jsonl").write_text(line("a"))

    assert main(["score", *options, str(tmp_path / "in.jsonl"), str(tmp_path / "out.jsonl")]) == 2
    assert capsys.readouterr().err == f"python -m inference: {message}\n"
    assert not (tmp_path / "out.jsonl").exists()
