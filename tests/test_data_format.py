"""docs/data-format.md and docs/import-formats.md, held to the code both ways."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from annotate.formats.importers import IMPORTERS
from annotate.formats.native_json import parse_item
from annotate.formats.rubric import RULES, read_rubric
from annotate.formats.schema import TABLES, type_name
from annotate.management.commands.export import Command
from annotate.pipeline.exporting import Filters

DOCS = Path(__file__).resolve().parent.parent / "docs"
RELEASES = (DOCS / "data-format.md").read_text()
IMPORTS = (DOCS / "import-formats.md").read_text()


def section(document: str, heading: str) -> str:
    level = heading.split(" ", maxsplit=1)[0]
    found = re.search(
        rf"^{re.escape(heading)}\n(.*?)(?=^#{{2,{len(level)}}} |\Z)", document, re.MULTILINE | re.DOTALL
    )
    assert found, f"there is no “{heading}”"
    return found[1]


def rows(text: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in text.splitlines()
        if line.startswith("| `")
    ]


def test_every_table_has_a_section_in_order() -> None:
    headings = re.findall(r"^### (\w+)$", RELEASES, re.MULTILINE)

    assert headings == list(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_every_column_stands_there_with_its_type_and_a_meaning(table: str) -> None:
    documented = [(row[0].strip("`"), row[1].strip("`")) for row in rows(section(RELEASES, f"### {table}"))]

    assert documented == [(one.name, type_name(one.type)) for one in TABLES[table]]
    assert all(len(row) == 3 and row[2] for row in rows(section(RELEASES, f"### {table}")))


def test_every_filter_stands_there_with_its_option() -> None:
    listed = [
        row for row in rows(section(RELEASES, "## Releases: the `native` format")) if row[1].startswith("`--")
    ]
    documented = {row[0].strip("`"): row[1].strip("`").split()[0] for row in listed}
    parser = Command().create_parser("manage.py", "export")
    options = {option for action in parser._actions for option in action.option_strings}

    assert set(documented) == set(Filters.__struct_fields__)
    assert set(documented.values()) <= options


def test_the_native_example_is_one_that_can_be_imported() -> None:
    example = re.search(r"```json\n(.*?)```", section(IMPORTS, "### Format `native`"), re.DOTALL)
    assert example

    record = parse_item(json.loads(example[1]), "example")

    assert [turn.key for turn in record.turns] == ["q1", "q2"]
    assert [path.response for path in record.paths] == ["a3"]


def test_the_rubric_example_is_one_that_can_be_loaded(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", section(IMPORTS, "## Rubrics"), re.DOTALL)
    assert example
    (tmp_path / "rubric.yaml").write_text(example[1])

    assert read_rubric(tmp_path / "rubric.yaml").key == yaml.safe_load(example[1])["key"]


def test_every_image_rule_stands_there_with_its_sentences() -> None:
    listed = [row for row in rows(section(IMPORTS, "## Rubrics")) if row[0] != "`image_rule`"]
    documented = {row[0].strip("`"): set(re.findall(r"`(\w+)`", row[1])) for row in listed}

    assert documented == {rule: set(names) for rule, names in RULES.items()}


def test_every_import_format_has_a_section() -> None:
    assert set(re.findall(r"^### Format `([\w-]+)`$", IMPORTS, re.MULTILINE)) == set(IMPORTERS)
