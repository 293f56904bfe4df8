"""The answers to a task as they arrive, and everything that can be wrong with them.

Pure of the database but for the ids in the tree that was read: `check` turns a body into rows ready to insert, or
into a list of problems, each with its place in the body.
"""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import msgspec
from django.utils.translation import gettext

from annotate.models import Dimension
from annotate.questions import Asked, Pair, ScopeName, TaskTree, image_rule
from annotate.refusal import Problem

NOTE_LIMIT = 20_000
STYLE_DEFAULT = 3  # InterMT's default where only one turn has an image


class RatingAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """A value on a dimension; null exactly when the state says that there is none."""

    response: uuid.UUID
    dimension: str
    value: int | None = None
    state: Literal["rated", "defaulted", "not_applicable", "unable"] = "rated"


class ComparisonAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """A preference between two responses in either order; positive means that ``right`` is better."""

    scope: ScopeName
    left: uuid.UUID
    right: uuid.UUID
    preference: int
    dimension: str | None = None


class NoteAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """A text on a response or on a pair; ``image`` (an id) exactly for kind image."""

    kind: Literal["reason", "critique", "refinement", "image"]
    text: str
    scope: ScopeName = "local"
    response: uuid.UUID | None = None
    pair: tuple[uuid.UUID, uuid.UUID] | None = None
    dimension: str | None = None
    image: uuid.UUID | None = None


class StepAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """Whether one step (0-based, of the response split at blank lines) is right, neutral or wrong."""

    response: uuid.UUID
    index: int
    value: Literal[-1, 0, 1]


