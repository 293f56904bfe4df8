"""docs/operations.md, held to the settings, the numbers and the queues."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs" / "operations.md").read_text()
SETTINGS = (ROOT / "annotate" / "settings.py").read_text()


def section(heading: str) -> str:
    found = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found, f"docs/operations.md has no section “{heading}”"
    return found[1]


def first_cells(text: str) -> list[str]:
    return re.findall(r"^\| `([\w/{}]+)`", text, re.MULTILINE)


def test_every_setting_stands_there_and_nothing_else() -> None:
    assert set(first_cells(section("Settings"))) == set(re.findall(r'env\.\w+\(\s*"(\w+)"', SETTINGS))


def test_numeric_defaults_stand_there_as_they_are() -> None:
    for name, default in re.findall(r'env\.int\(\s*"(\w+)", ([\d_* ]+)\)', SETTINGS):
        value = eval(default)  # a product of numbers
        assert re.search(rf"^\| `{name}` \| {value} \|", TEXT, re.MULTILINE), name


@pytest.mark.django_db
def test_every_number_of_the_metrics_stands_there(client: Client) -> None:
    shown: Any = client.get("/metrics").content.decode()
    names = set(re.findall(r"^# TYPE (\w+)", shown, re.MULTILINE))

    assert names
    assert {re.sub(r"{.*", "", one) for one in first_cells(section("What to watch")) if "_" in one} == names


def test_every_queue_stands_there() -> None:
    queues = {
        settings.CELERY_TASK_DEFAULT_QUEUE,
        *(one["queue"] for one in settings.CELERY_TASK_ROUTES.values()),
    }

    assert set(first_cells(section("Queues and workers"))) == queues
