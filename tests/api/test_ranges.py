"""Which bytes a Range header asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.api.ranges import Span, span_of

NOTHING = Span(10, 9)


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-0", Span(0, 0)),
        ("bytes=2-5", Span(2, 5)),
        ("bytes=2-", Span(2, 9)),
        ("Bytes=2-500", Span(2, 9)),
        ("bytes=-3", Span(7, 9)),
        ("bytes=-300", Span(0, 9)),
        ("bytes=-0", NOTHING),
        ("bytes=10-", NOTHING),
        ("bytes=99-100", NOTHING),
        ("", None),
        ("bytes=-", None),
        ("bytes=5-2", None),
        ("bytes=0-1,3-4", None),
        ("items=0-1", None),
        ("bytes=a-b", None),
        ("bytes=١-٢", None),
        ("bytes=0-" + "9" * 30, None),
    ],
)
def test_a_header_means_these_of_ten_bytes(header: str, span: Span | None) -> None:
    assert span_of(header, 10) == span


def test_an_empty_file_has_no_byte_to_answer() -> None:
    for header in ("bytes=0-", "bytes=0-0", "bytes=-1"):
        span = span_of(header, 0)
        assert span is not None
        assert span.length == 0


@given(size=st.integers(0, 10**6), first=st.integers(0, 10**6), last=st.integers(0, 10**6))
def test_a_span_never_leaves_the_file(size: int, first: int, last: int) -> None:
    for header in (f"bytes={first}-{last}", f"bytes={first}-", f"bytes=-{last}"):
        span = span_of(header, size)
        if span is not None and span.length:
            assert 0 <= span.first <= span.last < size
