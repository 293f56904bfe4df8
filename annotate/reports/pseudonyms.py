"""How people are called where labels are shown to reviewers: Annotator 1, Annotator 2 and so on."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Min

from annotate.models import Submission


def pseudonyms(conversations: Iterable[int]) -> dict[tuple[int, int], int]:
    """Return each person's number by (conversation, person), counted from 1 in each conversation.

    In the order of first submissions, so that a number never changes when more people come.
    Reviewers' verdicts, and answers to training, qualification and gold, have none. One statement.
    """
    rows = (
        Submission.objects.to_work()
        .filter(task__conversation__in=conversations)
        .exclude(origin=Submission.Origin.REVIEW)
        .values("task__conversation", "annotator")
        .annotate(first=Min("pk"))
        .order_by("task__conversation", "first")
        .values_list("task__conversation", "annotator")
    )
    numbers: dict[tuple[int, int], int] = {}
    counts: dict[int, int] = {}
    for conversation, person in rows:
        counts[conversation] = counts.get(conversation, 0) + 1
        numbers[conversation, person] = counts[conversation]
    return numbers
