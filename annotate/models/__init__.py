"""What is stored, and what the database refuses."""

from annotate.models.conversation import Conversation, Image, MessagePart, Response, Turn
from annotate.models.guidance import Guideline, WorkedExample
from annotate.models.judgement import Comparison, Note, Rating, StepLabel, Submission
from annotate.models.people import ApiToken, Invitation, Membership, Project, User
from annotate.models.quality import GoldKey, Qualification, StoredReport
from annotate.models.release import Export
from annotate.models.review import AuditItem, Flag, Outcome, Review
from annotate.models.rubric import Dimension, Rubric, Scope
from annotate.models.scoring import Calibration, CanaryCheck, Score, ScorerRun
from annotate.models.source import ImportRun
from annotate.models.talk import Inquiry, InquiryMessage, ProblemReport
from annotate.models.work import Assignment, Batch, Task, TaskPath

__all__ = [
    "ApiToken",
    "Assignment",
    "AuditItem",
    "Batch",
    "Calibration",
    "CanaryCheck",
    "Comparison",
    "Conversation",
    "Dimension",
    "Export",
    "Flag",
    "GoldKey",
    "Guideline",
    "Image",
    "ImportRun",
    "Inquiry",
    "InquiryMessage",
    "Invitation",
    "Membership",
    "MessagePart",
    "Note",
    "Outcome",
    "ProblemReport",
    "Project",
    "Qualification",
    "Rating",
    "Response",
    "Review",
    "Rubric",
    "Scope",
    "Score",
    "ScorerRun",
    "StepLabel",
    "StoredReport",
    "Submission",
    "Task",
    "TaskPath",
    "Turn",
    "User",
    "WorkedExample",
]
