"""Django's own administration: every table for operators, with judgements and history read-only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import ForeignKey, Model
from django.http import HttpRequest

from annotate import models

if TYPE_CHECKING:
    AnyModelAdmin = admin.ModelAdmin[Any]
    AnyUserAdmin = UserAdmin[models.User]
else:  # Django's classes take no parameters at run time
    AnyModelAdmin = admin.ModelAdmin
    AnyUserAdmin = UserAdmin

site = admin.site
site.site_title = site.site_header = "Annotate"
site.index_title = "Administration"


class TableAdmin(AnyModelAdmin):
    """A table that may be long: no counting of all rows, no drop-downs over other tables."""

    show_full_result_count = False
    list_per_page = 50
    list_select_related = True


class ReadOnlyAdmin(TableAdmin):
    """A table that only the program writes: what people said, and what was computed from it."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        """Nobody adds rows by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        """Nobody changes rows by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        """Nobody deletes rows by hand."""
        return False


@admin.register(models.User)
class PersonAdmin(AnyUserAdmin):
    """Django's user pages, with kind and language."""

    list_display = ("username", "kind", "language", "is_active", "is_staff")
    list_filter = ("kind", "is_active", "is_staff")
    fieldsets = (*(UserAdmin.fieldsets or ()), (None, {"fields": ("kind", "language")}))


@admin.register(models.ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """Tokens can be revoked here, never made or read: their secret is shown once, where it is issued."""

    list_display = ("name", "user", "created_at", "expires_at")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        """Let operators revoke a token."""
        return request.user.is_superuser


EDITABLE: dict[type[Model], tuple[str, ...]] = {
    models.Project: ("slug", "name", "language", "overlap", "rubric"),
    models.Membership: ("project", "user", "role", "team"),
    models.Batch: ("name", "project", "purpose", "state", "priority", "overlap"),
    models.Task: ("id", "batch", "overlap", "open_slots", "rank"),
    models.TaskPath: ("id", "task", "position", "whole"),
    models.Assignment: ("id", "annotator", "purpose", "status", "lease_expires_at"),
    models.Flag: ("id", "project", "kind", "scope", "status", "outcome"),
    models.GoldKey: ("id", "task", "created_by", "created_at", "retired_at"),
    models.ProblemReport: ("id", "task", "reporter", "kind", "created_at", "dismissed_at"),
    models.Inquiry: ("id", "project", "asked_by", "published", "created_at", "resolved_at"),
    models.Invitation: ("id", "project", "role", "uses_left", "expires_at"),
}
READ_ONLY: dict[type[Model], tuple[str, ...]] = {
    models.Conversation: ("id", "project", "language", "external_id", "created_at"),
    models.Turn: ("id", "number", "external_id"),
    models.Response: ("id", "source_model", "external_id"),
    models.MessagePart: ("id", "kind", "position", "reference"),
    models.Image: ("id", "project", "media_type", "width", "height", "size"),
    models.Rubric: ("key", "version", "created_at"),
    models.Dimension: ("key", "code", "scope", "minimum", "maximum", "rubric"),
    models.ImportRun: ("id", "project", "status", "format", "file_name", "created_at"),
    models.Submission: ("id", "annotator", "origin", "revision", "created_at"),
    models.Rating: ("id", "response_id", "dimension", "value", "state"),
    models.Comparison: ("id", "scope", "left_id", "right_id", "dimension", "preference"),
    models.Note: ("id", "kind", "scope", "dimension"),
    models.StepLabel: ("id", "response_id", "index", "value"),
    models.ScorerRun: ("id", "project", "scorer", "model", "status", "trained", "created_at"),
    models.Score: ("id", "response_id", "value", "error_code", "created_at"),
    models.Calibration: ("id", "dimension", "stratum", "sample_size", "gate_open", "created_at"),
    models.CanaryCheck: ("id", "run", "passed", "largest_change", "tolerance", "created_at"),
    models.AuditItem: ("id", "project", "scope", "dimension", "probability", "review", "created_at"),
    models.StoredReport: ("id", "project", "name", "through", "seconds", "computed_at"),
    models.Review: ("id", "project", "reviewer", "outcome", "started_at", "finished_at"),
    models.Export: ("id", "project", "name", "status", "created_at"),
    models.Guideline: ("id", "project", "version", "created_at"),
    models.WorkedExample: ("id", "guideline", "dimension", "value"),
    models.Qualification: ("id", "batch", "annotator", "attempt", "kappa", "passed", "finished_at"),
    models.InquiryMessage: ("id", "inquiry", "author", "created_at"),
}
for base, tables in ((TableAdmin, EDITABLE), (ReadOnlyAdmin, READ_ONLY)):
    for table, columns in tables.items():
        links = [field.name for field in table._meta.fields if isinstance(field, ForeignKey)]  # noqa: SLF001
        shape = {"list_display": columns, "raw_id_fields": links}
        site.register(table, type(f"{table.__name__}Admin", (base,), shape))
