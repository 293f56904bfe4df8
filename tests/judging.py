"""What people said, in a line each: ``rate(person, response, text_quality=3)``."""

from __future__ import annotations

from django.db.models import F

from annotate.models import Assignment, Comparison, Dimension, Rating, Response, Submission, Task, User
from tests import make


def submit(task: Task, person: User, *, origin: str = "live") -> Submission:
    """Return the person's next revision on the task, empty; a live one brings its own slot."""
    if origin == "live":
        if not Assignment.objects.filter(task=task, annotator=person).exists():
            Task.objects.filter(pk=task.pk).update(open_slots=F("open_slots") + 1, overlap=F("overlap") + 1)
            task.refresh_from_db()
        return make.submission(task, person)
    revision = Submission.objects.filter(task=task, annotator=person, origin=origin).count() + 1
    return Submission.objects.create(
        task=task, annotator=person, rubric=task.batch.rubric, origin=origin, revision=revision
    )


def rate(submission: Submission, response: Response, *, state: str = "rated", **values: int | None) -> None:
    """Give the response these values, by dimension."""
    dimensions = {one.key: one for one in Dimension.objects.filter(rubric=submission.rubric)}
    for key, value in values.items():
        Rating.objects.create(
            submission=submission, response=response, dimension=dimensions[key], value=value, state=state
        )


def prefer(  # noqa: PLR0913 - a comparison has that much to say
    submission: Submission,
    left: Response,
    right: Response,
    preference: int,
    *,
    dimension: str | None = None,
    scope: str = "local",
) -> None:
    """Compare the two; positive prefers the right one. The left one must be the older."""
    found = dimension and Dimension.objects.get(rubric=submission.rubric, key=dimension)
    Comparison.objects.create(
        submission=submission,
        scope=scope,
        left=left,
        right=right,
        dimension=found or None,
        preference=preference,
    )


def candidates(task: Task) -> list[Response]:
    """Return the responses of the task's conversation by age."""
    return list(Response.objects.filter(turn__conversation=task.conversation_id).order_by("pk"))


def disputed(task: Task, *values: int, dimension: str = "text_quality") -> list[User]:
    """Let one new person per value rate the first response with it; return them."""
    first = candidates(task)[0]
    people = [make.member(task.batch.project) for _ in values]
    for person, value in zip(people, values, strict=True):
        rate(submit(task, person), first, state="rated", **{dimension: value})
    return people
