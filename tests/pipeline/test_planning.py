from __future__ import annotations

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotate.formats.rubric import BUILT_IN, RubricRecord, read_rubric
from annotate.models import Batch, Response, Rubric, Task, TaskPath
from annotate.pipeline import planning
from annotate.pipeline.packing import PathToShow, pack
from annotate.questions import Questions
from annotate.refusal import Refusal
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def intermt() -> RubricRecord:
    return read_rubric(BUILT_IN / "intermt.yaml")


def test_a_rubric_is_stored_with_its_dimensions(intermt: RubricRecord) -> None:
    rubric = planning.load_rubric(intermt)
    style = rubric.dimensions.get(key="style_coherence")
    assert rubric.dimensions.count() == 9
    assert (style.minimum, style.maximum, style.scope) == (-1, 3, "global")
    assert style.texts["en"]["anchors"]["-1"]


def test_the_same_rubric_again_changes_nothing(intermt: RubricRecord) -> None:
    assert planning.load_rubric(intermt) == planning.load_rubric(intermt)
    assert Rubric.objects.count() == 1


def test_other_content_under_a_version_that_exists_is_refused(intermt: RubricRecord) -> None:
    planning.load_rubric(intermt)
    with pytest.raises(Refusal) as refused:
        planning.load_rubric(msgspec.structs.replace(intermt, names={"en": "Other", "zh-hans": "其他"}))
    assert refused.value.problems[0].code == "rubric_version_taken"
    assert "version 2" in refused.value.problems[0].detail


def test_a_new_version_stands_beside_the_old_one(intermt: RubricRecord) -> None:
    planning.load_rubric(intermt)
    assert planning.load_rubric(msgspec.structs.replace(intermt, version=2)).version == 2
    assert planning.create_project("new", "New").rubric.version == 2


def test_a_project_has_an_open_default_batch_and_loads_its_rubric() -> None:
    project = planning.create_project("cakes", "Cakes", overlap=7, language="zh-Hans")
    batch = project.batches.get()
    assert (batch.name, batch.is_default, batch.state) == ("default", True, "open")
    assert (batch.overlap, batch.overlap_limit, batch.rubric.key) == (7, 7, "intermt")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"slug": "taken"}, "project_exists"),
        ({"slug": "with space"}, "slug_refused"),
        ({"slug": "x" * 65}, "slug_refused"),
        ({"overlap": 0}, "overlap_refused"),
        ({"overlap": 51}, "overlap_refused"),
        ({"rubric_key": "nowhere"}, "rubric_unknown"),
    ],
)
def test_a_project_that_cannot_be_is_refused(arguments: dict[str, object], code: str) -> None:
    planning.create_project("taken", "Taken")
    with pytest.raises(Refusal) as refused:
        planning.create_project(**{"slug": "new", "name": "New", **arguments})  # type: ignore[arg-type]
    assert refused.value.problems[0].code == code


def test_the_reference_task_asks_50_answers() -> None:
    project = make.project()
    make.conversation(project, turns=5, candidates=2)
    report = planning.plan(project.batches.get())
    assert report.created == {"tasks": 1, "paths": 6}
    assert report.asks == Questions(
        local_ratings=40, global_ratings=5, local_comparisons=5, global_comparisons=0
    )
    assert report.open_slots == 3


def test_planning_again_creates_nothing_and_counts_the_same() -> None:
    project = make.project()
    make.conversation(project, turns=2, candidates=3)
    first = planning.plan(project.batches.get())
    again = planning.plan(project.batches.get())
    assert again.created == {"tasks": 0, "paths": 0}
    assert again.asks == first.asks


def test_a_dry_run_says_the_same_and_keeps_nothing() -> None:
    project = make.project()
    make.conversation(project, turns=2, candidates=2)
    report = planning.plan(project.batches.get(), dry_run=True)
    assert report.created["tasks"] == report.tasks == 1
    assert not Task.objects.exists()


def test_another_batch_shows_the_paths_of_the_import() -> None:
    project = make.project()
    conversation = make.conversation(project, turns=1, candidates=6)
    responses = list(Response.objects.order_by("id"))
    task = Task.objects.create(
        batch=project.batches.get(), conversation=conversation, overlap=3, open_slots=3
    )
    for position, response in enumerate(responses):
        TaskPath.objects.create(
            task=task, response=response, position=position, whole=True, external_id=f"item {position}"
        )
    batch = make.batch(project, purpose=Batch.Purpose.HOLDOUT)
    report = planning.plan(batch)
    assert report.created == {"tasks": 2, "paths": 6}
    first, second = batch.tasks.order_by("id")
    assert [path.external_id for path in first.paths.all()] == ["item 0", "item 1", "item 2", "item 3"]
    assert [path.response for path in second.paths.all()] == responses[4:]
    # Four whole paths compared two by two, then two of them.
    assert (report.asks.global_ratings, report.asks.global_comparisons) == (6 * 5, 6 + 1)


def test_a_narrowed_task_counts_what_is_left() -> None:
    project = make.project()
    task = make.task(make.conversation(project, turns=1, candidates=2))
    left, right = (str(uid) for uid in Response.objects.values_list("uid", flat=True))
    task.asks = [
        {"kind": "rating", "response": left, "dimension": "text_quality"},
        {"kind": "comparison", "scope": "local", "left": left, "right": right},
    ]
    task.save()
    report = planning.plan(project.batches.get())
    assert report.asks == Questions(local_ratings=1, local_comparisons=1)


def test_planning_asks_the_database_as_often_for_one_conversation_as_for_twenty() -> None:
    counts = []
    for number in (1, 20):
        project = make.project()
        for _ in range(number):
            make.conversation(project, turns=2, candidates=2)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            planning.plan(project.batches.get())
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_no_list_holds_more_than_four_whole_paths() -> None:
    paths = [PathToShow(number, whole=True) for number in range(6)]
    paths.insert(1, PathToShow(99, whole=False))
    assert [[path.response for path in one] for one in pack(paths)] == [[0, 99, 1, 2, 3], [4, 5]]
    assert [[path.response for path in one] for one in pack(paths, room=1)] == [[0, 99], [1, 2, 3, 4], [5]]
    assert [len(one) for one in pack(paths, room=0)] == [0, 5, 2]
