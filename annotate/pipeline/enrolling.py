"""How people get into a project: accounts with passwords nobody chose, a token, and one role."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import transaction

from annotate.models import ApiToken, Membership, Project, User
from annotate.refusal import Refusal

MAX_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class NewPerson:
    """An account as its owner must be told about it: neither secret can be read again."""

    username: str
    password: str
    token: str


@transaction.atomic
def create_people(project: Project, role: Membership.Role, *, count: int, prefix: str) -> list[NewPerson]:
    """Create accounts ``<prefix>1``, ``<prefix>2``, … (free names only) with this role in the project.

    Refuses a count outside 1 to 1,000 and a prefix that makes no user name.
    """
    if not 1 <= count <= MAX_AT_ONCE:
        raise Refusal.because(
            "count_refused", f"Between 1 and {MAX_AT_ONCE:,} people can be created at once."
        )
    names = list(itertools.islice(_free_names(prefix), count))
    return [_create(project, role, name) for name in names]


@transaction.atomic
def ensure_person(project: Project, role: Membership.Role, username: str, password: str | None) -> User:
    """Let a person of this name and password have the role in the project: created, or set right.

    Without a password nobody can log in as this person. Refuses a name that belongs to somebody who is
    not in the project.
    """
    person = User.objects.filter(username=username).first()
    if person is None:
        person = _store(username, password)
    elif not person.memberships.filter(project=project).exists():
        detail = f"There is a person “{username}” already, outside the project {project.slug}."
        raise Refusal.because("username_taken", detail)
    elif not _has_password(person, password):
        person.set_password(password)
        person.save(update_fields=["password"])
    Membership.objects.update_or_create(project=project, user=person, defaults={"role": role})
    return person


def _has_password(person: User, password: str | None) -> bool:
    return not person.has_usable_password() if password is None else person.check_password(password)


def _free_names(prefix: str) -> Iterator[str]:
    taken = set(User.objects.filter(username__startswith=prefix).values_list("username", flat=True))
    names = (f"{prefix}{number}" for number in itertools.count(1))
    return (name for name in names if name not in taken)


def _create(project: Project, role: Membership.Role, username: str) -> NewPerson:
    password = random_password()
    person = _store(username, password)
    Membership.objects.create(project=project, user=person, role=role)
    return NewPerson(username, password, ApiToken.issue(person, "created with the account"))


def _store(username: str, password: str | None) -> User:
    person = User(username=username, password=make_password(password))
    try:
        person.clean_fields(exclude=["password"])
    except ValidationError as error:
        detail = f"“{username}” is no user name: use letters, digits and @ . + - _ only, 150 at most."
        raise Refusal.because("username_refused", detail) from error
    person.save()
    return person


def random_password() -> str:
    """Return a password of 96 random bits."""
    return secrets.token_urlsafe(12)
