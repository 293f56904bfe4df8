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

STATIC = Path(settings.BASE_DIR) / "static"
SCRIPT = re.compile(r"^import\s[^;]*?from\s+\"(\./[\w.-]+)\";|^import\s+\"(\./[\w.-]+)\";", re.MULTILINE)


def imports_of(name: str, seen: set[str] | None = None) -> set[str]:
    """Return the modules that a module loads, itself included."""
    seen = set() if seen is None else seen
    seen.add(name)
    for match in SCRIPT.finditer((STATIC / "js" / name).read_text("utf-8")):
        imported = (match[1] or match[2]).removeprefix("./")
        if imported not in seen:
            imports_of(imported, seen)
    return seen


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
    scripts = [STATIC / "js" / name for name in imports_of("annotate.js") | imports_of("base.js")]
    styles = [STATIC / name for name in ("app.css", "conversation.css", "annotating.css")]

    total = sum(len(gzip.compress(path.read_bytes())) for path in [*scripts, *styles])

    assert total < 60_000


def test_files_ask_nothing_of_other_hosts() -> None:
    for path in [*STATIC.glob("*.css"), *(STATIC / "js").glob("*.js")]:
        assert not re.search(r"https?://|url\(", path.read_text("utf-8")), path.name


def test_modules_import_each_other_by_their_hashed_names(tmp_path: Path, settings: Settings) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "annotate.web.static_storage.ModuleManifestStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)

    hashed = {path.name for path in (tmp_path / "js").glob("*.*.js")}
    entry = next(path for path in (tmp_path / "js").glob("annotate.*.js"))
    named = re.findall(r"from \"\./([\w.-]+)\"", entry.read_text("utf-8"))

    assert len(named) > 8
    assert set(named) <= hashed


@pytest.mark.parametrize("path", sorted((STATIC / "js").glob("*.js")), ids=lambda path: path.name)
def test_modules_are_short_and_import_a_file_once(path: Path) -> None:
    text = path.read_text("utf-8")
    imported = re.findall(r"^(?:import|export)\b[^;]*?from\s+\"([^\"]+)\"", text, re.MULTILINE)

    assert len(text.splitlines()) <= 400
    assert len(imported) == len(set(imported))
