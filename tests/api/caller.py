"""A program that speaks for one person, and good answers for it to send."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.test import Client

from annotate.models import ApiToken, User


class Caller:
    """A program that speaks for one person."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.client = Client(headers={"authorization": f"Token {ApiToken.issue(user, 'test')}"})

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        return self.client.generic(
            method,
            f"/api/v1/{path}",
            json.dumps(body) if body is not None else "",
            content_type="application/json",
            headers=headers,
        )

    def claim(self, slug: str, **body: object) -> dict[str, Any]:
        answer = self.call("POST", f"projects/{slug}/claim", body)
        assert answer.status_code == 200, answer.content
        found: dict[str, Any] = answer.json()
        return found

    def submit(self, document: dict[str, Any], body: dict[str, Any], key: str | None = None) -> Any:
        headers = {"idempotency-key": key or str(uuid.uuid4())}
        return self.call("POST", f"assignments/{document['id']}/submit", body, **headers)


def answers(document: dict[str, Any], value: int = 2) -> dict[str, Any]:
    """Answer everything that is required, with one value everywhere and the left side preferred by one."""
    dimensions = document["rubric"]["dimensions"]
    responses = [one["id"] for turn in document["turns"] for one in turn["candidates"]]
    whole = [path["responses"][-1] for path in document["paths"] if path["whole"]]
    missing = {(n["response"], n["dimension"]) for n in document["image_notices"] if n["rule"] == "no_image"}
    ratings = [
        {"response": one, "dimension": dimension["key"], "value": None, "state": "not_applicable"}
        if (one, dimension["key"]) in missing
        else {"response": one, "dimension": dimension["key"], "value": value, "state": "rated"}
        for dimension in dimensions
        for one in (responses if dimension["scope"] == "local" else whole)
    ]
    comparisons = [
        {
            "scope": pair["scope"],
            "left": pair["responses"][0],
            "right": pair["responses"][1],
            "dimension": None,
            "preference": -1,
        }
        for pair in document["pairs"]
    ]
    notes = [{"kind": "critique", "response": responses[0], "scope": "local", "text": "Clear."}]
    return {
        "lease": document["lease"]["number"],
        "ratings": ratings,
        "comparisons": comparisons,
        "notes": notes,
        "steps": [],
        "active_ms": 1000,
    }
