from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, connections

from annotate.models import Response, Score
from annotate.pipeline import scoring
from annotate.pipeline.scoring import residence
from inference.scorers.demo import DemoScorer
from inference.steps import SPLITTER_VERSION
from inference.types import Image, Item, ItemError, Result, StepScore, Text
from tests import make
from tests.pipeline.scoring.conftest import Spy, finish

pytestmark = pytest.mark.django_db


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def test_every_response_gets_one_score_and_a_second_pass_changes_nothing() -> None:
    project = make.project()
    for _ in range(3):
        make.conversation(project, turns=2, candidates=2)
    run = scoring.start_run(project.pk, "demo")

    assert finish(run) == [4, 4, 4]
    assert finish(run) == []
    run.refresh_from_db()
    assert run.status == "done"
    assert Score.objects.filter(run=run, value__isnull=False).count() == Response.objects.count() == 12
    done = scoring.progress(run.pk)
    assert (done.total, done.scored, done.errors, done.left, done.trained) == (12, 12, 0, 0, False)


def test_the_scorer_sees_the_history_with_pictures_and_captions_in_place(spy: Spy, media: Path) -> None:
    project = make.project()
    conversation = make.conversation(project, turns=2, candidates=2, images=True)
    for image in project.images.all():
        default_storage.save(image.file, ContentFile(b"bytes"))
    finish(scoring.start_run(project.pk, "demo"))

    last = max(Response.objects.filter(turn__conversation=conversation).values_list("pk", flat=True))
    item = next(item for item in spy.asked if item.id == last)
    first = Response.objects.filter(turn__number=1).earliest("pk")
    picture = first.parts.get(kind="image").image
    assert picture is not None
    assert [message.role for message in item.messages] == ["user", "assistant", "user", "assistant"]
    assert item.messages[0].content == (Text("Question 1?"),)
    assert item.messages[1].content == (
        Text("Answer 1.0"),
        Image(source=media / picture.file),
        Text("A picture"),
    )
    assert item.messages[3].content[0] == Text("Answer 2.1")
    assert Score.objects.filter(value=None).count() == 0


def test_steps_keep_their_place_and_the_splitters_version() -> None:
    project = make.project()
    answer = make.conversation(project).turns.get().responses.get()
    answer.parts.update(text="First.\n\nSecond.\n\nThird.")
    finish(scoring.start_run(project.pk, "demo"))

    score = Score.objects.get(response=answer)
    assert (score.step_first, score.step_last, score.splitter_version) == (
        [0, 1, 2],
        [0, 1, 2],
        SPLITTER_VERSION,
    )
    assert score.step_values is not None
    assert len(score.step_values) == 3


def test_what_is_wrong_with_one_response_is_its_own_error_and_can_be_tried_again(media: Path) -> None:
    project = make.project()
    make.conversation(project)
    make.conversation(project, images=True)
    run = scoring.start_run(project.pk, "demo")
    finish(run)

    (kind,) = scoring.progress(run.pk).error_kinds
    assert (kind.code, kind.count) == ("missing_image", 1)
    assert scoring.pending_runs() == []

    default_storage.save(project.images.get().file, ContentFile(b"bytes"))
    assert scoring.retry_errors(run.pk) == 1
    assert scoring.pending_runs() == [run.pk]
    assert finish(run) == [1]
    assert scoring.retry_errors(run.pk) == 0
    assert scoring.progress(run.pk).errors == 0


def test_new_responses_set_a_finished_run_to_work_again() -> None:
    project = make.project()
    make.conversation(project)
    run = scoring.start_run(project.pk, "demo")
    finish(run)
    assert scoring.pending_runs() == []

    early = Response.objects.get()
    make.response(early.turn, "Another answer.")

    assert scoring.pending_runs() == [run.pk]
    assert scoring.start_run(project.pk, "demo") == run
    run.refresh_from_db()
    assert run.status == "running"
    assert finish(run) == [1]


