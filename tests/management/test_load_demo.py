from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from annotate import demo
from annotate.models import Conversation, Image, ImportRun, Membership, Response, Task, Turn, User
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    demo.draw_pictures(folder)
    return folder


@pytest.fixture(autouse=True)
def data_folder(settings: Any, tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    monkeypatch.setattr(demo, "draw_pictures", lambda folder: shutil.copytree(pictures, folder))
    return tmp_path


def accounts(folder: Path) -> dict[str, str]:
    return {
        one["username"]: one["password"] for one in json.loads((folder / "demo_accounts.json").read_text())
    }


def test_the_demo_is_whole(data_folder: Path) -> None:
    call_command("load_demo")
    assert Conversation.objects.count() == len(demo.conversation_files()) == Task.objects.count()
    assert ImportRun.objects.get().report["refused"] == []
    assert {"en", "zh-Hans"} == set(Conversation.objects.values_list("language", flat=True))
    assert Image.objects.count() > 50
    assert Response.objects.count() > Turn.objects.count()
    assert dict(Membership.objects.values_list("user__username", "role")) == {
        "annotator1": "annotator",
        "annotator2": "annotator",
        "reviewer": "reviewer",
        "manager": "manager",
    }
    file = data_folder / "demo_accounts.json"
    assert file.stat().st_mode & 0o777 == 0o600
    for name, password in accounts(data_folder).items():
        assert User.objects.get(username=name).check_password(password)


def test_loading_it_again_changes_nothing(data_folder: Path) -> None:
    call_command("load_demo")
    before = (accounts(data_folder), list(User.objects.values()))
    call_command("load_demo")
    assert (accounts(data_folder), list(User.objects.values())) == before
    assert ImportRun.objects.count() == 1


def test_what_an_interrupted_load_left_out_is_made_good(data_folder: Path) -> None:
    call_command("load_demo")
    User.objects.filter(username="reviewer").delete()
    ImportRun.objects.update(status="running", finished_at=None)
    call_command("load_demo")
    assert User.objects.get(username="reviewer").check_password(accounts(data_folder)["reviewer"])
    assert ImportRun.objects.get(status="done").report["unchanged"] == Conversation.objects.count()


def test_without_the_file_the_accounts_get_new_passwords(data_folder: Path) -> None:
    call_command("load_demo")
    old = accounts(data_folder)
    (data_folder / "demo_accounts.json").unlink()
    call_command("load_demo")
    assert accounts(data_folder) != old
    assert User.objects.get(username="manager").check_password(accounts(data_folder)["manager"])


def test_a_strangers_name_is_left_to_them(data_folder: Path) -> None:
    make.user("manager")
    call_command("load_demo")
    assert "demo-manager" in accounts(data_folder)
    assert User.objects.get(username="manager").check_password("correct horse")


def test_a_damaged_accounts_file_is_said(data_folder: Path) -> None:
    (data_folder / "demo_accounts.json").write_text("[{]")
    with pytest.raises(CommandError, match="Delete it"):
        call_command("load_demo")
