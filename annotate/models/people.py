"""Projects, the people in them, and the tokens with which programs speak for people."""

from __future__ import annotations

import hashlib
import secrets

import pghistory
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, validate_slug
from django.db import models
from django.db.models import Q

from annotate.models.base import Row

LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(
        condition=pghistory.AnyChange("username", "is_active", "is_staff", "is_superuser", "kind")
    ),
    pghistory.DeleteEvent(),
    model_name="UserEvent",
    fields=["username", "is_active", "is_staff", "is_superuser", "kind"],
)
class User(AbstractUser, Row):
    """A person, or the named source of labels that came with an imported file."""

    class Kind(models.TextChoices):
        PERSON = "person"
        SOURCE = "source"

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PERSON)
    language = models.CharField(max_length=16, choices=LANGUAGES, default="en")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="user_source_cannot_log_in",
                condition=~Q(kind="source") | Q(is_active=False, is_staff=False, is_superuser=False),
            ),
        ]


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Project(Row):
    """One body of work: its conversations, people, batches and releases.

    ``masked_names`` are words (names of models, mostly) that annotators see as a neutral mark. A task is closed
    as a bad item when ``problem_limit`` people have reported it. With ``qualification_required`` real work
    begins after a passed qualification. ``gold_share`` is the chance that a claim hands out a gold item,
    ``repeat_share`` the chance that a person is asked the same again later, unrecognisably.

    Of submitted tasks the share ``audit_share`` is reviewed at random, whatever was flagged; of finished reviews
    the share ``second_review_share`` goes to a second reviewer; models raise at most ``daily_model_flags`` a day.
    ``simulation`` holds how synthetic answers and scores were made, where they were: such a project says so.
    """

    slug = models.CharField(max_length=64, unique=True, validators=[validate_slug])
    name = models.CharField(max_length=200)
    rubric = models.ForeignKey("Rubric", models.PROTECT, related_name="projects")
    overlap = models.PositiveSmallIntegerField(
        default=3, validators=[MinValueValidator(1), MaxValueValidator(50)]
    )
    language = models.CharField(max_length=16, default="en")
    masked_names = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    problem_limit = models.PositiveSmallIntegerField(default=2)
    qualification_required = models.BooleanField(default=False)
    gold_share = models.FloatField(default=0)
    gold_feedback = models.BooleanField(default=False)
    repeat_share = models.FloatField(default=0)
    audit_share = models.FloatField(default=0.04)
    second_review_share = models.FloatField(default=0.1)
    daily_model_flags = models.PositiveIntegerField(default=100)
    simulation = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="project_overlap_in_range", condition=Q(overlap__gte=1, overlap__lte=50)
            ),
            models.CheckConstraint(
                name="project_problem_limit_in_range",
                condition=Q(problem_limit__gte=1, problem_limit__lte=50),
            ),
            models.CheckConstraint(
                name="project_gold_share_in_range", condition=Q(gold_share__gte=0, gold_share__lte=0.5)
            ),
            models.CheckConstraint(
                name="project_review_shares_in_range",
                condition=Q(repeat_share__gte=0, repeat_share__lte=0.5)
                & Q(audit_share__gte=0, audit_share__lte=1)
                & Q(second_review_share__gte=0, second_review_share__lte=1),
            ),
        ]

    def __str__(self) -> str:
        return self.slug


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Membership(Row):
    """What one person may do in one project: exactly one role.

    ``qualified_at`` opens real work where the project asks for a qualification; ``guideline_seen`` is the
    newest version of the guidelines that the person has confirmed to have read (0: none).
    """

    class Role(models.TextChoices):
        ANNOTATOR = "annotator"
        REVIEWER = "reviewer"
        MANAGER = "manager"

    project = models.ForeignKey(Project, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    languages = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    team = models.CharField(max_length=64, blank=True)
    qualified_at = models.DateTimeField(null=True, blank=True)
    guideline_seen = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="membership_one_role_per_person", fields=["project", "user"]),
            models.CheckConstraint(
                name="membership_role_known", condition=Q(role__in=["annotator", "reviewer", "manager"])
            ),
        ]


class ApiToken(Row):
    """A secret with which a program acts as a person; only its SHA-256 is stored.

    A token holds 256 random bits, so a plain hash is enough: there is nothing to guess.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    @staticmethod
    def digest_of(secret: str) -> str:
        """Return the hex SHA-256 under which a secret is stored."""
        return hashlib.sha256(secret.encode()).hexdigest()

    @classmethod
    def issue(cls, user: User, name: str) -> str:
        """Store a new token and return its secret, which cannot be read again."""
        secret = secrets.token_urlsafe(32)
        cls.objects.create(user=user, name=name, digest=cls.digest_of(secret))
        return secret


class Invitation(Row):
    """A link that lets people join a project in a role; only the SHA-256 of its secret is stored."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="invitations")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    role = models.CharField(max_length=10, choices=Membership.Role)
    languages = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    team = models.CharField(max_length=64, blank=True)
    uses_left = models.PositiveIntegerField(default=1)
    expires_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="invitation_role_known", condition=Q(role__in=["annotator", "reviewer", "manager"])
            ),
        ]