def test_a_number_that_is_none_is_stored_as_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    project = make.project()
    make.conversation(project)
    monkeypatch.setattr(Spy, "__call__", lambda _, items: [Result(id=items[0].id, value=float("nan"))])
    scoring.score_next_batch(scoring.start_run(project.pk, "demo").pk, 4)

    assert Score.objects.get().error_code == "not_a_number"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"error": ItemError("", "no code")}, "unnamed"),
        ({"error": ItemError("odd", "a NUL \0 and half a pair \ud800")}, "odd"),
        (
            {"value": 1.0, "steps": (StepScore(text="a", score=float("inf"), first=0, last=0),)},
            "not_a_number",
        ),
        ({"value": 1.0, "steps": (StepScore(text="a", score=1, first=0, last=40_000),)}, "too_many_steps"),
    ],
)
def test_an_answer_that_no_column_could_hold_is_an_error_and_blocks_nothing(
    monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any], code: str
) -> None:
    project = make.project()
    make.conversation(project)
    monkeypatch.setattr(Spy, "__call__", lambda _, items: [Result(id=items[0].id, **answer)])
    scoring.score_next_batch(scoring.start_run(project.pk, "demo").pk, 4)

    assert Score.objects.get().error_code == code


def test_a_conversation_comes_whole_whatever_the_size(spy: Spy) -> None:
    project = make.project()
    for _ in range(3):
        make.conversation(project, turns=3, candidates=2)

    assert finish(scoring.start_run(project.pk, "demo"), size=1) == [6, 6, 6]
    assert [len(call) for call in spy.calls] == [6, 6, 6]


def test_without_a_size_a_batch_is_small_first_and_then_as_large_as_the_scorer_is_quick(spy: Spy) -> None:
    project = make.project()
    for _ in range(100):
        make.conversation(project)
    run = scoring.start_run(project.pk, "demo")

    assert scoring.score_next_batch(run.pk) == residence.FIRST_BATCH
    assert scoring.score_next_batch(run.pk) == residence.BATCH
    assert spy.warmed == 1


def test_every_candidate_is_told_how_many_pictures_stand_above_any_of_the_conversation(
    spy: Spy, media: Path
) -> None:
    project = make.project()
    conversation = make.conversation(project, turns=3, candidates=2, images=True)
    run = scoring.start_run(project.pk, "demo")
    finish(run)
    late = make.response(conversation.turns.get(number=1), "Another answer.", image=make.image(project))
    finish(run)

    assert {item.conversation_images for item in spy.asked} == {2}
    assert spy.asked[-1].id == late.pk


def test_another_project_is_left_alone() -> None:
    project, other = make.project(), make.project()
    make.conversation(project)
    make.conversation(other)
    finish(scoring.start_run(project.pk, "demo"))

    assert set(Score.objects.values_list("response__turn__conversation__project", flat=True)) == {project.pk}


@pytest.mark.parametrize("conversations", [2, 12])
def test_a_batch_takes_the_same_number_of_statements_whatever_its_size(
    conversations: int, django_assert_num_queries: Any
) -> None:
    project = make.project()
    for _ in range(conversations):
        make.conversation(project, turns=3, candidates=2)
    run = scoring.start_run(project.pk, "demo")

    with django_assert_num_queries(17):  # savepoints and releases, and a look before a model is loaded
        assert scoring.score_next_batch(run.pk, 100) == 6 * conversations


@pytest.mark.django_db(transaction=True)
def test_workers_share_a_run_and_nothing_is_scored_twice(spy: Spy) -> None:
    project = make.project()
    for _ in range(12):
        make.conversation(project, candidates=2)
    run = scoring.start_run(project.pk, "demo")
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        finish(run, size=3)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while scoring.score_next_batch(run.pk, 3):
        pass
    connections.close_all()

    assert Score.objects.count() == 24
    assert len(spy.asked) == 24
    run.refresh_from_db()
    assert run.status == "done"


@pytest.mark.django_db(transaction=True)
def test_a_worker_at_work_holds_up_neither_annotators_nor_imports_and_others_take_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = make.project()
    first, second = make.conversation(project), make.conversation(project)
    task = make.task(first)
    annotator = make.member(project)
    run = scoring.start_run(project.pk, "demo")
    entered, leave = threading.Event(), threading.Event()
    answer = DemoScorer()

    class Slow(DemoScorer):
        def __call__(self, items: Sequence[Item], /) -> list[Result]:
            if items[0].id != residence.WARM_UP.id and not entered.is_set():
                entered.set()
                assert leave.wait(10)
            return answer(items)

    slow = Slow()
    monkeypatch.setattr("inference.scorers.load", lambda _key, _configuration: slow)

    def work() -> None:
        scoring.score_next_batch(run.pk, 1)
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    assert entered.wait(10)
    make.submission(task, annotator)
    make.response(first.turns.get(), "Arrived meanwhile.")
    assert scoring.score_next_batch(run.pk, 1) == 1
    scored = Score.objects.get().response.turn.conversation_id
    leave.set()
    worker.join()
    connections.close_all()

    assert scored == second.pk
    assert Score.objects.count() == 2
