"""Invitations: links that let people into a project, each as often as its maker allowed, until it expires.

A link is as good as its maker: it ends when that person no longer manages the project. Whoever was taken out of
the project after it was made does not come back by it.

The database keeps the digest of a link's secret alone. A use is taken by one conditional UPDATE in the
transaction that makes the membership, so that two people at once never share the last use, and one who
turns out to be a member already uses nothing up.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotate.models import ApiToken, Invitation, Membership, Project, User
from annotate.refusal import Conflict, Refusal

log = logging.getLogger(__name__)

Role = Membership.Role
MAX_USES = 1000
MAX_DAYS = 90


@dataclass(frozen=True, slots=True)
class Terms:
    """What a link gives: a role, the languages and team that go with it, how often and for how many days."""

    role: Membership.Role
    languages: Sequence[str] = ()
    team: str = ""
    uses: int = 1
    days: int = 14


@dataclass(frozen=True, slots=True)
class Joined:
    """A person in a project; ``is_new`` is false for who was a member already."""

    project: Project
    is_new: bool


def digest_of(secret: str) -> str:
    """Return the hex digest under which a link's secret is stored and looked up."""
    return ApiToken.digest_of(secret)


def invite(project: Project, by: User, terms: Terms) -> str:
    """Store an invitation and return its secret of 256 bits, which cannot be read again.

    Refuses a number of uses outside 1 to 1,000 and days outside 1 to 90.
    """
    if not 1 <= terms.uses <= MAX_USES:
        raise Refusal.because("uses_refused", _("An invitation has 1 to 1,000 uses."), "uses")
    if not 1 <= terms.days <= MAX_DAYS:
        raise Refusal.because("days_refused", _("An invitation is valid for 1 to 90 days."), "days")
    secret = secrets.token_urlsafe(32)
    made = Invitation.objects.create(
        project=project,
        digest=digest_of(secret),
        role=terms.role,
        languages=list(terms.languages),
        team=terms.team,
        uses_left=terms.uses,
        expires_at=timezone.now() + timedelta(days=terms.days),
        created_by=by,
    )
    log.info("invitation %s made by user %s", made.pk, by.pk)
    return secret


def usable(digest: str) -> Invitation | None:
    """Return the invitation with its project while somebody can still join by it."""
    return _good(digest).select_related("project", "created_by").first()


def _good(digest: str) -> QuerySet[Invitation]:
    # No join: what an UPDATE waited for is looked at again only in conditions on its own row.
    return Invitation.objects.filter(
        made_by_a_manager(), digest=digest, uses_left__gt=0, expires_at__gt=timezone.now()
    )


def made_by_a_manager() -> Exists:
    """Return the condition on an invitation that its maker still manages its project."""
    return Exists(
        Membership.objects.filter(
            project=OuterRef("project"), user=OuterRef("created_by"), user__is_active=True, role=Role.MANAGER
        )
    )


def join(user: User, digest: str) -> Joined:
    """Let a person with an account into the project; a member stays what they are and uses nothing up.

    Refuses (``invitation_over``) a link that is unknown, expired, used up or withdrawn, one whose maker no
    longer manages the project, and one from before the person was taken out of it.
    """
    try:
        with transaction.atomic():
            return _join(user, digest)
    except IntegrityError:
        # The same person pressed twice: the other request has made the membership, and paid for it.
        return Joined(_known(digest).project, is_new=False)


def _join(user: User, digest: str) -> Joined:
    found = _known(digest)
    if Membership.objects.filter(project=found.project_id, user=user).exists():
        return Joined(found.project, is_new=False)
    taken_out = apps.get_model("annotate", "MembershipEvent").objects.filter(
        pgh_label="delete", project=found.project_id, user=user, pgh_created_at__gt=found.created_at
    )
    if taken_out.exists():
        raise _over()
    _take_use(digest)
    Membership.objects.create(
        project=found.project, user=user, role=found.role, languages=found.languages, team=found.team
    )
    log.info("user %s joined project %s by invitation %s", user.pk, found.project_id, found.pk)
    return Joined(found.project, is_new=True)


def join_as_new(digest: str, *, username: str, password: str, language: str) -> User:
    """Make an account and let it into the project: both, or neither.

    Name and password have been checked by the form; refuses (``username_taken``) a name that somebody
    took meanwhile, and (``invitation_over``) a link that no longer lets anybody in.
    """
    try:
        with transaction.atomic():
            person = User.objects.create(
                username=username, password=make_password(password), language=language
            )
            _join(person, digest)
    except IntegrityError as error:
        detail = _("A user with that username already exists.")
        raise Conflict.because("username_taken", detail, "username") from error
    return person


def _known(digest: str) -> Invitation:
    found = Invitation.objects.filter(digest=digest).select_related("project").first()
    if found is None:
        raise _over()
    return found


def _take_use(digest: str) -> None:
    # The condition is looked at again by whoever waited for the row: two never take the last use.
    if not _good(digest).update(uses_left=F("uses_left") - 1):
        raise _over()


def _over() -> Refusal:
    return Conflict.because("invitation_over", _("This invitation is no longer valid."))
