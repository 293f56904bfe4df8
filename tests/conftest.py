"""What every test stands on: static files as they lie in static/, cheap password hashes, folders of its own."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest
from pytest_django import Settings

# A machine that is busy with other things makes nothing wrong: how long an example takes is not judged.
hypothesis.settings.register_profile(
    "project", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("project")


@pytest.fixture(autouse=True)
def plain_static_files(settings: Settings) -> None:
    """Render `{% static %}` without collectstatic; tests/web/test_static.py tests the hashed ones."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture(autouse=True)
def quick_passwords(settings: Settings) -> None:
    """Hash cheaply: tests make many people, and a slow hash would be most of their time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def own_folders(tmp_path: Path, settings: Settings) -> None:
    """Keep images and releases in folders of the test's own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.DATA_DIR = tmp_path / "data"
