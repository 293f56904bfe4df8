"""Plain typed builders of rows: each makes one thing that is valid, and what it cannot do without.

A test spells out only what matters to it: ``make.conversation(turns=5, candidates=2)``.
"""

from __future__ import annotations

import hashlib
import itertools
from datetime import timedelta
from typing import Any

from django.utils import timezone
from msgspec import structs

from annotate.formats.rubric import BUILT_IN, RubricRecord, read_rubric
from annotate.models import (
    Assignment,
    Batch,
    Conversation,
    Image,
    Membership,
    MessagePart,
    Project,
    Response,
    Rubric,
    Score,
    ScorerRun,
    Submission,
    Task,
    TaskPath,
    Turn,
    User,
)
from annotate.pipeline.planning import load_rubric

_numbers = itertools.count(1)


def _identity(*words: object) -> bytes:
    return hashlib.sha256(repr(words).encode()).digest()


def rubric(record: RubricRecord | None = None) -> Rubric:
    """Return the stored InterMT rubric (or the given one), made on first use."""
    return load_rubric(record or read_rubric(BUILT_IN / "intermt.yaml"))


def second_version() -> Rubric:
    """Return a second version of the InterMT rubric, which asks the same."""
    return rubric(structs.replace(read_rubric(BUILT_IN / "intermt.yaml"), version=2))


def user(name: str | None = None, **fields: Any) -> User:
    """Return a person who can log in with the password "correct horse"."""
    return User.objects.create_user(name or f"person{next(_numbers)}", password="correct horse", **fields)


def project(slug: str | None = None, **fields: Any) -> Project:
    """Return a project with the InterMT rubric and an open default batch."""
    slug = slug or f"project{next(_numbers)}"
    made = Project.objects.create(
        slug=slug, name=slug.title(), rubric=fields.pop("rubric", None) or rubric(), **fields
    )
    batch(made, name="default", is_default=True)
    return made


def batch(project: Project, **fields: Any) -> Batch:
    """Return an open production batch with the project's rubric and overlap."""
    fields.setdefault("name", f"batch{next(_numbers)}")
    fields.setdefault("overlap", project.overlap)
    fields.setdefault("overlap_limit", max(5, fields["overlap"]))
    return Batch.objects.create(project=project, rubric=fields.pop("rubric", project.rubric), **fields)


def member(project: Project, role: Membership.Role = Membership.Role.ANNOTATOR, **fields: Any) -> User:
    """Return a new person with this role in the project."""
    made = user()
    Membership.objects.create(project=project, user=made, role=role, **fields)
    return made


def image(project: Project, *, width: int = 64, height: int = 48) -> Image:
    """Return an image row; its file does not exist (see the importing tests for real ones)."""
    sha256 = _identity("image", next(_numbers)).hex()
    return Image.objects.create(
        project=project,
        sha256=sha256,
        file=f"{sha256}.webp",
        media_type="image/webp",
        width=width,
        height=height,
        size=1,
    )


def text(owner: Turn | Response, words: str, position: int = 0) -> MessagePart:
    """Put a text part into a turn or a response."""
    where = {"turn": owner} if isinstance(owner, Turn) else {"response": owner}
    return MessagePart.objects.create(
        **where, position=position, kind="text", text=words, html=f"<p>{words}</p>", html_version=1
    )


def turn(conversation: Conversation, parent: Response | None = None, words: str = "A question?") -> Turn:
    """Return a turn with one text, below a response or at the root."""
    number = 1 if parent is None else parent.turn.number + 1
    made = Turn.objects.create(
        conversation=conversation, parent=parent, number=number, identity=_identity("turn", next(_numbers))
    )
    text(made, words)
    return made


def response(
    turn: Turn, words: str = "An answer.", *, image: Image | None = None, source_model: str = ""
) -> Response:
    """Return a candidate with one text and, if given, one image after it."""
    made = Response.objects.create(
        turn=turn, identity=_identity("response", next(_numbers)), source_model=source_model
    )
    text(made, words)
    if image:
        MessagePart.objects.create(response=made, position=1, kind="image", image=image, caption="A picture")
    return made


def conversation(
    project: Project, *, turns: int = 1, candidates: int = 1, images: bool = False
) -> Conversation:
    """Return a conversation whose first candidates carry it on; with images, each response has one."""
    made = Conversation.objects.create(
        project=project, identity=_identity("conversation", next(_numbers)), language="en"
    )
    parent: Response | None = None
    for number in range(1, turns + 1):
        asked = turn(made, parent, f"Question {number}?")
        answers = [
            response(
                asked,
                f"Answer {number}.{which}",
                image=image(project) if images else None,
                source_model=f"model-{which}",
            )
            for which in range(candidates)
        ]
        parent = answers[0]
    return made


def task(
    conversation: Conversation, *, batch: Batch | None = None, overlap: int | None = None, **fields: Any
) -> Task:
    """Return a task over every leaf of the conversation; the path through first candidates is whole."""
    batch = batch or conversation.project.batches.get(is_default=True)
    overlap = overlap or batch.overlap
    made = Task.objects.create(
        batch=batch,
        conversation=conversation,
        overlap=overlap,
        open_slots=fields.pop("open_slots", overlap),
        **fields,
    )
    leaves = Response.objects.filter(turn__conversation=conversation, followups=None).order_by(
        "-turn__number", "id"
    )
    for position, leaf in enumerate(leaves):
        TaskPath.objects.create(task=made, response=leaf, position=position, whole=position == 0)
    return made


def assignment(task: Task, annotator: User, **fields: Any) -> Assignment:
    """Return an active hold of this person on the task, its slot taken."""
    task.open_slots -= 1
    task.save(update_fields=["open_slots"])
    responses = Response.objects.filter(turn__conversation=task.conversation_id).order_by("id")
    fields.setdefault("shown_order", list(responses.values_list("id", flat=True)))
    fields.setdefault("lease_expires_at", timezone.now() + timedelta(minutes=30))
    return Assignment.objects.create(task=task, annotator=annotator, project=task.batch.project, **fields)


def submission(task: Task, annotator: User, **fields: Any) -> Submission:
    """Return a live submission of this person, with the assignment it needs; it holds no judgement yet."""
    assigned = Assignment.objects.filter(task=task, annotator=annotator).first() or assignment(
        task, annotator
    )
    Assignment.objects.filter(pk=assigned.pk).update(status="submitted", closed_at=timezone.now())
    revision = assigned.submissions.count() + 1
    fields.setdefault("idempotency_key", f"key{next(_numbers)}")
    return Submission.objects.create(
        task=task,
        annotator=annotator,
        assignment=assigned,
        rubric=task.batch.rubric,
        origin="live",
        revision=revision,
        **fields,
    )


def scorer_run(project: Project, **fields: Any) -> ScorerRun:
    """Return a finished run of a trained outcome model over the project."""
    fields = {"scorer": "rm", "model": "reward-model", "revision": f"r{next(_numbers)}", **fields}
    return ScorerRun.objects.create(
        project=project, **{"dtype": "float32", "trained": True, "status": ScorerRun.Status.DONE, **fields}
    )


def score(run: ScorerRun, response: Response, value: float, *, steps: list[float] | None = None) -> Score:
    """Store what the run says of a response; each step value speaks of one step."""
    about = list(range(len(steps or []))) if steps else None
    return Score.objects.create(
        run=run,
        response=response,
        value=value,
        step_values=steps,
        step_first=about,
        step_last=about,
        splitter_version=1 if steps else None,
    )