class Answers(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a submission. ``lease`` is the number of the lease it was written under.

    ``base``, if given, is the sequence of the draft it builds on: a newer stored draft then refuses it.
    """

    lease: int
    ratings: list[RatingAnswer] = []
    comparisons: list[ComparisonAnswer] = []
    notes: list[NoteAnswer] = []
    steps: list[StepAnswer] = []
    active_ms: int = 0
    base: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What a body is checked against: the tree, the rubric, what is required, the batch's scale."""

    tree: TaskTree
    dimensions: tuple[Dimension, ...]
    asked: Asked
    narrowed: bool
    preference_scale: int
    tie_allowed: bool
    required_texts: frozenset[str] = frozenset()
    steps: dict[int, int] | None = None
    """How many steps each response has; None where the batch labels none."""


RatingRow = tuple[int, int, int | None, str]
ComparisonRow = tuple[str, int, int, int | None, int]
NoteRow = tuple[str, str, int | None, int | None, int | None, int | None, uuid.UUID | None, str]
StepRow = tuple[int, int, int]
NoteTarget = tuple[str, str, int | None, int | None, int | None]
"""Kind, scope, and the response or the pair: how a note row begins."""


@dataclass(slots=True)
class Checked:
    """Rows with inside ids, pairs in stored order, and the problems that forbid storing them."""

    ratings: list[RatingRow] = field(default_factory=list)
    comparisons: list[ComparisonRow] = field(default_factory=list)
    notes: list[NoteRow] = field(default_factory=list)
    steps: list[StepRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class _Foreign(Exception):  # noqa: N818 - becomes a Problem
    """A name in the body that this task does not know."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def check(body: Answers, question: Question) -> Checked:
    """Return the rows of a body and all its problems: foreign names, wrong values, repeats, omissions."""
    return _Checker(body, question).run()


class _Checker:
    def __init__(self, body: Answers, question: Question) -> None:
        self.body = body
        self.question = question
        self.found = Checked()
        self.responses = {one.uid: one.id for one in question.tree.responses.values()}
        self.dimensions = {one.key: one for one in question.dimensions}
        self.whole = set(question.tree.whole)

    def run(self) -> Checked:
        for name, check_one in (
            ("ratings", self.rating),
            ("comparisons", self.comparison),
            ("notes", self.note),
            ("steps", self.step),
        ):
            for index, answer in enumerate(getattr(self.body, name)):
                try:
                    for problem in check_one(answer, f"{name}[{index}]"):
                        self.found.problems.append(problem)
                except _Foreign as error:
                    self.found.problems.append(error.problem)
        self.found.problems.extend(self.repeats())
        if not self.found.problems:
            self.found.problems.extend(self.omissions())
        return self.found

    def response(self, uid: uuid.UUID, path: str) -> int:
        found = self.responses.get(uid)
        if found is None:
            raise _Foreign(
                Problem("foreign_response", gettext("This response is not part of this task."), path)
            )
        return found

    def dimension(self, key: str, path: str) -> Dimension:
        found = self.dimensions.get(key)
        if found is None:
            detail = gettext("The rubric has no dimension “%(key)s”; it has %(keys)s.")
            detail %= {"key": key, "keys": ", ".join(self.dimensions)}
            raise _Foreign(Problem("unknown_dimension", detail, path))
        return found

    def rating(self, answer: RatingAnswer, path: str) -> Iterator[Problem]:
        response = self.response(answer.response, f"{path}.response")
        dimension = self.dimension(answer.dimension, f"{path}.dimension")
        self.found.ratings.append((response, dimension.pk, answer.value, answer.state))
        if dimension.scope == "global" and response not in self.whole:
            detail = gettext("%(key)s is rated on the last response of a whole path.") % {
                "key": dimension.key
            }
            yield Problem("wrong_scope", detail, f"{path}.response")
        elif self.question.narrowed and (response, dimension.pk) not in self.question.asked.ratings:
            yield Problem("not_asked", gettext("This task does not ask for this rating."), path)
        yield from self.value(answer, response, dimension, path)

    def value(
        self, answer: RatingAnswer, response: int, dimension: Dimension, path: str
    ) -> Iterator[Problem]:
        if (answer.value is not None) != (answer.state in ("rated", "defaulted")):
            detail = (
                gettext("A rating of state “%(state)s” has a value.")
                if answer.value is None
                else gettext("A rating of state “%(state)s” has no value.")
            )
            yield Problem("value_and_state", detail % {"state": answer.state}, f"{path}.value")
            return
        if answer.value is not None and not dimension.minimum <= answer.value <= dimension.maximum:
            detail = gettext("%(key)s goes from %(lowest)s to %(highest)s.")
            detail %= {"key": dimension.key, "lowest": dimension.minimum, "highest": dimension.maximum}
            yield Problem("off_scale", detail, f"{path}.value")
        if answer.state in ("rated", "unable"):
            return
        rule = image_rule(dimension, self.question.tree, response)
        if answer.state == "not_applicable" and rule not in ("no_image", "no_output_image"):
            detail = gettext("“Not applicable” is for responses with no image anywhere to speak of.")
            yield Problem("applicable", detail, f"{path}.state")
        if answer.state == "defaulted" and not (rule == "one_image_turn" and answer.value == STYLE_DEFAULT):
            yield Problem("no_default", gettext("There is no default to accept here."), f"{path}.state")

    def comparison(self, answer: ComparisonAnswer, path: str) -> Iterator[Problem]:
        left = self.response(answer.left, f"{path}.left")
        right = self.response(answer.right, f"{path}.right")
        dimension = self.dimension(answer.dimension, f"{path}.dimension").pk if answer.dimension else None
        preference = answer.preference
        if left > right:
            left, right, preference = right, left, -preference
        self.found.comparisons.append((answer.scope, left, right, dimension, preference))
        if not self.is_pair(answer.scope, left, right):
            yield Problem("not_a_pair", gettext("These two responses are not compared in this task."), path)
        if abs(preference) > self.question.preference_scale:
            detail = gettext("Preferences go from −%(limit)s to %(limit)s.")
            detail %= {"limit": self.question.preference_scale}
            yield Problem("off_scale", detail, f"{path}.preference")
        if preference == 0 and not self.question.tie_allowed:
            detail = gettext("This batch asks for a decision: a tie is not allowed.")
            yield Problem("tie", detail, f"{path}.preference")

    def is_pair(self, scope: ScopeName, left: int, right: int) -> bool:
        pairs = self.question.asked.comparisons if self.question.narrowed else set(self.question.tree.pairs())
        return Pair(scope, left, right) in pairs or Pair(scope, right, left) in pairs

    def note(self, answer: NoteAnswer, path: str) -> Iterator[Problem]:
        response = self.response(answer.response, f"{path}.response") if answer.response else None
        ends = [self.response(one, f"{path}.pair") for one in answer.pair or ()]
        left, right = sorted(ends) if ends else (None, None)
        dimension = self.dimension(answer.dimension, f"{path}.dimension").pk if answer.dimension else None
        text = unicodedata.normalize("NFC", answer.text)
        row = (answer.kind, answer.scope, response, left, right, dimension, answer.image, text)
        self.found.notes.append(row)
        if (answer.response is None) == (answer.pair is None) or (left is not None and left == right):
            yield Problem("note_target", gettext("A note is on one response, or on a pair of two."), path)
        if (answer.kind == "image") != (answer.image is not None):
            detail = gettext("An image note, and no other, names an image.")
            yield Problem("note_image", detail, f"{path}.image")
        if not any(unicodedata.category(char)[0] not in "ZC" for char in text):
            yield Problem("empty_note", gettext("Write something, or leave the note out."), f"{path}.text")
        if len(text) > NOTE_LIMIT:
            detail = gettext("A note holds at most %(limit)s characters.") % {"limit": f"{NOTE_LIMIT:,}"}
            yield Problem("long_note", detail, f"{path}.text")

    def step(self, answer: StepAnswer, path: str) -> Iterator[Problem]:
        response = self.response(answer.response, f"{path}.response")
        self.found.steps.append((response, answer.index, answer.value))
        if self.question.steps is None:
            yield Problem("no_steps", gettext("This batch does not label steps."), path)
        elif not 0 <= answer.index < self.question.steps[response]:
            detail = gettext("This response has %(number)s steps, counted from 0.")
            detail %= {"number": self.question.steps[response]}
            yield Problem("step_index", detail, f"{path}.index")

    def repeats(self) -> Iterator[Problem]:
        for name, keys in (
            ("ratings", [row[:2] for row in self.found.ratings]),
            ("comparisons", [row[:4] for row in self.found.comparisons]),
            ("steps", [row[:2] for row in self.found.steps]),
        ):
            if len(set(keys)) != len(keys):
                yield Problem("repeated", gettext("The same question is answered twice."), name)

    def omissions(self) -> Iterator[Problem]:
        uids = {one.id: one.uid for one in self.question.tree.responses.values()}
        keys = {one.pk: one.key for one in self.question.dimensions}
        for response, dimension in sorted(
            self.question.asked.ratings - {row[:2] for row in self.found.ratings}
        ):
            detail = gettext("%(key)s of response %(response)s is not rated.")
            detail %= {"key": keys[dimension], "response": uids[response]}
            yield Problem("missing_rating", detail, "ratings")
        answered = {row[:3] for row in self.found.comparisons if row[3] is None}
        for pair in self.question.asked.comparisons:
            if (pair.scope, min(pair.left, pair.right), max(pair.left, pair.right)) not in answered:
                detail = gettext("Responses %(left)s and %(right)s are not compared overall.")
                detail %= {"left": uids[pair.left], "right": uids[pair.right]}
                yield Problem("missing_comparison", detail, "comparisons")
        written = {row[:5] for row in self.found.notes}
        for kind, scope, *ends in self.required_texts():
            if (kind, scope, *ends) not in written:
                named = ", ".join(str(uids[one]) for one in ends if one is not None)
                detail = gettext("A text of kind “%(kind)s” (%(scope)s) is required on %(named)s.")
                detail %= {"kind": kind, "scope": scope, "named": named}
                yield Problem("missing_text", detail, "notes")

    def required_texts(self) -> Iterator[NoteTarget]:
        """Yield the texts that may not be left out: only about what this task asks for."""
        required, asked = self.question.required_texts, self.question.asked
        local = {one.pk for one in self.question.dimensions if one.scope == "local"}
        rated = sorted({(dimension in local, response) for response, dimension in asked.ratings})
        for is_local, response in rated:
            if is_local:
                for kind in sorted(required & {"critique", "refinement"}):
                    yield kind, "local", response, None, None
            elif "remark" in required:
                yield "critique", "global", response, None, None
        if "reason" in required:
            for pair in sorted(asked.comparisons, key=lambda one: (one.scope, one.left, one.right)):
                yield "reason", pair.scope, None, min(pair.left, pair.right), max(pair.left, pair.right)
