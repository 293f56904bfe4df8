"""Simulated projects with scorers, and the flags that models raised there."""

from __future__ import annotations

from typing import Any

from annotate.models import Flag, Project
from annotate.pipeline.simulating import Plan, ScorerPlan, simulate
from tests import make

MODELS = ["F2", "F3", "F4"]


def simulated(*scorers: ScorerPlan, **fields: Any) -> Project:
    """Return a project with 900 labelled pairs by six people."""
    project = make.project(overlap=2, daily_model_flags=fields.pop("budget", 100))
    plan = {"conversations": 90, "turns": 5, "annotators": 6, "overlap": 2, "images": False, "texts": 0.0}
    simulate(project, Plan(scorers=scorers, **{**plan, **fields}))
    return project


def models_flags(project: Project) -> Any:
    return Flag.objects.filter(project=project, kind__in=MODELS)
