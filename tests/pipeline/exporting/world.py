"""A project in which every table has rows of every kind, and what the ORM says a release must hold."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image as Picture

from annotate.models import (
    AuditItem,
    Calibration,
    Comparison,
    Conversation,
    Dimension,
    Export,
    Flag,
    Guideline,
    Image,
    ImportRun,
    Membership,
    MessagePart,
    Note,
    Project,
    Rating,
    Response,
    Review,
    Score,
    ScorerRun,
    StepLabel,
    Submission,
    Task,
    Turn,
    User,
)
from annotate.pipeline import exporting
from tests import make


def fill(slug: str = "alpha") -> Project:
    """Return a project with all of it: two batches, three people, a source, a reviewer, flags, scores."""
    project = make.project(slug)
    Guideline.objects.create(project=project, version=1, texts={"en": "Look twice."})
    source = ImportRun.objects.create(
        project=project, file_name="in.json", file_sha256="ab" * 32, status="done", finished_at=timezone.now()
    )
    first = make.conversation(project, turns=3, candidates=2, images=True)
    second = make.conversation(project, turns=1, candidates=3)
    Conversation.objects.filter(pk=first.pk).update(
        import_run=source, external_id="upstream-1", meta={"b": 1, "aa": "zwei"}, language="zh-hans"
    )
    _decorate(first)
    _store_pictures(project)
    other = make.batch(project, name="Zweite “Runde”")
    tasks = [make.task(first), make.task(second), make.task(second, batch=other, asks=[{"kind": "rating"}])]
    people = [make.member(project, languages=["en"], team="north") for _ in range(3)]
    for person in people:
        for task in tasks:
            _answer(make.submission(task, person, active_ms=1234), shuffle=person == people[1])
    _answer(make.submission(tasks[0], people[0]), value=1)  # a second revision
    _unfinished_work(tasks[1], project)
    _imported(tasks[0])
    _opinions(project, first, people[0])
    _reviewed(project, first, tasks[0])
    return project


def _decorate(conversation: Conversation) -> None:
    """Give the tree what imports give it: upstream ids, aliases, a lost image, a picture of the user's."""
    turn = conversation.turns.get(number=1)
    Turn.objects.filter(pk=turn.pk).update(external_id="t1", meta={"seed": True})
    Response.objects.filter(turn=turn).update(external_id="r1", meta={"temperature": 0.5})
    MessagePart.objects.create(
        turn=turn, position=1, kind="image", image=make.image(conversation.project), reference="in/1.png"
    )
    MessagePart.objects.create(
        turn=turn,
        position=2,
        kind="image",
        caption="Lost — 丢失",
        reference="2.png",
        aliases=["b.png", "c.png"],
    )


def _store_pictures(project: Project) -> None:
    for number, image in enumerate(project.images.order_by("id")):
        data = io.BytesIO()
        Picture.new("RGB", (image.width, image.height), (number * 20, 90, 160)).save(
            data, "WEBP", lossless=True
        )
        default_storage.save(image.file, ContentFile(data.getvalue()))
        Image.objects.filter(pk=image.pk).update(size=len(data.getvalue()))


def _answer(submission: Submission, *, value: int = 3, shuffle: bool = False) -> None:
    if shuffle and submission.assignment:
        submission.assignment.shown_order = submission.assignment.shown_order[::-1]
        submission.assignment.save(update_fields=["shown_order"])
    responses = list(
        Response.objects.filter(turn__conversation=submission.task.conversation_id).order_by("id")
    )
    dimensions = list(Dimension.objects.filter(rubric=submission.rubric_id))
    local = next(one for one in dimensions if one.scope == "local")
    states = ["rated", "defaulted", "not_applicable", "unable"]
    ratings, steps = [], []
    for number, response in enumerate(responses):
        about = {"submission": submission, "response": response}
        for position, dimension in enumerate(dimensions):
            state = states[(number + position) % 4]
            given = value if state in states[:2] else None
            ratings.append(Rating(**about, dimension=dimension, state=state, value=given))
        steps.append(StepLabel(**about, index=number, value=number % 3 - 1, splitter_version=1))
    Rating.objects.bulk_create(ratings)
    StepLabel.objects.bulk_create(steps)
    left, right = responses[:2]
    pair = {"submission": submission, "left": left, "right": right}
    Comparison.objects.bulk_create(
        [
            Comparison(**pair, scope="local", preference=-2),
            Comparison(**pair, scope="local", dimension=local, preference=1),
            Comparison(**pair, scope="global", preference=0),
        ]
    )
    image = submission.task.batch.project.images.first()
    alone = {"submission": submission, "response": left}
    Note.objects.bulk_create(
        [
            Note(**pair, scope="local", kind="reason", text="Because.\n“Quoted”, 引用"),
            Note(**alone, scope="global", kind="critique", text="Too long"),
            Note(**alone, scope="local", kind="refinement", dimension=local, text="Say less"),
            Note(**alone, scope="local", kind="image", image=image, text="[3,1] blurred"),
        ]
    )


