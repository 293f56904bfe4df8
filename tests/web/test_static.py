"""The files that browsers get: hashed for ever, vendored ones unchanged, small enough, nothing from elsewhere."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from pytest_django import Settings

from annotate.web.joined_scripts import ENTRIES, joined

STATIC = Path(settings.BASE_DIR) / "static"


def test_vendored_files_are_the_published_ones() -> None:
    listed = dict(
        re.findall(
            r"^\| `([\w.-]+)` .*`([0-9a-f]{64})` \|$", (STATIC / "vendor/README.md").read_text(), re.MULTILINE
        )
    )

    assert {path.name for path in (STATIC / "vendor").glob("*.js")} == set(listed)
    for name, sha256 in listed.items():
        assert hashlib.sha256((STATIC / "vendor" / name).read_bytes()).hexdigest() == sha256


def test_the_annotation_screen_stays_light() -> None:
    scripts = [joined(name).encode() for name in ("annotate.js", "base.js")]
    styles = [
        (STATIC / name).read_bytes()
        for name in ("app.css", "conversation.css", "annotating.css", "reading.css")
    ]

    assert sum(len(gzip.compress(one)) for one in (*scripts, *styles)) < 60_000


def test_files_ask_nothing_of_other_hosts() -> None:
    for path in [*STATIC.glob("*.css"), *(STATIC / "js").glob("*.js")]:
        assert not re.search(r"https?://|url\(", path.read_text("utf-8")), path.name


def test_pages_get_joined_scripts_under_hashed_names(tmp_path: Path, settings: Settings) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    for _ in range(2):  # the second finds the files of the first
        call_command("collectstatic", interactive=False, verbosity=0)

    for name in ENTRIES:
        (hashed,) = (tmp_path / "js").glob(f"{name.removesuffix('.js')}.*.js")
        assert hashed.read_text("utf-8") == joined(name)


@pytest.mark.parametrize("path", sorted((STATIC / "js").glob("*.js")), ids=lambda path: path.name)
def test_modules_are_short_and_import_a_file_once(path: Path) -> None:
    text = path.read_text("utf-8")
    imported = re.findall(r"^(?:import|export)\b[^;]*?from\s+\"([^\"]+)\"", text, re.MULTILINE)

    assert len(text.splitlines()) <= 400
    assert len(imported) == len(set(imported))
