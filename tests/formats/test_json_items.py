from __future__ import annotations

import json
import os
import tempfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.formats import json_items
from annotate.formats.json_items import Item, items
from annotate.formats.records import FormatError
from tests.formats.test_strict_json import VALUES


def read(data: bytes, name: str = "file.json", **limits: int) -> list[Item]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(data)
        return list(items(path, **limits))


def outline(found: list[Item]) -> list[tuple[str, object]]:
    """Give each item's place with its value, or with the code and place of its error."""
    return [
        (
            item.place,
            (item.value.code, item.value.place) if isinstance(item.value, FormatError) else item.value,
        )
        for item in found
    ]


READ = {
    "a list": (b' [1, {"a": "],["}, "\\"," ]\n', [("item 1", 1), ("item 2", {"a": "],["}), ("item 3", '",')]),
    "an empty list": (b"[ ]", []),
    "a list after a byte order mark": (b"\xef\xbb\xbf[1]", [("item 1", 1)]),
    "one object over several lines": (b'{\n"a": 1\n}\n', [("item 1", {"a": 1})]),
    "one object on one line": (b'{"a": 1}', [("line 1", {"a": 1})]),
    "lines": (b'\n{"a": 1}\r\n\r\n{"a": 2}', [("line 2", {"a": 1}), ("line 4", {"a": 2})]),
    "a bad value": (b"[1, NaN, 3]", [("item 1", 1), ("item 2", ("json_number", "item 2")), ("item 3", 3)]),
    "bad syntax": (
        b"[1, {x}, 3]",
        [("item 1", 1), ("item 2", ("json_syntax", "item 2, byte 5")), ("item 3", 3)],
    ),
    "bad UTF-8": (b'["\xff", 2]', [("item 1", ("json_encoding", "item 1, byte 2")), ("item 2", 2)]),
    "the wrong bracket": (b'[{"a": 1], 2]', [("item 1", ("json_syntax", "item 1, byte 8")), ("item 2", 2)]),
    "a trailing comma": (b"[1,]", [("item 1", 1), ("item 2", ("json_syntax", "item 2, byte 3"))]),
    "a leading comma": (b"[,1]", [("item 1", ("json_syntax", "item 1, byte 1")), ("item 2", 1)]),
    "cut after a comma": (b"[1,", [("item 1", 1), ("item 2", ("json_truncated", "item 2, byte 3"))]),
    "cut in a string": (b'[1, {"a', [("item 1", 1), ("item 2", ("json_truncated", "item 2, byte 7"))]),
    "text after the list": (b"[1]\n x", [("item 1", 1), ("end of file", ("json_syntax", "byte 5"))]),
    "two lists": (b"[1][2]", [("item 1", 1), ("end of file", ("json_syntax", "byte 3"))]),
    "a bad line": (
        b'{"a": 1}\n{"a": \n{"a": 3}',
        [("line 1", {"a": 1}), ("line 2", ("json_syntax", "line 2, byte 7")), ("line 3", {"a": 3})],
    ),
    "an object that is cut": (b'{\n"a": 1\n', [("item 1", ("json_syntax", "item 1, byte 9"))]),
    "nesting without end": (b"[" * 100_000, [("item 1", ("json_truncated", "item 1, byte 100000"))]),
}


@pytest.mark.parametrize(("data", "expected"), READ.values(), ids=READ.keys())
@pytest.mark.parametrize("chunk", [1, 3, 1024])
def test_items_are_found_whatever_the_size_of_the_pieces_read(
    data: bytes, expected: list[tuple[str, object]], chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_items, "_CHUNK", chunk)

    assert outline(read(data)) == expected


def test_a_first_line_that_is_broken_does_not_hide_the_others_when_the_name_says_jsonl() -> None:
    found = outline(read(b'{"a": \n{"a": 2}', "file.jsonl"))

    assert found == [("line 1", ("json_syntax", "line 1, byte 7")), ("line 2", {"a": 2})]


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "file_empty", "is empty"),
        (b"\xef\xbb\xbf \n", "file_empty", "is empty"),
        (b"id,prompt\n", "file_not_json", "JSONL"),
        (b"PK\x03\x04", "file_not_json", "zip archive"),
        (b"PAR1", "file_not_json", "parquet"),
        ("[1]".encode("utf-16"), "file_not_json", "UTF-16"),
    ],
)
def test_a_file_of_another_kind_is_refused_by_name(data: bytes, code: str, words: str) -> None:
    with pytest.raises(FormatError, match=words) as caught:
        read(data)

    assert caught.value.code == code


@pytest.mark.parametrize("name", ["missing.json", "."], ids=["missing", "a folder"])
def test_what_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(FormatError) as caught:
        list(items(tmp_path / name))

    assert caught.value.code == "file_unreadable"


@pytest.mark.parametrize("chunk", [7, 1024])
def test_an_item_over_the_limit_is_skipped_and_the_next_is_read(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_items, "_CHUNK", chunk)
    long = b'"' + b"\\n," * 100 + b'"'

    in_list = outline(read(b"[1, " + long + b", 3]", max_item_bytes=50))
    in_lines = outline(read(b"{}\n" + long + b"\n{}", max_item_bytes=50))
    alone = outline(read(b'{"a":\n' + long + b"}", max_item_bytes=50))

    assert in_list == [("item 1", 1), ("item 2", ("json_item_too_large", "item 2")), ("item 3", 3)]
    assert in_lines == [("line 1", {}), ("line 2", ("json_item_too_large", "line 2")), ("line 3", {})]
    assert alone == [("item 1", ("json_item_too_large", "item 1"))]


@pytest.mark.parametrize("opening", [b"[", b""], ids=["list", "lines"])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, opening: bytes) -> None:
    path = tmp_path / "long.json"
    item = json.dumps({"text": "[\\" * 5000}).encode()
    with path.open("wb") as stream:
        stream.write(opening + item)
        for _ in range(2000):
            stream.write((b"," if opening else b"\n") + item)
        stream.write(b"]" if opening else b"\n")
    tracemalloc.start()

    count = sum(1 for one in items(path) if not isinstance(one.value, FormatError))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert count == 2001
    assert os.path.getsize(path) > 25_000_000  # noqa: PTH202
    assert peak < 8_000_000


@given(st.lists(VALUES), st.integers(0, 4), st.booleans())
def test_a_list_comes_back_as_json_reads_it(values: list[object], indent: int, ascii_only: bool) -> None:  # noqa: FBT001
    data = json.dumps(values, indent=indent or None, ensure_ascii=ascii_only).encode()

    assert [item.value for item in read(data)] == values


@given(st.lists(st.dictionaries(st.text('ab{}[]"\\\n'), VALUES), min_size=1))
def test_lines_come_back_as_json_reads_them(values: list[dict[str, object]]) -> None:
    data = "\n".join(json.dumps(value) for value in values).encode()

    assert [item.value for item in read(data)] == values


@given(st.text('[]{}",:\\1ax \n', max_size=60).map(str.encode) | st.binary(max_size=60))
def test_arbitrary_bytes_raise_nothing_but_a_format_error(data: bytes) -> None:
    try:
        found = read(data)
    except FormatError:
        return
    whole = all(not isinstance(item.value, FormatError) for item in found)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[") and whole:
        assert [item.value for item in found] == json.loads(data.decode("utf-8-sig"))
