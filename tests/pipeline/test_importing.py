from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotate.models import (
    Conversation,
    Image,
    ImportRun,
    MessagePart,
    Project,
    Response,
    Task,
    TaskPath,
    Turn,
)
from annotate.pipeline import importing
from tests import make
from tests.pipeline import importing_files as files

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(settings: Any, tmp_path: Path) -> Project:
    settings.MEDIA_ROOT = tmp_path / "media"
    return make.project(overlap=2)


def take(
    project: Project, folder: Path, *items: Any, images: Path | None = None, **options: Any
) -> importing.Report:
    file = files.write(folder / "items.json", list(items))
    return importing.import_file(project, file, images=images, options=importing.Options(**options))


def created(report: importing.Report) -> dict[str, int]:
    return {name: number for name, number in report.as_dict()["created"].items() if number}


def test_a_conversation_comes_in_whole(project: Project, tmp_path: Path) -> None:
    item = files.chain("cake", turns=2, candidates=2) | {"language": "zh-Hans", "meta": {"topic": "food"}}
    report = take(project, tmp_path, item)
    assert created(report) == {"conversations": 1, "paths": 1, "turns": 2, "responses": 4, "tasks": 1}
    conversation = Conversation.objects.get()
    assert (conversation.external_id, conversation.language) == ("cake", "zh-Hans")
    assert conversation.meta == {"topic": "food"}
    assert conversation.import_run == ImportRun.objects.get(status="done")
    second = Turn.objects.get(number=2)
    assert second.parent == Response.objects.get(external_id="cake/q1a1")
    assert second.parent.source_model == "model-1"
    assert second.parts.get().text == "Question q2?"
    assert second.parts.get().html == '<p dir="auto">Question q2?</p>\n'


def test_a_conversation_without_a_language_has_the_projects(project: Project, tmp_path: Path) -> None:
    Project.objects.update(language="de")
    project.refresh_from_db()
    take(project, tmp_path, files.chain("cake", turns=1))
    assert Conversation.objects.get().language == "de"


def test_content_warnings_are_stored_and_a_later_import_adds_to_them(
    project: Project, tmp_path: Path
) -> None:
    cake = files.chain("cake", turns=1)
    take(project, tmp_path, cake | {"content_warnings": ["violence"]})
    assert Conversation.objects.get().content_warnings == ["violence"]

    again = take(project, tmp_path, cake | {"content_warnings": ["blood", "violence"]}, cake)

    assert Conversation.objects.get().content_warnings == ["violence", "blood"]
    assert (created(again), again.unchanged) == ({}, 1)


def test_candidates_beside_the_listed_paths_are_shown_but_not_whole(project: Project, tmp_path: Path) -> None:
    take(project, tmp_path, files.chain("cake", turns=2, candidates=2))
    shown = [(path.response.external_id, path.whole) for path in TaskPath.objects.order_by("position")]
    assert shown == [("cake/q2a1", True), ("cake/q1a2", False), ("cake/q2a2", False)]
    task = Task.objects.get()
    assert (task.overlap, task.open_slots, task.asks) == (2, 2, None)


def test_the_same_file_again_changes_nothing(project: Project, tmp_path: Path) -> None:
    items = [files.chain(name, turns=2, candidates=2) for name in "ab"]
    take(project, tmp_path, *items)
    again = take(project, tmp_path, *items)
    assert created(again) == {}
    assert (again.merged, again.unchanged, again.refusals) == (0, 2, 0)


