"""OpenAPI from the very structs that are decoded and encoded, so that the document cannot drift."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

View = TypeVar("View", bound=Callable[..., Any])
_documented: dict[str, type[Any]] = {}


class ErrorRow(msgspec.Struct):
    """One thing that is wrong: a stable code, a sentence, and the place in the body (or "")."""

    code: str
    detail: str
    path: str


class Errors(msgspec.Struct):
    """The form of every 4xx answer."""

    errors: list[ErrorRow]


def _reference(kind: type[Any]) -> dict[str, Any]:
    _documented[kind.__name__] = kind
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


def described(  # noqa: PLR0913 - all by name, all may be left out
    *,
    body: type[Any] | None = None,
    answer: type[Any] | None = None,
    refusals: dict[int, str] | None = None,
    others: dict[int, str] | None = None,
    headers: dict[str, str] | None = None,
    queries: dict[str, str] | None = None,
    success: int = 200,
) -> Callable[[View], View]:
    """Describe one call: body and answer as structs, 4xx answers and answers without a body in words."""
    responses: dict[Any, Any] = {
        status: OpenApiResponse(description=text) for status, text in (others or {}).items()
    }
    if answer is not None:
        responses[success, "application/json"] = _reference(answer)
    for status, text in {
        401: "No valid token or session.",
        404: "Not there, or not yours.",
        **(refusals or {}),
    }.items():
        responses[status, "application/json"] = OpenApiResponse(_reference(Errors), description=text)
    parameters = [
        OpenApiParameter(name, str, OpenApiParameter.HEADER, required=True, description=text)
        for name, text in (headers or {}).items()
    ] + [OpenApiParameter(name, str, description=text) for name, text in (queries or {}).items()]
    return extend_schema(
        request={"application/json": _reference(body)} if body else None,
        responses=responses,
        parameters=parameters,
    )


def add_components(result: dict[str, Any], **_: object) -> dict[str, Any]:
    """Put the structs' schemas into the document (a drf-spectacular post-processing hook)."""
    components: dict[str, Any]
    _, components = msgspec.json.schema_components(  # type: ignore[assignment]
        _documented.values(), ref_template="#/components/schemas/{name}"
    )
    result.setdefault("components", {}).setdefault("schemas", {}).update(components)
    return result
