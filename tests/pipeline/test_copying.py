from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotate.models import Conversation, MessagePart, Note, Response, Submission, Turn
from annotate.pipeline.copying import draw_ids, insert_new
from tests import make

pytestmark = pytest.mark.django_db


def test_copied_rows_equal_created_ones() -> None:
    conversation = make.conversation(make.project())
    turn = Turn.objects.get()
    fields = {
        "identity": bytes(range(32)),
        "external_id": 'tab\t, newline\n, \\N, "quote", 你好',
        "meta": {"a": [1, None, "ü\\"]},
    }
    created = Response.objects.create(turn=turn, **fields)
    copied = Response(turn=turn, **fields | {"identity": b"\0" * 32})
    insert_new([copied])
    for name in ("external_id", "meta", "source_model"):
        assert getattr(Response.objects.get(pk=copied.pk), name) == getattr(created, name)
    assert Response.objects.get(uid=copied.uid).turn.conversation == conversation
    assert bytes(Response.objects.get(pk=copied.pk).identity) == b"\0" * 32


def test_arrays_times_and_nulls_arrive() -> None:
    project = make.project()
    conversation = Conversation(project=project, identity=b"x", language="en")
    insert_new([conversation])
    turn = Turn(conversation=conversation, number=1, identity=b"x")
    part = MessagePart(turn=turn, position=0, kind="image", aliases=["a,b", "{c}", '"'])
    draw_ids([turn])
    insert_new([part])  # before what it refers to
    insert_new([turn])
    assert MessagePart.objects.get().aliases == ["a,b", "{c}", '"']
    assert MessagePart.objects.get().response is None
    assert Conversation.objects.get().created_at


def test_columns_with_a_database_default_have_it() -> None:
    task = make.task(make.conversation(make.project()))
    submission = Submission(
        task=task, annotator=make.user(), rubric=task.batch.rubric, origin="imported", revision=1
    )
    insert_new([submission])
    notes = [
        Note(submission=submission, kind="reason", scope="local", response_id=1, text=text) for text in "ab"
    ]
    for note in notes:
        note.response = Response.objects.get()
    insert_new(notes)
    assert Submission.objects.get().created_at
    assert len(set(Note.objects.values_list("uid", flat=True))) == 2


def test_any_number_of_rows_takes_two_statements() -> None:
    project = make.project()
    rows = [Conversation(project=project, identity=bytes([n]), language="en") for n in range(50)]
    with CaptureQueriesContext(connection) as queries:
        insert_new(rows)
        insert_new([])
    assert len(queries) == 2
    assert [row.pk for row in rows] == sorted(Conversation.objects.values_list("id", flat=True))
