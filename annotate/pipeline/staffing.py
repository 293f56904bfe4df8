"""Changing what a person is in a project, and taking them out of it. What they have done stays."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import connection, transaction
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from django.utils.translation import gettext as _

from annotate.models import Membership, User
from annotate.refusal import Conflict, Refusal

log = logging.getLogger(__name__)
Role = Membership.Role


@dataclass(frozen=True, slots=True)
class Place:
    """What a person is in a project."""

    role: Membership.Role
    languages: Sequence[str]
    team: str


@transaction.atomic
def change(membership: Membership, by: User, place: Place, *, confirmed: bool = False) -> None:
    """Give a member another role, languages or team.

    Whoever stops being an annotator gives the tasks in work back. Refuses to leave the project without a
    manager, and (``own_role``) to let managers demote themselves unless ``confirmed``.
    """
    managers = _locked_managers(membership.project_id)
    if membership.user_id in managers and place.role != Role.MANAGER:
        _must_leave_a_manager(managers)
        if membership.user_id == by.pk and not confirmed:
            detail = _("You would lose the managers' pages of this project. Tick the box if you mean it.")
            raise Refusal.because("own_role", detail, "confirm")
    if membership.role == Role.ANNOTATOR and place.role != Role.ANNOTATOR:
        _give_back(membership)
    membership.role = place.role
    membership.languages = list(place.languages)
    membership.team = place.team
    membership.save(update_fields=["role", "languages", "team"])
    log.info("membership %s changed by user %s", membership.pk, by.pk)


@transaction.atomic
def remove(membership: Membership, by: User) -> None:
    """Take a person out of the project: tasks in work are given back, submitted work stays.

    Refuses to remove the last manager, and oneself.
    """
    managers = _locked_managers(membership.project_id)
    if membership.user_id == by.pk:
        detail = _("You cannot remove yourself; ask another manager to.")
        raise Refusal.because("own_membership", detail)
    if membership.user_id in managers:
        _must_leave_a_manager(managers)
    _give_back(membership)
    log.info("membership %s removed by user %s", membership.pk, by.pk)
    membership.delete()


def reset_key(membership: Membership, by: User) -> tuple[str, str]:
    """Return user and one-time token for a link by which a member sets a new password.

    It dies when used, at the next log-in, after three days, and when the manager might no longer make it.
    Whoever holds it can become that person, so a manager gets one only for people who are nothing beyond the
    projects that this manager manages.
    """
    person = membership.user
    if not _may_reset(person, by):
        detail = _("Only an operator can reset this password: the account reaches beyond your projects.")
        raise Refusal.because("reset_refused", detail)
    log.info("password link for user %s made by user %s", person.pk, by.pk)
    return urlsafe_base64_encode(force_bytes(f"{person.pk}.{by.pk}")), ResetTokens(by.pk).make_token(person)


def reset_parties(user: str) -> tuple[User, User] | None:
    """Return the person whose password a link's ``user`` is about, and its maker while he may still make it."""
    try:
        numbers = [int(one) for one in urlsafe_base64_decode(user).decode("ascii").split(".")]
        person, by = (User.objects.get(pk=one) for one in numbers)
    except (ValueError, OverflowError, User.DoesNotExist):
        return None
    return (person, by) if _may_reset(person, by) else None


def _may_reset(person: User, by: User) -> bool:
    managed = Membership.objects.filter(user=by, role=Role.MANAGER).values("project")
    if not by.is_active or not person.memberships.filter(project__in=managed).exists():
        return False
    elsewhere = person.memberships.exclude(project__in=managed).exists()
    beyond = person.is_staff or person.is_superuser or not person.is_active
    return not (elsewhere or beyond or person.pk == by.pk)


class ResetTokens(PasswordResetTokenGenerator):
    """The tokens of one manager's links: with another manager in the address they are worth nothing."""

    def __init__(self, by: int) -> None:
        super().__init__()
        self.by = by

    def _make_hash_value(self, user: Any, timestamp: int) -> str:  # noqa: ANN401 - Django's
        return f"{super()._make_hash_value(user, timestamp)} {self.by}"


def _locked_managers(project_id: int) -> set[int]:
    """Return the managers, their rows locked: of two who leave at once, the second sees the first gone."""
    rows = Membership.objects.select_for_update().filter(project=project_id, role=Role.MANAGER)
    return set(rows.order_by("pk").values_list("user_id", flat=True))


def _must_leave_a_manager(managers: set[int]) -> None:
    if len(managers) == 1:
        detail = _("A project needs a manager: make somebody else one first.")
        raise Conflict.because("last_manager", detail, "role")


def _give_back(membership: Membership) -> None:
    """Open the slots of the person's live tasks; the drafts stay with the lapsed rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH given AS (
                UPDATE annotate_assignment SET status = 'lapsed', closed_at = now()
                WHERE annotator_id = %s AND project_id = %s AND status = 'active'
                RETURNING task_id
            )
            UPDATE annotate_task task SET open_slots = open_slots + 1
            FROM given WHERE task.id = given.task_id AND task.closed_at IS NULL
            """,
            [membership.user_id, membership.project_id],
        )
