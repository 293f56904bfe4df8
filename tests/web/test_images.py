"""Pictures reach members of their project and nobody else."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from annotate.models import Image, User
from tests import make

pytestmark = pytest.mark.django_db


def as_person(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def picture(tmp_path: object, settings: object) -> Image:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]
    made = make.image(make.project())
    default_storage.save(made.file, ContentFile(b"the picture's bytes"))
    return made


def test_a_member_sees_the_picture_with_its_own_type(picture: Image) -> None:
    answer = as_person(make.member(picture.project)).get(f"/images/{picture.uid}")

    assert answer.getvalue() == b"the picture's bytes"
    assert answer["Content-Type"] == "image/webp"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "private" in answer["Cache-Control"]
    assert "sandbox" in answer["Content-Security-Policy"]


def test_strangers_and_visitors_are_told_there_is_nothing(picture: Image) -> None:
    assert as_person(make.user()).get(f"/images/{picture.uid}").status_code == 404
    assert Client().get(f"/images/{picture.uid}").status_code == 404


def test_a_lost_file_is_not_found(picture: Image) -> None:
    default_storage.delete(picture.file)

    assert as_person(make.member(picture.project)).get(f"/images/{picture.uid}").status_code == 404


def test_behind_a_proxy_the_proxy_sends_the_file(picture: Image, settings: object) -> None:
    settings.SENDFILE_PREFIX = "/private/"  # type: ignore[attr-defined]

    answer = as_person(make.member(picture.project)).get(f"/images/{picture.uid}")

    assert answer["X-Accel-Redirect"] == f"/private/{picture.file}"
    assert answer.content == b""
