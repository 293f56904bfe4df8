"""A project with enough of everything that every page of numbers has something to show."""

from __future__ import annotations

from typing import Any

from annotate.models import Membership, Note, Project, User
from tests import make
from tests.judging import candidates, prefer, rate, submit

LOCAL = ("text_quality", "context_coherence", "visual_perceptual_quality", "local_image_text_consistency")


def busy(project: Project, conversations: int = 22, people: int = 3) -> list[User]:
    """Let three people answer conversations of two turns with two candidates, and a model score them."""
    annotators = [make.member(project) for _ in range(people)]
    run = make.scorer_run(project)
    for number in range(conversations):
        task = make.task(make.conversation(project, turns=2, candidates=2))
        responses = candidates(task)
        for place, response in enumerate(responses):
            make.score(run, response, (number + place) % 3)
        for which, person in enumerate(annotators):
            answers = submit(task, person)
            for place, response in enumerate(responses):
                values: dict[str, Any] = dict.fromkeys(LOCAL, (number + place + which * (number % 2)) % 4)
                rate(answers, response, **values)
            prefer(answers, responses[0], responses[1], (number + which) % 3 - 1)
            prefer(answers, responses[2], responses[3], 1)
            Note.objects.create(
                submission=answers,
                kind="critique",
                scope="local",
                response=responses[0],
                text=f"The sky is of the wrong colour, again {which}.",
            )
    return annotators


def manager(project: Project) -> User:
    """Return somebody who manages the project."""
    return make.member(project, Membership.Role.MANAGER)