def test_a_dry_run_reports_the_same_and_keeps_nothing(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annotate.pipeline.importing.running._GROUP", 1)
    files.picture(tmp_path / "images" / "x.png", "red")
    rounds = ("p1", "r1"), ("p2", "r2")
    first = files.path(1, *rounds)
    second = files.path(2, ("p1", "r1"), ("p2", "r3"), annotation={"helpfulness": 2})
    for item in (first, second):
        item["conversations"][0]["response_images"] = ["images/x.png"]
    dry = take(project, tmp_path, first, second, images=tmp_path, dry_run=True)
    assert not Conversation.objects.exists()
    assert not Image.objects.exists()
    assert not (tmp_path / "media").exists()
    run = ImportRun.objects.get()
    assert (run.status, run.items_done, run.report["merged"]) == ("done", 2, 3)
    assert take(project, tmp_path, first, second, images=tmp_path) == dry


def test_paths_that_share_nodes_become_one_tree_in_one_task(project: Project, tmp_path: Path) -> None:
    report = take(
        project,
        tmp_path,
        files.path(1, ("p1", "r1"), ("p2", "r2")),
        files.path(2, ("p1", "r1"), ("p2", "r3")),
        files.path(3, ("p1", "r4")),
    )
    assert created(report) == {"conversations": 1, "paths": 3, "turns": 2, "responses": 4, "tasks": 1}
    assert report.merged == 3 + 1
    assert [path.external_id for path in TaskPath.objects.order_by("position")] == ["1", "2", "3"]


@pytest.mark.parametrize("group", [1, 200])
def test_a_fifth_whole_path_begins_another_task(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group: int
) -> None:
    monkeypatch.setattr("annotate.pipeline.importing.running._GROUP", group)
    report = take(project, tmp_path, *(files.path(n, ("p", f"r{n}")) for n in range(6)))
    assert created(report)["tasks"] == 2
    assert [task.paths.count() for task in Task.objects.order_by("id")] == [4, 2]


def test_a_task_that_somebody_holds_stays_as_it_is(project: Project, tmp_path: Path) -> None:
    take(project, tmp_path, files.path(1, ("p", "r1")))
    held = Task.objects.get()
    make.assignment(held, make.member(project))
    report = take(project, tmp_path, files.path(1, ("p", "r1")), files.path(2, ("p", "r2")))
    assert created(report) == {"paths": 1, "responses": 1, "tasks": 1}
    assert held.paths.get().response.external_id == "r1"
    assert Task.objects.exclude(pk=held.pk).get().paths.get().response.external_id == "r2"


def test_a_task_that_nobody_took_grows(project: Project, tmp_path: Path) -> None:
    take(project, tmp_path, files.path(1, ("p", "r1")))
    report = take(project, tmp_path, files.path(2, ("p", "r2")))
    assert created(report) == {"paths": 1, "responses": 1}
    assert Task.objects.get().paths.count() == 2


def test_a_shown_candidate_can_be_asked_for_as_a_whole_later(project: Project, tmp_path: Path) -> None:
    take(project, tmp_path, files.chain("cake", turns=1, candidates=2))
    listed = files.chain("cake", turns=1, candidates=2) | {"paths": [{"response": "q1a2"}]}
    assert created(take(project, tmp_path, listed)) == {"paths": 1, "tasks": 1}
    assert take(project, tmp_path, listed).unchanged == 1


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"response": "Other words"}, "text_conflict", "item 2, turn 1, candidate 1"),
        ({"prompt": "Other words"}, "text_conflict", "item 2, turn 1"),
        ({"response_images": ["images/blue.png"]}, "image_conflict", "item 2, turn 1, candidate 1"),
        ({"response_images": ["", ""]}, "text_conflict", "item 2, turn 1, candidate 1"),
    ],
)
def test_a_node_never_changes(
    project: Project, tmp_path: Path, change: dict[str, Any], code: str, place: str
) -> None:
    for colour in ("red", "blue"):
        files.picture(tmp_path / "images" / f"{colour}.png", colour)
    first = files.path(1, ("p1", "r1"))
    first["conversations"][0] |= {"response_images": ["images/red.png"]}
    second = files.path(2, ("p1", "r1"), ("p2", "r2"))
    second["conversations"][0] |= {"response_images": ["images/red.png"], **change}
    report = take(project, tmp_path, first, second, images=tmp_path)
    assert [(one["place"], one["code"]) for one in report.refused] == [(place, code)]
    assert Response.objects.count() == 1  # nothing of the refused item, not even its second turn


def test_a_turn_cannot_follow_two_responses(project: Project, tmp_path: Path) -> None:
    report = take(
        project,
        tmp_path,
        files.path(1, ("p1", "r1"), ("p2", "r2")),
        files.path(2, ("p1", "other"), ("p2", "r2")),
    )
    assert [one["code"] for one in report.refused] == ["parent_conflict"]
    assert Response.objects.count() == 2


def test_another_name_of_the_same_picture_is_kept_as_an_alias(project: Project, tmp_path: Path) -> None:
    files.picture(tmp_path / "images" / "one.png", "red")
    files.picture(tmp_path / "images" / "two.webp", "red", lossless=True)
    for reference in ("images/one.png", "images/two.webp", "images/two.webp"):
        item = files.path(1, ("p1", "r1"))
        item["conversations"][0]["response_images"] = [reference]
        report = take(project, tmp_path, item, images=tmp_path)
    assert report.unchanged == 1
    part = MessagePart.objects.get(kind="image")
    assert (part.reference, part.aliases) == ("images/one.png", ["images/two.webp"])
    assert Image.objects.count() == 1


