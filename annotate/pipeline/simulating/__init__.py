"""Fill a project with synthetic annotators and scorers of known quality.

So that agreement, flags and calibration can be seen, tested and measured without a crowd and without a GPU. Every
such project says so on its pages and in its releases; synthetic and people's answers are never mixed in one.
"""

from annotate.pipeline.simulating.plans import Plan, ScorerPlan
from annotate.pipeline.simulating.running import SimulationReport, plan_of, simulate
from annotate.pipeline.simulating.truth import Careless, Known, careless_answers, worths

__all__ = [
    "Careless",
    "Known",
    "Plan",
    "ScorerPlan",
    "SimulationReport",
    "careless_answers",
    "plan_of",
    "simulate",
    "worths",
]
