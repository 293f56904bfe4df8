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
    """The body of a submission. ``lease`` is the number of the lease it was written under."""

    lease: int
    ratings: list[RatingAnswer] = []
    comparisons: list[ComparisonAnswer] = []
    notes: list[NoteAnswer] = []
    steps: list[StepAnswer] = []
    active_ms: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """What a body is checked against: the tree, the rubric, what is required, the batch's scale."""

    tree: TaskTree
    dimensions: tuple[Dimension, ...]
    asked: Asked
    narrowed: bool
    preference_scale: int
    tie_allowed: bool


RatingRow = tuple[int, int, int | None, str]
ComparisonRow = tuple[str, int, int, int | None, int]
NoteRow = tuple[str, str, int | None, int | None, int | None, int | None, uuid.UUID | None, str]
StepRow = tuple[int, int, int]


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
            raise _Foreign(Problem("foreign_response", "This response is not part of this task.", path))
        return found

    def dimension(self, key: str, path: str) -> Dimension:
        found = self.dimensions.get(key)
        if found is None:
            detail = f"The rubric has no dimension “{key}”; it has {', '.join(self.dimensions)}."
            raise _Foreign(Problem("unknown_dimension", detail, path))
        return found

    def rating(self, answer: RatingAnswer, path: str) -> Iterator[Problem]:
        response = self.response(answer.response, f"{path}.response")
        dimension = self.dimension(answer.dimension, f"{path}.dimension")
        self.found.ratings.append((response, dimension.pk, answer.value, answer.state))
        if dimension.scope == "global" and response not in self.whole:
            detail = f"{dimension.key} is rated on the last response of a whole path."
            yield Problem("wrong_scope", detail, f"{path}.response")
        elif self.question.narrowed and (response, dimension.pk) not in self.question.asked.ratings:
            yield Problem("not_asked", "This task does not ask for this rating.", path)
        yield from self.value(answer, response, dimension, path)

    def value(
        self, answer: RatingAnswer, response: int, dimension: Dimension, path: str
    ) -> Iterator[Problem]:
        if (answer.value is not None) != (answer.state in ("rated", "defaulted")):
            detail = f"A rating of state “{answer.state}” has {'a' if answer.value is None else 'no'} value."
            yield Problem("value_and_state", detail, f"{path}.value")
            return
        if answer.value is not None and not dimension.minimum <= answer.value <= dimension.maximum:
            detail = f"{dimension.key} goes from {dimension.minimum} to {dimension.maximum}."
            yield Problem("off_scale", detail, f"{path}.value")
        if answer.state in ("rated", "unable"):
            return
        rule = image_rule(dimension, self.question.tree, response)
        if answer.state == "not_applicable" and rule not in ("no_image", "no_output_image"):
            detail = "“Not applicable” is for responses with no image anywhere to speak of."
            yield Problem("applicable", detail, f"{path}.state")
        if answer.state == "defaulted" and not (rule == "one_image_turn" and answer.value == STYLE_DEFAULT):
            yield Problem("no_default", "There is no default to accept here.", f"{path}.state")

    def comparison(self, answer: ComparisonAnswer, path: str) -> Iterator[Problem]:
        left = self.response(answer.left, f"{path}.left")
        right = self.response(answer.right, f"{path}.right")
        dimension = self.dimension(answer.dimension, f"{path}.dimension").pk if answer.dimension else None
        preference = answer.preference
        if left > right:
            left, right, preference = right, left, -preference
        self.found.comparisons.append((answer.scope, left, right, dimension, preference))
        if not self.is_pair(answer.scope, left, right):
            yield Problem("not_a_pair", "These two responses are not compared in this task.", path)
        if abs(preference) > self.question.preference_scale:
            limit = self.question.preference_scale
            yield Problem("off_scale", f"Preferences go from −{limit} to {limit}.", f"{path}.preference")
        if preference == 0 and not self.question.tie_allowed:
            yield Problem(
                "tie", "This batch asks for a decision: a tie is not allowed.", f"{path}.preference"
            )

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
            yield Problem("note_target", "A note is on one response, or on a pair of two.", path)
        if (answer.kind == "image") != (answer.image is not None):
            yield Problem("note_image", "An image note, and no other, names an image.", f"{path}.image")
        if not any(unicodedata.category(char)[0] not in "ZC" for char in text):
            yield Problem("empty_note", "Write something, or leave the note out.", f"{path}.text")
        if len(text) > NOTE_LIMIT:
            yield Problem("long_note", f"A note holds at most {NOTE_LIMIT:,} characters.", f"{path}.text")

    def step(self, answer: StepAnswer, path: str) -> Iterator[Problem]:
        response = self.response(answer.response, f"{path}.response")
        self.found.steps.append((response, answer.index, answer.value))
        if not 0 <= answer.index < 10_000:  # noqa: PLR2004 - far above any answer, within the column
            yield Problem("step_index", "Steps are counted from 0.", f"{path}.index")

    def repeats(self) -> Iterator[Problem]:
        for name, keys in (
            ("ratings", [row[:2] for row in self.found.ratings]),
            ("comparisons", [row[:4] for row in self.found.comparisons]),
            ("steps", [row[:2] for row in self.found.steps]),
        ):
            if len(set(keys)) != len(keys):
                yield Problem("repeated", "The same question is answered twice.", name)

    def omissions(self) -> Iterator[Problem]:
        uids = {one.id: one.uid for one in self.question.tree.responses.values()}
        keys = {one.pk: one.key for one in self.question.dimensions}
        for response, dimension in sorted(
            self.question.asked.ratings - {row[:2] for row in self.found.ratings}
        ):
            detail = f"{keys[dimension]} of response {uids[response]} is not rated."
            yield Problem("missing_rating", detail, "ratings")
        answered = {row[:3] for row in self.found.comparisons if row[3] is None}
        for pair in self.question.asked.comparisons:
            if (pair.scope, min(pair.left, pair.right), max(pair.left, pair.right)) not in answered:
                detail = f"Responses {uids[pair.left]} and {uids[pair.right]} are not compared overall."
                yield Problem("missing_comparison", detail, "comparisons")
