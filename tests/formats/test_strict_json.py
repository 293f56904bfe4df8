from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.formats.records import FormatError
from annotate.formats.strict_json import MAX_DEPTH, MAX_INTEGER, loads

REFUSED = {
    "nan": (b'{"a": [NaN]}', "json_number", "a[0]"),
    "infinity": (b"-Infinity", "json_number", ""),
    "a float that overflows": (b'{"a": {"b c": 1e999}}', "json_number", 'a["b c"]'),
    "an integer beyond bigint": (b"[9223372036854775808]", "json_number", "[0]"),
    "a 5000-digit integer": (b"1" * 5000, "json_number", ""),
    "100,000 brackets": (b"[" * 100_000, "json_too_deep", ""),
    "100,000 objects": (b'{"a":' * 100_000, "json_too_deep", ""),
    "33 closed lists": (b"[" * 33 + b"]" * 33, "json_too_deep", ""),
    "a duplicate key": (b'{"a": [{"b": 1, "b": 2}]}', "json_duplicate_key", "a[0]"),
    "a key that is the same when unescaped": (b'{"a": 1, "\\u0061": 2}', "json_duplicate_key", ""),
    "a lone surrogate": (b'{"a": "\\ud800"}', "json_text", "a"),
    "a lone surrogate in a key": (b'{"\\udfff": 1}', "json_text", ""),
    "a NUL": (b'["x\\u0000"]', "json_text", "[0]"),
    "a NUL in a key": (b'{"a": {"\\u0000": 1}}', "json_text", "a"),
    "a NUL inside the quotes": (b'"\x00"', "json_syntax", "byte 1"),
    "invalid UTF-8": (b'"ab\xff"', "json_encoding", "byte 3"),
    "an overlong encoding": (b'"\xc0\xaf"', "json_encoding", "byte 1"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "json_encoding", "byte 0"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "json_syntax", "byte 0"),
    "nothing": (b"", "json_syntax", "byte 0"),
    "a trailing comma": (b"[1,]", "json_syntax", "byte 3"),
    "two values": (b"1 2", "json_syntax", "byte 2"),
    "Arabic digits": ("[٣]".encode(), "json_syntax", "byte 1"),
    "a position counted in bytes": ('["é", x]'.encode(), "json_syntax", "byte 7"),
    "a single quote": (b"{'a': 1}", "json_syntax", "byte 1"),
    "a comment": (b"[1 // x\n]", "json_syntax", "byte 3"),
}


@pytest.mark.parametrize(("data", "code", "place"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_plain_json_is_refused_with_its_place(data: bytes, code: str, place: str) -> None:
    with pytest.raises(FormatError) as caught:
        loads(data)

    assert (caught.value.code, caught.value.place) == (code, place)


def test_the_given_place_and_offset_lead_every_place() -> None:
    with pytest.raises(FormatError) as syntax:
        loads(b"[1 2]", place="item 3", offset=100)
    with pytest.raises(FormatError) as number:
        loads(b'{"a": [NaN]}', place="item 3", offset=100)

    assert syntax.value.place == "item 3, byte 103"
    assert number.value.place == "item 3, a[0]"
    assert str(number.value).startswith("item 3, a[0]: A number must be finite")


def test_a_very_long_key_is_cut_in_the_place() -> None:
    with pytest.raises(FormatError) as caught:
        loads(json.dumps({"k" * 5000: math.inf}).encode())

    assert len(caught.value.place) < 60


def test_the_limits_themselves_are_accepted() -> None:
    deepest = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH

    assert loads(str(MAX_INTEGER).encode()) == MAX_INTEGER
    assert loads(str(-MAX_INTEGER).encode()) == -MAX_INTEGER
    assert loads(b"1.7976931348623157e308") == 1.7976931348623157e308
    assert loads(deepest) is not None
    assert loads(b'"\\ud83d\\ude00 \\ud800\\udc00"') == "\U0001f600 \U00010000"


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), inner)
    ),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_every_plain_value_comes_back(value: object, ascii_only: bool) -> None:  # noqa: FBT001
    assert loads(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary(max_size=200) | st.text('[]{}":,\\u0d8eE+-.19nulltrfasNaI \n', max_size=80).map(str.encode))
def test_arbitrary_bytes_raise_nothing_but_a_format_error(data: bytes) -> None:
    try:
        value = loads(data)
    except FormatError:
        return
    assert value == json.loads(data)