def _unfinished_work(task: Task, project: Project) -> None:
    """Add an active hold, a skipped one and a lapsed one to a task with room for them."""
    Task.objects.filter(pk=task.pk).update(overlap=10, open_slots=7)
    task.refresh_from_db()
    make.assignment(task, make.member(project), draft={"ratings": []}, purpose="extra")
    over = {"closed_at": timezone.now()}
    make.assignment(task, make.member(project), status="skipped", skip_reason="not my language", **over)
    make.assignment(task, make.member(project), status="lapsed", lease_number=4, **over)


def _imported(task: Task) -> None:
    name = f"InterMT {task.batch.project.slug}"
    source = User.objects.create(username=name, kind="source", is_active=False)
    for revision in (1, 2):
        given = Submission.objects.create(
            task=task,
            annotator=source,
            rubric=task.batch.rubric,
            origin="imported",
            revision=revision,
            external_id="17",
        )
        _answer(given, value=revision)


def _opinions(project: Project, conversation: Conversation, person: User) -> None:
    responses = list(Response.objects.filter(turn__conversation=conversation).order_by("id"))
    dimension = Dimension.objects.filter(rubric=project.rubric).first()
    for trained in (True, False):
        run = ScorerRun.objects.create(
            project=project,
            scorer="skywork" if trained else "demo",
            model="m",
            revision="1",
            configuration_sha256="cd" * 32,
            dtype="bfloat16",
            trained=trained,
        )
        Score.objects.create(run=run, response=responses[0], value=24.5, tokens=10, seconds=0.25)
        Score.objects.create(
            run=run, response=responses[1], error_code="too_long", error_detail="by 7 tokens"
        )
        steps = {"step_values": [0.5, 0.25], "step_first": [0, 1], "step_last": [0, 3], "splitter_version": 1}
        Score.objects.create(run=run, response=responses[2], value=0.375, dimension=dimension, **steps)
    calibration = Calibration.objects.create(
        run=run,
        dimension=dimension,
        link="isotonic",
        parameters={"x": [1]},
        sample_size=9,
        gate_open=False,
        gate_reason="few",
    )
    about = {"project": project, "conversation": conversation, "scope": "local", "dimension": dimension}
    Flag.objects.create(
        **about, kind="F1", fingerprint="a" * 64, response=responses[0], annotator=person, p_value=0.01,
        evidence={"annotators": [str(person.uid)], "values": [0, 3]},
    )  # fmt: skip
    Flag.objects.create(
        **about,
        kind="F2",
        fingerprint="b" * 64,
        left=responses[0],
        right=responses[1],
        evidence={},
        calibration=calibration,
        followup=make.task(conversation, follows=conversation.tasks.earliest("pk")),
        status="waiting",
    )
    Flag.objects.create(
        project=project, kind="F5", fingerprint="c" * 64, annotator=person, run=run, evidence={}
    )
    Flag.objects.create(
        project=project, kind="F6", fingerprint="d" * 64, run=run, evidence={"cause": "length"}
    )


def _reviewed(project: Project, conversation: Conversation, task: Task) -> None:
    reviewer = make.member(project, role=Membership.Role.REVIEWER)
    verdicts = []
    for revision in (1, 2):
        verdict = Submission.objects.create(
            task=task, annotator=reviewer, rubric=task.batch.rubric, origin="review", revision=revision
        )
        _answer(verdict, value=2)
        verdicts.append(verdict)
    review = Review.objects.create(
        project=project, conversation=conversation, reviewer=reviewer, blind=verdicts[0], final=verdicts[1],
        outcome="change", comment="Both read it too fast.", revealed_at=timezone.now(), finished_at=timezone.now(),
    )  # fmt: skip
    Flag.objects.filter(kind="F1", conversation=conversation).update(
        status="resolved", outcome="change", review=review
    )
    Review.objects.create(project=project, conversation=conversation, reviewer=reviewer, is_audit=True)
    rating = Rating.objects.filter(
        response__turn__conversation=conversation, submission__origin="live"
    ).earliest("pk")
    given = rating.submission
    drawn = {
        "project": project,
        "conversation": conversation,
        "annotator": given.annotator,
        "submission": given,
    }
    about = {"scope": "local", "dimension": rating.dimension}
    first, second = Response.objects.filter(turn__conversation=conversation).order_by("pk")[:2]
    AuditItem.objects.create(**drawn, **about, response=first, probability=0.04, review=review)
    AuditItem.objects.create(**drawn, scope="local", left=first, right=second, probability=0.5)


def release(project: Project, folder: Path, name: str = "", **filters: Any) -> Export:
    """Create and write a release into a folder; fail the test when it is not done."""
    export = exporting.create(project, exporting.Wanted(name=name, filters=filters), folder=folder)
    exporting.run(export.pk)
    export.refresh_from_db()
    assert export.status == "done", export.error
    return export
