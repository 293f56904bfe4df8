"""What every test stands on: static files as they lie in static/, and a cheap way to hash passwords."""

from __future__ import annotations

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def plain_static_files(settings: Settings) -> None:
    """Render `{% static %}` without collectstatic; tests/web/test_static.py tests the hashed ones."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture(autouse=True)
def quick_passwords(settings: Settings) -> None:
    """Hash cheaply: tests make many people, and a slow hash would be most of their time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
