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
def create_person(project: Project, role: Membership.Role, username: str) -> NewPerson:
    """Create one account with this name and role; refuses a name that is taken."""
    if User.objects.filter(username=username).exists():
        raise Refusal.because("username_taken", f"There is a person “{username}” already.")
    return _create(project, role, username)


def _free_names(prefix: str) -> Iterator[str]:
    taken = set(User.objects.filter(username__startswith=prefix).values_list("username", flat=True))
    names = (f"{prefix}{number}" for number in itertools.count(1))
    return (name for name in names if name not in taken)


def _create(project: Project, role: Membership.Role, username: str) -> NewPerson:
    password = secrets.token_urlsafe(12)
    person = User(username=username, password=make_password(password))
    try:
        person.clean_fields(exclude=["password"])
    except ValidationError as error:
        detail = f"“{username}” is no user name: use letters, digits and @ . + - _ only, 150 at most."
        raise Refusal.because("username_refused", detail) from error
    person.save()
    Membership.objects.create(project=project, user=person, role=role)
    return NewPerson(username, password, ApiToken.issue(person, "created with the account"))
