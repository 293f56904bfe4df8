from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from annotate.models import Comparison, Note, Project, Rating, Response, Submission, Task, User
from annotate.pipeline import importing
from tests import make
from tests.pipeline import importing_files as files

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(settings: Any, tmp_path: Path) -> Project:
    settings.MEDIA_ROOT = tmp_path / "media"
    return make.project("pilot")


def take(project: Project, folder: Path, *items: Any) -> importing.Report:
    file = files.write(folder / "items.json", list(items))
    return importing.import_file(project, file, images=None, options=importing.Options())


def pair(left: str, right: str, **fields: Any) -> dict[str, Any]:
    return {
        "paired_convs": {
            "prompt": "Which?",
            "prompt_uuid": "p",
            "response_1": left,
            "response_1_uuid": left,
            "response_2": right,
            "response_2_uuid": right,
        },
        **fields,
    }


def values(submission: Submission) -> dict[str, int | None]:
    return {f"{one.response.external_id} {one.dimension.code}": one.value for one in submission.ratings.all()}


def test_a_files_labels_stand_under_a_source_that_cannot_log_in(project: Project, tmp_path: Path) -> None:
    labels = {"crucial_step_recognition": 3, "reason_crucial_step_recognition": "All in order"}
    report = take(project, tmp_path, files.path(7, ("p", "r"), annotation=labels))
    assert report.created.labels == 1
    submission = Submission.objects.get()
    source = User.objects.get()
    assert (submission.annotator, submission.task) == (source, Task.objects.get())
    assert (submission.origin, submission.revision, submission.external_id) == ("imported", 1, "7")
    assert (source.username, source.kind, source.is_active) == ("source:pilot:intermt", "source", False)
    assert not source.has_usable_password()
    assert values(submission) == {"r G3": 3}
    note = Note.objects.get()
    assert (note.kind, note.scope, note.text) == ("reason", "global", "All in order")
    assert note.dimension == Rating.objects.get().dimension
    assert Task.objects.get().open_slots == 3  # a source takes nobody's place


def test_the_same_label_again_is_nothing_new(project: Project, tmp_path: Path) -> None:
    item = files.path(7, ("p", "r"), annotation={"helpfulness": 2})
    take(project, tmp_path, item)
    again = take(project, tmp_path, item)
    assert (again.created.labels, again.unchanged) == (0, 1)
    assert Submission.objects.count() == 1


def test_a_second_label_of_one_path_is_a_revision(project: Project, tmp_path: Path) -> None:
    items = [files.path(n, ("p", "r"), annotation={"helpfulness": n}) for n in (1, 2)]
    first = take(project, tmp_path, *items)
    assert (first.created.labels, first.created.paths) == (2, 1)
    latest = Submission.objects.get(revision=2)
    assert (latest.external_id, values(latest)) == ("2", {"r G2": 2})
    assert take(project, tmp_path, *items).unchanged == 2


@pytest.mark.parametrize("at_once", [True, False])
def test_a_later_revision_repeats_what_it_does_not_replace(
    project: Project, tmp_path: Path, *, at_once: bool
) -> None:
    items = [
        files.path(1, ("p", "r1"), annotation={"helpfulness": 1, "reason_helpfulness": "Dull"}),
        files.path(2, ("p", "r2"), annotation={"helpfulness": 2}),
        pair("r1", "r2", overall_preference={"helpfulness": 2}),
        files.path(3, ("p", "r1"), annotation={"helpfulness": 3, "reason_helpfulness": "Bright"}),
    ]
    for item in items[:2]:
        item["conversations"][0] |= {"prompt": "Which?"}
        answer = item["conversations"][0]["response_uuid"]
        item["conversations"][0] |= {"response": answer}
    items[3]["conversations"][0] |= {"prompt": "Which?", "response": "r1"}
    for part in [items] if at_once else [[item] for item in items]:
        assert take(project, tmp_path, *part).refused == []
    latest = Submission.objects.order_by("revision").last()
    assert latest is not None
    assert latest.revision == 4
    assert values(latest) == {"r1 G2": 3, "r2 G2": 2}
    assert [note.text for note in latest.notes.all()] == ["Bright"]
    assert latest.comparisons.get().preference == 1
    assert Task.objects.count() == 1


@pytest.mark.parametrize(("sides", "stored"), [("ab", 1), ("ba", -1)])
def test_a_comparison_is_stored_with_the_lower_id_left(
    project: Project, tmp_path: Path, sides: str, stored: int
) -> None:
    take(project, tmp_path, pair("a", "b"))
    lower, higher = Response.objects.order_by("id")
    take(project, tmp_path, pair(*sides, overall_preference={"overall": 2, "helpfulness": 0}))
    overall = Comparison.objects.get(dimension=None)
    assert (overall.left, overall.right, overall.preference, overall.scope) == (
        lower,
        higher,
        stored,
        "global",
    )
    assert Comparison.objects.get(dimension__code="G2").preference == 0


def test_a_pair_told_from_the_other_side_is_the_same_label(project: Project, tmp_path: Path) -> None:
    take(project, tmp_path, pair("a", "b", overall_preference={"overall": 1}))
    again = take(project, tmp_path, pair("b", "a", overall_preference={"overall": 2}))
    assert again.unchanged == 1


def test_a_label_off_the_projects_scale_refuses_its_item(project: Project, tmp_path: Path) -> None:
    project.rubric.dimensions.filter(key="helpfulness").update(maximum=2)
    report = take(
        project,
        tmp_path,
        files.path(1, ("p", "r"), annotation={"helpfulness": 3}),
        files.path(2, ("p2", "r2"), annotation={"helpfulness": 2}),
    )
    assert report.refused == [
        {
            "place": "item 1, the rating of helpfulness",
            "code": "value_off_scale",
            "detail": "3 is off the scale from 0 to 2.",
        }
    ]
    assert Rating.objects.get().value == 2


def test_a_dimension_that_the_rubric_lacks_refuses_its_item(project: Project, tmp_path: Path) -> None:
    project.rubric.dimensions.filter(key="helpfulness").update(key="usefulness")
    report = take(project, tmp_path, files.path(1, ("p", "r"), annotation={"helpfulness": 3}))
    assert [one["code"] for one in report.refused] == ["dimension_unknown"]
    assert "usefulness" in report.refused[0]["detail"]
    assert not Response.objects.exists()


def test_an_alias_of_the_rubric_names_its_dimension(project: Project, tmp_path: Path) -> None:
    project.rubric.dimensions.filter(key="helpfulness").update(key="usefulness", aliases=["helpfulness"])
    take(project, tmp_path, files.path(1, ("p", "r"), annotation={"helpfulness": 3}))
    assert Rating.objects.get().dimension.key == "usefulness"
