"""Who may: from a person and an outside id to the object, or 404.

A stranger and a wrong id get the same answer, so that no id can be probed.
"""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AnonymousUser
from django.http import Http404

from annotate.models import Export, Image, ImportRun, Membership, Review, ScorerRun, User
from annotate.models.prepared import prepared_cursor
from annotate.pipeline.assigning import Claimant

Role = Membership.Role


def membership(user: User | AnonymousUser, slug: str, *roles: Membership.Role) -> Membership:
    """Return the person's membership in a project, with the project loaded.

    With ``roles``, only if the person has one of them. Raises Http404 otherwise.
    """
    found = (
        Membership.objects.filter(project__slug=slug, user_id=user.pk or 0).select_related("project").first()
    )
    if found is None or (roles and found.role not in roles):
        raise Http404
    return found


_CLAIMANT = """
SELECT membership.user_id, membership.project_id, membership.languages, membership.team
FROM annotate_membership membership JOIN annotate_project project ON project.id = membership.project_id
WHERE project.slug = %s AND membership.user_id = %s AND membership.role = 'annotator'
"""


def claimant(user: User, slug: str) -> Claimant:
    """Return the person as one who may claim work in a project: its annotators, nobody else."""
    with prepared_cursor() as cursor:
        cursor.execute(_CLAIMANT, [slug, user.pk])
        row = cursor.fetchone()
    if row is None:
        raise Http404
    return Claimant(*row)


def image(user: User | AnonymousUser, uid: uuid.UUID) -> Image:
    """Return an image of a project in which the person has any role; Http404 otherwise."""
    found = Image.objects.filter(uid=uid, project__memberships__user=user.pk or 0).first()
    if found is None:
        raise Http404
    return found


def import_run(user: User | AnonymousUser, uid: uuid.UUID) -> ImportRun:
    """Return an import into a project that the person manages, with the project loaded; else 404."""
    found = (
        ImportRun.objects.filter(
            uid=uid, project__memberships__user_id=user.pk or 0, project__memberships__role=Role.MANAGER
        )
        .select_related("project", "created_by")
        .first()
    )
    if found is None:
        raise Http404
    return found


def export(user: User | AnonymousUser, uid: uuid.UUID) -> Export:
    """Return a release of a project that the person manages, with the project loaded; else 404."""
    found = (
        Export.objects.filter(
            uid=uid, project__memberships__user_id=user.pk or 0, project__memberships__role=Role.MANAGER
        )
        .select_related("project")
        .first()
    )
    if found is None:
        raise Http404
    return found


def review(user: User | AnonymousUser, slug: str, uid: uuid.UUID) -> Review:
    """Return one's own sitting in a project in which one may review, project and verdicts loaded; else 404."""
    member = membership(user, slug, Role.REVIEWER, Role.MANAGER)
    found = (
        Review.objects.filter(uid=uid, project=member.project_id, reviewer=member.user_id)
        .select_related("project", "conversation", "blind", "final")
        .first()
    )
    if found is None:
        raise Http404
    return found


def scorer_run(user: User | AnonymousUser, slug: str, uid: uuid.UUID) -> ScorerRun:
    """Return a scorer run of a project that the person manages; else 404."""
    member = membership(user, slug, Role.MANAGER)
    found = ScorerRun.objects.filter(uid=uid, project=member.project_id).first()
    if found is None:
        raise Http404
    return found
