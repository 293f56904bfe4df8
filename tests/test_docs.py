"""Documents that name things of the code, held to what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def words_of(name: str) -> str:
    return (ROOT / name).read_text()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text())

    assert [one for one in targets if not (document.parent / one).exists()] == []


def test_every_command_that_the_readme_shows_exists() -> None:
    shown = set(re.findall(r"\./manage (\w+)", words_of("README.md")))

    assert shown
    assert shown <= set(get_commands())


def test_every_command_of_ours_is_in_the_operations_manual() -> None:
    ours = {name for name, app in get_commands().items() if app == "annotate"}

    assert {name for name in ours if f"`{name}" not in words_of("docs/operations.md")} == set()


def test_every_room_of_the_readme_exists() -> None:
    house = words_of("README.md").split("## The house")[1].split("```")[1]
    rooms = re.findall(r"^(  )?([\w.]+/?(?: [\w.]+/?)*?)  ", house, re.MULTILINE)
    missing = [
        name
        for indent, names in rooms
        for name in names.split()
        if not (ROOT / ("annotate" if indent else "") / name).exists()
    ]

    assert missing == []


def routes(resolver: URLResolver, prefix: str = "") -> list[str]:
    found = []
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            found += routes(one, prefix + str(one.pattern))
        elif isinstance(one, URLPattern):
            found.append(prefix + str(one.pattern))
    return found


def test_every_call_of_the_api_is_in_its_document(client: object) -> None:
    from drf_spectacular.generators import SchemaGenerator  # noqa: PLC0415 - needs the address table

    documented = SchemaGenerator().get_schema(request=None, public=True)["paths"]  # type: ignore[no-untyped-call]
    ours = {
        "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)
        for route in routes(get_resolver())
        if route.startswith("api/v1/")
    }

    assert ours == set(documented)


def test_the_documents_speak_of_no_machine_and_no_registry() -> None:
    suspicious = re.compile(r"/root/|/home/\w+/|pypi\.org|files\.pythonhosted|registry\.npmjs")

    assert [str(path) for path in DOCUMENTS if suspicious.search(path.read_text())] == []
