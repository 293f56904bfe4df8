from __future__ import annotations

import json
from pathlib import Path

import pytest

from annotate.formats.importers import IMPORTERS, detect, parse
from annotate.formats.records import ConversationRecord, FormatError
from tests.formats.test_intermt import pair_item, path_item
from tests.formats.test_native_json import conversation


def write(folder: Path, value: object) -> Path:
    path = folder / "file.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def test_each_format_is_found_by_what_its_items_look_like() -> None:
    assert detect(conversation()) == "native"
    assert detect(path_item()) == detect(pair_item()) == "intermt"


def test_a_bad_item_stands_between_the_good_ones(tmp_path: Path) -> None:
    path = write(tmp_path, json.dumps([path_item(), path_item(id={}), path_item()])[:-1] + ", NaN]")

    found = list(parse(path))

    assert [type(one) for one in found] == [ConversationRecord, FormatError, ConversationRecord, FormatError]
    assert [one.place for one in found] == ["item 1", "item 2, id", "item 3", "item 4"]


def test_the_first_readable_item_decides_the_format_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "[NaN, " + json.dumps(conversation()) + ", " + json.dumps(path_item()) + "]")

    broken, first, other = parse(path)

    assert isinstance(broken, FormatError)
    assert isinstance(first, ConversationRecord)
    assert isinstance(other, FormatError)
    assert (other.code, other.place) == ("field_missing", "item 3")


def test_lines_are_read_as_well(tmp_path: Path) -> None:
    path = write(tmp_path, "\n".join(json.dumps(conversation(id=name)) for name in ("a", "b")))

    assert [(one.place, one.external_id) for one in parse(path) if isinstance(one, ConversationRecord)] == [
        ("line 1", "a"),
        ("line 2", "b"),
    ]


@pytest.mark.parametrize(
    ("value", "format_name", "code"),
    [
        ("", "auto", "file_empty"),
        ([], "auto", "file_empty"),
        ([], "intermt", "file_empty"),
        ("hello", "auto", "file_not_json"),
        ([{"a": 1}], "auto", "format_unknown"),
        ([path_item()], "parquet", "format_unknown"),
    ],
)
def test_a_file_in_which_nothing_can_be_read_is_refused(
    tmp_path: Path, value: object, format_name: str, code: str
) -> None:
    path = write(tmp_path, value)

    with pytest.raises(FormatError) as caught:
        list(parse(path, format_name))

    assert caught.value.code == code


def test_an_unknown_format_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    path = write(tmp_path, [{"a": 1}])

    for format_name in ("auto", "nonsense"):
        with pytest.raises(FormatError) as caught:
            list(parse(path, format_name))
        assert all(name in caught.value.detail for name in IMPORTERS)


def test_a_named_format_reports_each_item_that_is_not_of_it(tmp_path: Path) -> None:
    found = list(parse(write(tmp_path, [{"a": 1}, path_item()]), "intermt"))

    assert isinstance(found[0], FormatError)
    assert isinstance(found[1], ConversationRecord)