def test_where_no_picture_exists_the_first_name_wins(project: Project, tmp_path: Path) -> None:
    items = [files.path(number, ("p1", "r1"), ("p2", f"r{number}")) for number in (2, 3, 4)]
    for item, name in zip(items, ("a.png", "b.png", "c.png"), strict=True):
        item["conversations"][0]["prompt_images"] = [name]
    report = take(project, tmp_path, *items, allow_missing_images=True)
    assert created(report)["responses"] == 4
    part = MessagePart.objects.get(kind="image")
    assert (part.reference, part.aliases, part.image) == ("a.png", ["b.png", "c.png"], None)


def test_nodes_without_ids_are_known_by_ancestry_content_and_pixels(project: Project, tmp_path: Path) -> None:
    files.picture(tmp_path / "a.png", "red")
    files.picture(tmp_path / "b.png", "red", compress_level=0)
    files.picture(tmp_path / "c.png", "blue")

    def pair(first: str, image: str) -> dict[str, Any]:
        return {
            "paired_convs": {
                "prompt": "Which?",
                "prompt_images": [image],
                "response_1": first,
                "response_2": "Neither",
            }
        }

    report = take(
        project, tmp_path, pair("One", "a.png"), pair("Two", "b.png"), pair("One", "c.png"), images=tmp_path
    )
    assert created(report) == {
        "conversations": 2,
        "paths": 5,
        "turns": 2,
        "responses": 5,
        "images": 2,
        "tasks": 2,
    }


def test_twins_without_ids_are_refused(project: Project, tmp_path: Path) -> None:
    pair = {"paired_convs": {"prompt": "Which?", "response_1": "Same", "response_2": "Same"}}
    report = take(project, tmp_path, pair)
    assert report.refused[0]["code"] == "node_twice"
    assert report.refused[0]["place"] == "item 1, turn 1, candidate 2"


def test_a_refused_item_leaves_the_others_alone(project: Project, tmp_path: Path) -> None:
    broken = {"format": "annotate-conversation", "version": 1}
    report = take(project, tmp_path, files.chain("a", turns=1), broken, files.chain("b", turns=1))
    assert created(report)["conversations"] == 2
    assert report.refused == [
        {"place": "item 2", "code": "field_missing", "detail": 'The field "id" is missing.'}
    ]
    assert ImportRun.objects.get().status == "done"


