"""What people will be asked: rubrics, projects with their default batch, tasks for a batch."""

from annotate.pipeline.planning.bridging import Bridge, BridgeReport, bridge
from annotate.pipeline.planning.counting import PlanReport
from annotate.pipeline.planning.missing import plan, plan_some, unplanned
from annotate.pipeline.planning.selecting import Selection, SelectionReport, select
from annotate.pipeline.planning.setting_up import (
    DEFAULT_BATCH,
    MAX_OVERLAP,
    MAX_SLUG,
    create_project,
    load_rubric,
)

__all__ = [
    "DEFAULT_BATCH",
    "MAX_OVERLAP",
    "MAX_SLUG",
    "Bridge",
    "BridgeReport",
    "PlanReport",
    "Selection",
    "SelectionReport",
    "bridge",
    "create_project",
    "load_rubric",
    "plan",
    "plan_some",
    "select",
    "unplanned",
]
