"""What is stored, and what the database refuses."""

from annotate.models.conversation import Conversation, Image, MessagePart, Response, Turn
from annotate.models.judgement import Comparison, Note, Rating, StepLabel, Submission
from annotate.models.people import ApiToken, Membership, Project, User
from annotate.models.release import Export
from annotate.models.review import Flag, Outcome, Review
from annotate.models.rubric import Dimension, Rubric, Scope
from annotate.models.scoring import Calibration, Score, ScorerRun
from annotate.models.source import ImportRun
from annotate.models.work import Assignment, Batch, Task, TaskPath

__all__ = [
    "ApiToken",
    "Assignment",
    "Batch",
    "Calibration",
    "Comparison",
    "Conversation",
    "Dimension",
    "Export",
    "Flag",
    "Image",
    "ImportRun",
    "Membership",
    "MessagePart",
    "Note",
    "Outcome",
    "Project",
    "Rating",
    "Response",
    "Review",
    "Rubric",
    "Scope",
    "Score",
    "ScorerRun",
    "StepLabel",
    "Submission",
    "Task",
    "TaskPath",
    "Turn",
    "User",
]