@pytest.mark.parametrize("content", [b"", b"not json", b"[1, 2]", b'[{"a": 1}]'])
def test_a_file_of_which_nothing_can_be_read_fails(project: Project, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "items.json"
    file.write_bytes(content)
    report = importing.import_file(project, file, images=None, options=importing.Options())
    assert report.is_failure
    assert report.refused[0]["detail"]
    assert ImportRun.objects.get().status == "failed"


def test_a_missing_file_and_missing_images_fail_with_a_sentence(project: Project, tmp_path: Path) -> None:
    options = importing.Options()
    report = importing.import_file(project, tmp_path / "no.json", images=None, options=options)
    assert report.refused[0]["code"] == "file_unreadable"
    file = files.write(tmp_path / "items.json", [files.chain("a", turns=1)])
    report = importing.import_file(project, file, images=tmp_path / "no.zip", options=options)
    assert report.refused[0]["code"] == "images_missing"


def test_what_follows_a_broken_end_of_a_file_does_not_take_the_items_before_it(
    project: Project, tmp_path: Path
) -> None:
    file = files.write(tmp_path / "items.json", [files.chain("a", turns=1), files.chain("b", turns=1)])
    file.write_bytes(file.read_bytes()[:-20])
    report = importing.import_file(project, file, images=None, options=importing.Options())
    assert created(report)["conversations"] == 1
    assert report.refusals == 1


def test_statements_do_not_grow_with_a_record_or_a_group(project: Project, tmp_path: Path) -> None:
    counts = []
    for name, conversations, turns in (("a", 1, 1), ("b", 1, 12), ("c", 40, 3)):
        items = [files.chain(f"{name}{number}", turns=turns, candidates=2) for number in range(conversations)]
        with CaptureQueriesContext(connection) as queries:
            take(project, tmp_path, *items)
        counts.append(len(queries))
    assert len(set(counts)) == 1


def test_a_large_file_takes_few_statements_more(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annotate.pipeline.importing.running._GROUP", 5)
    counts = []
    for name, number in (("a", 5), ("b", 20)):
        items = [files.chain(f"{name}{which}", turns=1) for which in range(number)]
        with CaptureQueriesContext(connection) as queries:
            take(project, tmp_path, *items)
        counts.append(len(queries))
    assert counts[1] - counts[0] <= 3 * 25  # for three groups more


def test_one_item_too_long_for_a_group_is_a_group(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annotate.pipeline.importing.running._GROUP_CHARACTERS", 10)
    report = take(project, tmp_path, *(files.chain(name, turns=3) for name in "abc"))
    assert created(report)["conversations"] == 3


def test_a_stored_picture_shows_the_pixels_that_came(project: Project, tmp_path: Path) -> None:
    files.picture(tmp_path / "x.png", "red")
    answer = [
        {"type": "text", "text": "Look:"},
        {"type": "image", "image": "x.png", "caption": "Red"},
        {"type": "image", "image": None, "caption": "Lost"},
    ]
    item = files.native("a", [files.turn("q", 2, answer=answer)])
    report = take(project, tmp_path, item, images=tmp_path)
    assert created(report)["images"] == 1
    image = Image.objects.get()
    assert image.file == f"images/{project.uid}/{image.sha256}.webp"
    with default_storage.open(image.file) as stored:
        data = stored.read()
    assert (len(data), files.decoded(data).getpixel((5, 5))) == (image.size, (255, 0, 0))
    parts = Response.objects.first().parts.all()  # type: ignore[union-attr]
    assert [(part.kind, part.text, part.caption, part.image_id) for part in parts] == [
        ("text", "Look:", "", None),
        ("image", "", "Red", image.pk),
        ("image", "", "Lost", None),
    ]


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        ("nowhere.png", "image_missing"),
        ("../x.png", "image_reference_unsafe"),
        ("http://169.254.169.254/x.png", "image_reference_address"),
        ("text.png", "image_format_refused"),
    ],
)
def test_a_picture_that_cannot_be_taken_refuses_its_item(
    project: Project, tmp_path: Path, reference: str, code: str
) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / "text.png").write_text("<svg onload=alert(1)>")
    item = files.native("a", [files.turn("q", answer=[{"type": "image", "image": reference}])])
    report = take(project, tmp_path, item, images=folder)
    assert [one["code"] for one in report.refused] == [code]
    assert report.refused[0]["place"].startswith("item 1, turn 1, candidate 1")
    assert not Conversation.objects.exists()


def test_an_address_is_refused_even_where_pictures_may_be_missing(project: Project, tmp_path: Path) -> None:
    image = {"type": "image", "image": "http://[::1]/x.png"}
    item = files.native("a", [files.turn("q", answer=[image])])
    report = take(project, tmp_path, item, allow_missing_images=True)
    assert [one["code"] for one in report.refused] == ["image_reference_address"]


def test_a_missing_picture_may_be_allowed(project: Project, tmp_path: Path) -> None:
    image = {"type": "image", "image": "gone.png", "caption": "Gone"}
    item = files.native("a", [files.turn("q", answer=[image])])
    report = take(project, tmp_path, item, allow_missing_images=True)
    assert created(report)["responses"] == 1
    part = MessagePart.objects.get(kind="image")
    assert (part.image, part.caption, part.reference) == (None, "Gone", "gone.png")


def test_a_file_cut_short_by_a_kill_is_written_anew(project: Project, tmp_path: Path) -> None:
    files.picture(tmp_path / "x.png", "red")
    item = files.native("a", [files.turn("q", answer=[{"type": "image", "image": "x.png"}])])
    take(project, tmp_path, item, images=tmp_path)
    image = Image.objects.get()
    Path(default_storage.path(image.file)).write_bytes(b"RIFF")
    take(project, tmp_path, item, images=tmp_path)
    assert default_storage.size(image.file) == image.size


def test_projects_keep_their_own(project: Project, tmp_path: Path) -> None:
    take(project, tmp_path, files.chain("a", turns=1))
    assert created(take(make.project(), tmp_path, files.chain("a", turns=1)))["conversations"] == 1
