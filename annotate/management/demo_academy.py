"""The second demo project: training, a qualification, then a little real work, on the demo's conversations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from annotate import demo
from annotate.management import demo_judgements
from annotate.models import GoldKey, Membership, Project, Submission
from annotate.pipeline import keying, planning

SLUG = "academy"
NAME = "Demo: training and qualification"


def create() -> Project:
    """Return the project, made on first use; it asks for a qualification."""
    found = Project.objects.filter(slug=SLUG).first()
    if found is None:
        found = planning.create_project(SLUG, NAME)
        Project.objects.filter(pk=found.pk).update(qualification_required=True)
    return found


def conversation_files() -> list[Path]:
    """Return the demo's conversations that it uses."""
    plan = _plan()
    wanted = {*plan["work"], *plan["qualification"], *(one["conversation"] for one in plan["training"])}
    return [file for file in demo.conversation_files() if file.stem in wanted]


def furnish(academy: Project, demo_project: Project) -> None:
    """Let the demo's people in, submit one person's answers, and make keys of them; again: what is missing."""
    plan = _plan()
    for member in demo_project.memberships.select_related("user"):
        Membership.objects.get_or_create(project=academy, user=member.user, defaults={"role": member.role})
    judge = academy.memberships.select_related("user").get(user__username__endswith=plan["judge"]).user
    items = [(one["conversation"], "training", one["explanations"]) for one in plan["training"]]
    items += [(one, "qualification", {}) for one in plan["qualification"]]
    demo_judgements.submit_missing(academy, {plan["judge"]: judge}, {name for name, _, _ in items})
    for conversation, use, explanations in items:
        given = Submission.objects.select_related("task__batch__project").get(
            task__batch__project=academy,
            task__gold_key=None,
            task__conversation__external_id=conversation,
            annotator=judge,
        )
        if not GoldKey.objects.filter(submission=given).exists():
            keying.make_key(
                given, "training" if use == "training" else "qualification", explanations=explanations
            )


def _plan() -> dict[str, Any]:
    plan: dict[str, Any] = json.loads((Path(demo.__file__).parent / "academy.json").read_text())
    return plan
