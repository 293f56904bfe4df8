"""A wrong environment stops the start with one sentence that names the variable."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_POOL", "0"),
        ("REDIS_URL", "localhost"),
        ("LEASE_SECONDS", "-5"),
        ("DEBUG", "perhaps"),
        ("LOG_LEVEL", "LOUD"),
        ("MEDIA_STORAGE_OPTIONS", "{bad"),
        ("SECRET_KEY", ""),
    ],
)
def test_a_wrong_variable_is_named_in_one_line(name: str, value: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=PROJECT,
        env={**os.environ, "DATA_DIR": str(tmp_path), "SECRET_KEY": "x", name: value},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("annotate: ")
    assert name in done.stderr
    assert len(done.stderr.splitlines()) == 1
