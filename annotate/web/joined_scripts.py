"""Each page's script and all that it imports as one file, without comments: one request instead of forty.

Our modules keep to a few forms of import and export, at the beginning of a line, so that joining them is a matter
of substitution; anything else is an error when static files are collected. Every module becomes a function that
returns what it exports, called once, when the first who imports it is: the order in which a browser runs modules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, Storage
from rjsmin import jsmin

SCRIPTS = Path(settings.BASE_DIR) / "static" / "js"
# What pages load: `<script type="module">` names these and no others.
ENTRIES = ("annotate.js", "base.js", "managing.js", "preview.js", "sitting.js")

_IMPORT = re.compile(r'^import\s*(?:\{([^}]*)\}\s*from\s*)?"\./([\w-]+\.js)";?', re.MULTILINE)
_EXPORT = re.compile(r"^export\s+((?:async\s+)?function|class|const)\s+(\w+)", re.MULTILINE)
_NO_EXPORT = re.compile(r"^export\s*\{\s*\};?", re.MULTILINE)
_STATEMENT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
_CALL = re.compile(r"\bimport\([^)]*\)")  # comments hold some too, as types: looked for where they are gone
_FRAME = (
    "const made={{}},use=(name)=>made[name]??=modules[name](),modules={{\n{modules}\n}};\nuse({entry});\n"
)


def joined(entry: str, folder: Path = SCRIPTS) -> str:
    """Return a script with everything that it imports, directly or not, as the text of one module.

    Raises:
        ImproperlyConfigured: a script is missing, imports run in a circle, or one is written in another form.
    """
    found: dict[str, str] = {}
    _collect(entry, folder, found, ())
    modules = ",\n".join(f'"{name}":()=>{{{text}}}' for name, text in found.items())
    return _FRAME.format(modules=modules, entry=f'"{entry}"')


def _collect(name: str, folder: Path, found: dict[str, str], above: tuple[str, ...]) -> None:
    if name in above:
        raise ImproperlyConfigured(f"Scripts import one another in a circle: {' → '.join((*above, name))}.")
    if name in found:
        return
    try:
        text = (folder / name).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ImproperlyConfigured(f"There is no script {name} in {folder}.") from error
    for _, imported in _IMPORT.findall(text):
        _collect(imported, folder, found, (*above, name))
    exported = [one for _, one in _EXPORT.findall(text)]
    text = _IMPORT.sub(_taken, _NO_EXPORT.sub("", _EXPORT.sub(r"\1 \2", text)))
    small: str = jsmin(f"{text}\nreturn {{ {', '.join(exported)} }};")
    if other := _STATEMENT.search(text) or _CALL.search(small):
        raise ImproperlyConfigured(
            f"{name}: this form of import or export is not joined: {other[0].strip()[:80]}"
        )
    found[name] = small


def _taken(match: re.Match[str]) -> str:
    names, module = match[1], match[2]
    call = f'use("{module}");'
    return call if names is None else f"const {{{names.replace(' as ', ': ')}}} = {call}"


class JoinedScriptsFinder(BaseFinder):
    """Offers the pages' scripts joined to `collectstatic`, ahead of the files as they are written.

    A server that serves files without collecting them gets those: browsers join the modules themselves.
    """

    def check(self, **_: object) -> list[Any]:
        """There is nothing to configure."""
        return []

    def find(self, *_: Any, **__: Any) -> Any:  # noqa: ANN401 - its signature has two meanings
        """Nothing: what lies on the disk is found by the finders of folders."""
        return []

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:  # noqa: ARG002
        """Yield the joined scripts, with a storage that holds them."""
        storage = InMemoryStorage()
        for entry in ENTRIES:
            storage.save(f"js/{entry}", ContentFile(joined(entry).encode()))
            yield f"js/{entry}", storage
