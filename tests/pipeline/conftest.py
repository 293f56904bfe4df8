"""What tests of stages share."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from pytest_django import Settings


@pytest.fixture(autouse=True)
def own_cache(settings: Settings, request: pytest.FixtureRequest) -> None:
    """Remember in memory what passes have seen: clearing a shared cache would make other tests forget it too.

    Scoring is tested with the real one: its workers are other processes.
    """
    if "scoring" not in request.path.parts:
        settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
        cache.clear()
