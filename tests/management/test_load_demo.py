from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, Model

from annotate import demo
from annotate.management.commands import load_demo
from annotate.models import (
    Assignment,
    Comparison,
    Conversation,
    Flag,
    Image,
    ImportRun,
    Membership,
    Note,
    Project,
    Rating,
    Response,
    StepLabel,
    Submission,
    Task,
    Turn,
    User,
)
from annotate.pipeline import annotating, assigning
from annotate.pipeline.flagging import flag_project
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
    monkeypatch.setattr(demo, "draw_pictures", lambda folder: shutil.copytree(pictures, folder))
    monkeypatch.setattr(load_demo, "load_academy", lambda *_: None)  # tested beside it
    return tmp_path


def accounts(folder: Path) -> dict[str, str]:
    return {
        one["username"]: one["password"] for one in json.loads((folder / "demo_accounts.json").read_text())
    }


def judgements() -> list[list[dict[str, Any]]]:
    tables: list[type[Model]] = [Assignment, Submission, Rating, Comparison, Note, StepLabel]
    return [list(table._default_manager.order_by("pk").values()) for table in tables]


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
        "demo-ines": "annotator",
        "demo-omar": "annotator",
    }
    file = data_folder / "demo_accounts.json"
    assert file.stat().st_mode & 0o777 == 0o600
    for name, password in accounts(data_folder).items():
        assert User.objects.get(username=name).check_password(password)


def test_loading_it_again_changes_nothing(data_folder: Path) -> None:
    call_command("load_demo")
    before = (accounts(data_folder), list(User.objects.values()), list(Task.objects.values()), judgements())
    call_command("load_demo")
    again = (accounts(data_folder), list(User.objects.values()), list(Task.objects.values()), judgements())
    assert again == before
    assert ImportRun.objects.count() == 1


def test_two_people_have_answered_some_tasks_and_nobody_can_log_in_as_them() -> None:
    call_command("load_demo")
    files = demo.judgement_files()
    people = User.objects.filter(username__in=["demo-ines", "demo-omar"])
    assert [person.has_usable_password() for person in people] == [False, False]
    answered = Submission.objects.values_list("task__conversation__external_id", "annotator__username")
    assert sorted(answered) == [(file.stem, person.username) for file in files for person in people]
    assert (
        Note.objects.filter(kind="image", image=None).count() == 0 < Note.objects.filter(kind="image").count()
    )
    assert set(StepLabel.objects.values_list("value", flat=True)) == {-1, 0, 1}


def test_what_they_said_makes_eight_disagreements_and_two_self_contradictions() -> None:
    call_command("load_demo")
    flag_project(Project.objects.get(slug="demo").pk, whole=True)
    assert dict(Flag.objects.values_list("kind").annotate(Count("pk"))) == {"F0": 2, "F1": 8}
    flagged = Flag.objects.values_list("conversation__external_id", flat=True)
    assert set(flagged) == {file.stem for file in demo.judgement_files()}


def test_the_log_ins_get_the_reference_conversation_first_and_find_every_task_open() -> None:
    call_command("load_demo")
    project = Project.objects.get(slug="demo")
    assert not Task.objects.filter(open_slots=0).exists()
    for name in ("annotator1", "annotator2"):
        person = User.objects.get(username=name)
        first = assigning.claim(assigning.Claimant(person.pk, project.pk, [], ""))
        assert isinstance(first, assigning.Held)
        assert Task.objects.get(pk=first.task_id).conversation.external_id == "demo-01-bicycle-hub"


def test_an_interrupted_load_resumes_with_the_answers_that_are_missing(monkeypatch: Any) -> None:
    submit, calls = annotating.submit, iter(range(100))

    def submit_five(*given: Any, **named: Any) -> annotating.Receipt:
        if next(calls) == 5:
            raise KeyboardInterrupt
        return submit(*given, **named)

    monkeypatch.setattr(annotating, "submit", submit_five)
    with pytest.raises(KeyboardInterrupt):
        call_command("load_demo")
    assert (Submission.objects.count(), Assignment.objects.filter(status="active").count()) == (5, 1)
    call_command("load_demo")
    assert Submission.objects.count() == Assignment.objects.filter(status="submitted").count() == 12
    assert set(Submission.objects.values_list("revision", flat=True)) == {1}
    assert all(task.overlap - task.open_slots in {0, 2} for task in Task.objects.all())


def test_a_task_that_others_have_filled_is_left_to_them() -> None:
    call_command("load_demo")
    User.objects.filter(username="demo-omar").update(username="somebody")
    Task.objects.update(open_slots=0)
    call_command("load_demo")
    assert User.objects.get(username="demo-omar").memberships.exists()
    assert Submission.objects.count() == 12


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


def test_the_demo_has_guidelines_with_an_example_of_every_dimension_in_both_languages() -> None:
    texts, examples = demo.guideline_texts(), demo.worked_examples()
    rubric = make.rubric()

    assert set(texts) == {"en", "zh-hans"}
    assert {one["dimension"] for one in examples} == {one.key for one in rubric.dimensions.all()}
    for one in examples:
        assert set(one["texts"]) == {"en", "zh-hans"}
        assert all(text.strip() for words in one["texts"].values() for text in words.values())


def test_the_demos_guidelines_are_published_once_and_never_over_a_managers_own() -> None:
    project = make.project("demo")
    load_demo._guide(project)
    load_demo._guide(project)

    found = project.guidelines.get()
    assert (found.version, found.examples.count()) == (1, len(demo.worked_examples()))
