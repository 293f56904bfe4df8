"""Who may: from a person and an outside id to the object, or 404.

A stranger and a wrong id get the same answer, so that no id can be probed.
"""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q
from django.http import Http404
from django.shortcuts import get_object_or_404

from annotate.models import (
    Assignment,
    Batch,
    Export,
    GoldKey,
    Guideline,
    Image,
    ImportRun,
    Inquiry,
    Invitation,
    Membership,
    ProblemReport,
    Qualification,
    Review,
    ScorerRun,
    Task,
    User,
)
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


def member(user: User | AnonymousUser, slug: str, uid: uuid.UUID) -> tuple[Membership, Membership]:
    """Return a manager's own membership and that of the person with this id in the same project; else 404."""
    own = membership(user, slug, Role.MANAGER)
    found = get_object_or_404(
        Membership.objects.filter(project=own.project_id, user__uid=uid).select_related("user")
    )
    found.project = own.project
    return own, found


def may_create_projects(user: User | AnonymousUser) -> bool:
    """Return whether the person may begin a project: staff, and whoever manages one already."""
    return user.is_staff or Membership.objects.filter(user_id=user.pk or 0, role=Role.MANAGER).exists()


def batch(user: User | AnonymousUser, slug: str, uid: uuid.UUID) -> Batch:
    """Return a batch of a project that the person manages, project and rubric loaded; else 404."""
    own = membership(user, slug, Role.MANAGER)
    found = get_object_or_404(Batch.objects.filter(project=own.project_id, uid=uid).select_related("rubric"))
    found.project = own.project
    return found


def invitation(user: User | AnonymousUser, slug: str, uid: uuid.UUID) -> Invitation:
    """Return an invitation to a project that the person manages; else 404."""
    own = membership(user, slug, Role.MANAGER)
    return get_object_or_404(Invitation.objects.filter(project=own.project_id, uid=uid))


_CLAIMANT = """
SELECT membership.user_id, membership.project_id, membership.languages, membership.team,
       project.qualification_required AND membership.qualified_at IS NULL, project.gold_share,
       project.repeat_share
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


def answered_with_key(user: User, uid: uuid.UUID) -> Assignment:
    """Return one's own submitted work whose key one may see, batch and project loaded; Http404 otherwise.

    Those are training, a qualification once the attempt is over (a key tells how the next items are meant), and
    gold where the project shows it. Other gold answers like everything else: not there.
    """
    over = Qualification.objects.filter(
        batch=OuterRef("task__batch"), annotator=user, finished_at__gte=OuterRef("closed_at")
    )
    return get_object_or_404(
        Assignment.objects.filter(
            Assignment.SHOWS_KEY,
            ~Q(task__batch__purpose=Batch.Purpose.QUALIFICATION) | Exists(over),
            uid=uid,
            annotator=user,
            status=Assignment.Status.SUBMITTED,
            task__gold_key__retired_at=None,
            task__gold_key__isnull=False,
            project__memberships__user=user,
            project__memberships__role=Role.ANNOTATOR,
        ).select_related("task__batch", "project")
    )


def annotator(user: User | AnonymousUser, slug: str, uid: uuid.UUID) -> Membership:
    """Return an annotator's membership (by its outside id) in a project that the person manages; else 404."""
    manager = membership(user, slug, Role.MANAGER)
    return get_object_or_404(
        Membership.objects.filter(uid=uid, project=manager.project_id, role=Role.ANNOTATOR).select_related(
            "user"
        )
    )


def gold_key(user: User | AnonymousUser, slug: str, uid: uuid.UUID) -> GoldKey:
    """Return a key of a project that the person manages, its task and batch loaded; else 404."""
    member = membership(user, slug, Role.MANAGER)
    return get_object_or_404(
        GoldKey.objects.filter(uid=uid, task__batch__project=member.project_id).select_related(
            "task__batch__project"
        )
    )


def image(user: User | AnonymousUser, uid: uuid.UUID) -> Image:
    """Return an image of a project in which the person has any role; Http404 otherwise."""
    return get_object_or_404(Image.objects.filter(uid=uid, project__memberships__user=user.pk or 0))


def import_run(user: User | AnonymousUser, uid: uuid.UUID) -> ImportRun:
    """Return an import into a project that the person manages, with the project loaded; else 404."""
    return get_object_or_404(
        ImportRun.objects.filter(
            uid=uid, project__memberships__user_id=user.pk or 0, project__memberships__role=Role.MANAGER
        ).select_related("project", "created_by")
    )


def export(user: User | AnonymousUser, uid: uuid.UUID) -> Export:
    """Return a release of a project that the person manages, with the project loaded; else 404."""
    return get_object_or_404(
        Export.objects.filter(
            uid=uid, project__memberships__user_id=user.pk or 0, project__memberships__role=Role.MANAGER
        ).select_related("project")
    )


def review(user: User | AnonymousUser, slug: str, uid: uuid.UUID) -> Review:
    """Return one's own sitting in a project in which one may review, project and verdicts loaded; else 404."""
    member = membership(user, slug, Role.REVIEWER, Role.MANAGER)
    return get_object_or_404(
        Review.objects.filter(uid=uid, project=member.project_id, reviewer=member.user_id).select_related(
            "project", "conversation", "blind", "final"
        )
    )


def scorer_run(user: User | AnonymousUser, slug: str, uid: uuid.UUID) -> ScorerRun:
    """Return a scorer run of a project that the person manages; else 404."""
    member = membership(user, slug, Role.MANAGER)
    return get_object_or_404(ScorerRun.objects.filter(uid=uid, project=member.project_id))


def guideline(user: User | AnonymousUser, slug: str, version: int) -> tuple[Membership, Guideline]:
    """Return a version of the guidelines of a project in which the person has any role; else 404."""
    member = membership(user, slug)
    found = get_object_or_404(Guideline.objects.filter(project=member.project_id, version=version))
    return member, found


def own_inquiry(user: User | AnonymousUser, uid: uuid.UUID) -> Inquiry:
    """Return a question that this person, still an annotator of the project, asked; else 404."""
    return get_object_or_404(
        Inquiry.objects.filter(
            uid=uid,
            asked_by=user.pk or 0,
            published=False,
            project__memberships__user_id=user.pk or 0,
            project__memberships__role=Role.ANNOTATOR,
        )
    )


def inquiry(user: User | AnonymousUser, slug: str, uid: uuid.UUID) -> tuple[Membership, Inquiry]:
    """Return a question of a project that the person leads (its reviewers and managers); else 404."""
    member = membership(user, slug, Role.REVIEWER, Role.MANAGER)
    found = get_object_or_404(
        Inquiry.objects.filter(uid=uid, project=member.project_id).select_related(
            "asked_by", "dimension", "task__conversation"
        )
    )
    return member, found


def task(user: User | AnonymousUser, slug: str, uid: uuid.UUID) -> Task:
    """Return a task of a project that the person manages; else 404."""
    member = membership(user, slug, Role.MANAGER)
    return get_object_or_404(Task.objects.filter(uid=uid, batch__project=member.project_id))


def problem_report(user: User | AnonymousUser, slug: str, uid: uuid.UUID) -> ProblemReport:
    """Return a report on a task of a project that the person manages; else 404."""
    member = membership(user, slug, Role.MANAGER)
    return get_object_or_404(ProblemReport.objects.filter(uid=uid, task__batch__project=member.project_id))
