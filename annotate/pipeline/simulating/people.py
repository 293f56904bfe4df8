"""Synthetic annotators as rows: they stand in every report as people do, and nobody can log in as one."""

from __future__ import annotations

from django.db import transaction

from annotate.models import Membership, Project, Submission, User
from annotate.pipeline.simulating.plans import Plan
from annotate.refusal import Refusal


def prefix_of(project: Project) -> str:
    """Return how the user names of a project's synthetic annotators begin."""
    return f"sim-{project.slug}-"


@transaction.atomic
def make_people(project: Project, plan: Plan) -> list[User]:
    """Return the plan's annotators in order, created where they are missing: inactive, without a password.

    Refuses (``username_taken``) a name that belongs to somebody who could log in.
    """
    people = []
    for number in range(1, plan.annotators + 1):
        name = f"{prefix_of(project)}{number:02}"
        person = User.objects.filter(username=name).first()
        if person is None:
            person = User(username=name, is_active=False)
            person.set_unusable_password()
            person.save()
        elif person.is_active:
            detail = f"There is a person “{name}” who can log in; synthetic annotators need such names for themselves."
            raise Refusal.because("username_taken", detail)
        role = {"role": Membership.Role.ANNOTATOR}
        Membership.objects.get_or_create(project=project, user=person, defaults=role)
        people.append(person)
    return people


def make_key_author(project: Project) -> User:
    """Return who stands beside keys of gold: like the annotators, nobody can log in."""
    person, is_new = User.objects.get_or_create(
        username=f"{prefix_of(project)}key", defaults={"is_active": False}
    )
    if is_new:
        person.set_unusable_password()
        person.save(update_fields=["password"])
    return person


def refuse_real_work(project: Project) -> None:
    """Raise a Refusal where anybody but synthetic annotators has submitted work: the two are never mixed."""
    live = Submission.objects.filter(task__batch__project=project, origin=Submission.Origin.LIVE)
    if live.exclude(annotator__username__startswith=prefix_of(project), annotator__is_active=False).exists():
        detail = f"People have worked in {project.slug}. Their answers and synthetic ones are never mixed."
        raise Refusal.because("real_answers", detail)
