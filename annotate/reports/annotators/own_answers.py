"""What a person answered in one task, beside the conversation, in the order in which they saw it."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from annotate.formats.masking import Masker
from annotate.models import Assignment, Comparison, Note, Project, Rating, Submission
from annotate.questions import TaskTree, read_tree
from annotate.reports import wording
from annotate.reports.annotators.own_work import out_of_sight


@dataclass(frozen=True, slots=True)
class Line:
    """One answer: what was asked, what was said; ``text`` marks what was written in words."""

    name: str
    value: str
    text: bool = False


@dataclass(frozen=True, slots=True)
class AnswerShown:
    """A candidate with its letter, its parts as the annotation screen gets them, and what was said of it."""

    letter: str
    parts: list[dict[str, Any]]
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class TurnShown:
    """A user message, its candidates in shown order, and what was said of pairs of them."""

    number: int
    parts: list[dict[str, Any]]
    candidates: list[AnswerShown]
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class OwnAnswers:
    """The latest revision of one's own answers; ``whole`` is what was said of whole conversations."""

    assignment: Assignment
    submission: Submission
    turns: list[TurnShown]
    whole: list[Line]


def own_answers(uid: uuid.UUID, user_id: int, project: Project) -> OwnAnswers:
    """Return a person's own latest answers to a task of a project, in six statements; names stay masked.

    Raises Submission.DoesNotExist for anybody else's, for a task that the person has not submitted, and for what is
    out of sight because it may be asked again.
    """
    submission = (
        Submission.objects.filter(
            assignment__uid=uid,
            assignment__project=project,
            annotator=user_id,
            origin=Submission.Origin.LIVE,
        )
        .exclude(assignment__in=out_of_sight(user_id, project.pk))
        .select_related("assignment__task__batch")
        .latest("revision")
    )
    assignment = submission.assignment
    if assignment is None:
        raise Submission.DoesNotExist
    tree = read_tree(assignment.task_id, content=True)
    place = {response: index for index, response in enumerate(assignment.shown_order)}
    lines = _Lines(submission, tree, place)
    mask = Masker.of(tuple(project.masked_names))
    turns = [
        TurnShown(
            number=turn.number,
            parts=_parts(turn.content, mask),
            candidates=[
                AnswerShown(lines.letters[one.id], _parts(one.content, mask), lines.of_response[one.id])
                for one in sorted(turn.candidates, key=lambda one: place.get(one.id, one.id))
            ],
            lines=lines.of_turn[turn.id],
        )
        for turn in tree.turns
    ]
    return OwnAnswers(assignment, submission, turns, lines.whole)


def _parts(content: str, mask: Masker | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = msgspec.json.decode(content or "[]")
    return mask.parts(found) if mask else found


class _Lines:
    """The answers of a submission in words, by where they are shown."""

    def __init__(self, submission: Submission, tree: TaskTree, place: dict[int, int]) -> None:
        self.letters: dict[int, str] = {}
        self.turn_of: dict[int, int] = {}
        for turn in tree.turns:
            shown = sorted(turn.candidates, key=lambda one: place.get(one.id, one.id))
            for index, one in enumerate(shown):
                self.letters[one.id] = chr(ord("A") + index)
                self.turn_of[one.id] = turn.id
        ends = sorted(tree.whole, key=lambda one: place.get(one, one))
        self.numbers = {end: str(index + 1) for index, end in enumerate(ends)}
        self.place = place
        self.scale = submission.assignment.task.batch.preference_scale if submission.assignment else 3
        self.of_response: defaultdict[int, list[Line]] = defaultdict(list)
        self.of_turn: defaultdict[int, list[Line]] = defaultdict(list)
        self.whole: list[Line] = []
        for rating in submission.ratings.select_related("dimension").order_by("dimension__position", "id"):
            self._rating(rating)
        for comparison in submission.comparisons.select_related("dimension").order_by("id"):
            self._comparison(comparison)
        for lines in (self.whole, *self.of_turn.values()):
            lines.sort(key=lambda line: line.name)
        for note in submission.notes.order_by("id"):
            self._note(note)
        self._steps(submission)

    def _rating(self, rating: Rating) -> None:
        words = {
            **wording.states(),
            "rated": f"{rating.value}".replace("-", "−"),
            "defaulted": _("%(value)s, the default") % {"value": rating.value},
        }
        line = Line(wording.name_of(rating.dimension), words[rating.state])
        if rating.dimension.scope == "local":
            self.of_response[rating.response_id].append(line)
        else:
            self.whole.append(self._numbered(line, rating.response_id))

    def _numbered(self, line: Line, end: int) -> Line:
        """Say which conversation is meant, where there are several."""
        number = self.numbers.get(end, "")
        return line if len(self.numbers) < 2 else Line(f"{number} · {line.name}", line.value, line.text)  # noqa: PLR2004

    def _comparison(self, one: Comparison) -> None:
        names = self.letters if one.scope == "local" else self.numbers
        line = Line(
            f"{self._pair(one.left_id, one.right_id, names)} · {wording.name_of(one.dimension)}",
            _preference(one, names, self.scale),
        )
        (self.of_turn[self.turn_of[one.left_id]] if one.scope == "local" else self.whole).append(line)

    def _pair(self, left: int, right: int, names: dict[int, str]) -> str:
        return " / ".join(sorted((names.get(left, ""), names.get(right, ""))))

    def _note(self, note: Note) -> None:
        kinds = {
            Note.Kind.REASON: _("Reason"),
            Note.Kind.CRITIQUE: _("Critique"),
            Note.Kind.REFINEMENT: _("A better answer"),
            Note.Kind.IMAGE: _("Note on an image"),
        }
        name = kinds[Note.Kind(note.kind)]
        if note.response_id is None:
            names = self.letters if note.scope == "local" else self.numbers
            left, right = note.left_id or 0, note.right_id or 0
            line = Line(f"{self._pair(left, right, names)} · {name}", note.text, text=True)
            (self.of_turn[self.turn_of[left]] if note.scope == "local" else self.whole).append(line)
        elif note.scope == "local":
            self.of_response[note.response_id].append(Line(name, note.text, text=True))
        else:
            self.whole.append(self._numbered(Line(_("Remark"), note.text, text=True), note.response_id))

    def _steps(self, submission: Submission) -> None:
        marks: defaultdict[int, list[str]] = defaultdict(list)
        for one in submission.steps.order_by("response_id", "index"):
            marks[one.response_id].append(f"{one.index + 1}: {'+' if one.value > 0 else ''}{one.value}")
        for response, found in marks.items():
            self.of_response[response].append(Line(_("Steps"), ", ".join(found).replace("-", "−")))


def _preference(one: Comparison, names: dict[int, str], scale: int) -> str:
    """Return a stored preference in words."""
    if not one.preference:
        return _("Equally good")
    better, slightly, much = (
        _("%(side)s is better"),
        _("%(side)s is slightly better"),
        _("%(side)s is much better"),
    )
    words = {1: [better], 2: [better, much], 3: [slightly, better, much]}[scale][abs(one.preference) - 1]
    return words % {"side": names.get(one.right_id if one.preference > 0 else one.left_id, "")}
