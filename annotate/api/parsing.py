"""Request bodies: our own JSON loader with its limits, and one way to read a typed body."""

from __future__ import annotations

from typing import IO, Any, TypeVar

import msgspec
from rest_framework.parsers import BaseParser

from annotate.formats.strict_json import loads
from annotate.refusal import Refusal

Body = TypeVar("Body")


class StrictJSONParser(BaseParser):
    """JSON with limits: finite numbers, no duplicate keys, bounded depth, text that can be stored."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002 - DRF's signature
        parser_context: Any = None,  # noqa: ANN401, ARG002
    ) -> Any:  # noqa: ANN401
        """Return the parsed body; FormatError (400) says where it is wrong."""
        return loads(stream.read())


def read_body(data: bytes, kind: type[Body]) -> Body:
    """Return the body as ``kind``; FormatError (400) when it is not JSON, Refusal (422) when it does not fit."""
    value = loads(data or b"{}")
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        detail, _, path = str(error).partition(" - at `$")
        raise Refusal.because("invalid", detail, path.rstrip("`").lstrip(".")) from None
