"""The house rules that a reader counts on, counted."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
LONG_FUNCTION = 40
# "Few" functions over 40 lines: this many at most.
FEW = 6


def sources() -> Iterator[Path]:
    for folder in ("annotate", "inference", "benchmarks", "clients"):
        yield from (path for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts)


def functions() -> Iterator[tuple[str, int]]:
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                yield f"{path.relative_to(ROOT)}:{node.name}", node.end_lineno - node.lineno + 1


def test_no_source_file_is_longer_than_400_lines() -> None:
    scripts = [*(ROOT / "static" / "js").rglob("*.js"), *sources(), *(ROOT / "tests").rglob("*.py")]
    long = {
        str(path.relative_to(ROOT)): n
        for path in scripts
        if (n := len(path.read_text().splitlines())) > LONGEST_FILE
    }

    assert long == {}


def test_few_functions_are_longer_than_40_lines_and_none_than_60() -> None:
    long = {name: lines for name, lines in functions() if lines > LONG_FUNCTION}

    assert {name: lines for name, lines in long.items() if lines > LONGEST_FUNCTION} == {}
    assert len(long) <= FEW, long


def raises_again(handler: ast.ExceptHandler) -> bool:
    """Whether a handler ends by raising what it caught, or an error of ours that names it as its cause."""
    last = handler.body[-1]
    if not isinstance(last, ast.Raise):
        return False
    return last.exc is None or (isinstance(last.cause, ast.Name) and last.cause.id == handler.name)


def test_nothing_swallows_every_exception() -> None:
    broad = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler)
        and not raises_again(node)
        and (
            node.type is None
            or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException"))
        )
    ]

    assert broad == []


@pytest.mark.parametrize("module", ["annotate.urls", "annotate.tasks"])
def test_the_web_process_and_the_default_workers_never_load_torch(module: str) -> None:
    code = (
        "import django, sys; django.setup(); import importlib; "
        f"importlib.import_module({module!r}); "
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers')))"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)

    assert done.returncode == 0


def test_there_are_no_signals_and_no_save_overrides() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.FunctionDef) and node.name in ("save", "delete"))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").endswith("signals"))
    ]

    assert found == []
