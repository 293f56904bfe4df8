"""Labels of a file as submissions of its source: every record that says something new makes a revision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from annotate.models import Batch, Comparison, Note, Rating, Submission, User
from annotate.pipeline.copying import insert_new
from annotate.pipeline.importing.labels import Labels, fingerprint
from annotate.pipeline.importing.placing import KnownTask
from annotate.pipeline.importing.trees import KnownResponse, KnownTree

_IMPORTED = Submission.Origin.IMPORTED

# (response id, dimension id) to value; (scope, lower id, higher id, dimension id) to preference;
# (kind, scope, response id, dimension id) to texts.
_Answers = tuple[
    dict[tuple[int, int], int],
    dict[tuple[str, int, int, int | None], int],
    dict[tuple[str, str, int, int | None], tuple[str, ...]],
]


@dataclass(slots=True)
class Revision:
    """A submission to write, with what its record says and its responses by key."""

    row: Submission
    labels: Labels
    nodes: dict[str, KnownResponse]


@dataclass(slots=True)
class Source:
    """The labels that one named source has given, in the trees of one group."""

    annotator: User
    batch: Batch
    said: dict[KnownTree, set[str]] = field(default_factory=dict)
    last: dict[int, Submission] = field(default_factory=dict)  # by task id, as stored
    counts: dict[KnownTask, int] = field(default_factory=dict)
    new: list[Revision] = field(default_factory=list)

    def load(self, trees: Iterable[KnownTree]) -> None:
        """Read what it has said of these trees before; one statement."""
        stored = {tree.row.pk: tree for tree in trees if not tree.is_new}
        rows = Submission.objects.filter(
            annotator=self.annotator, origin=_IMPORTED, task__conversation__in=stored
        ).order_by("revision")
        for row in rows.select_related("task"):
            self.said.setdefault(stored[row.task.conversation_id], set()).add(row.body_sha256)
            self.last[row.task_id] = row

    def add(
        self,
        tree: KnownTree,
        task: KnownTask,
        labels: Labels,
        nodes: dict[str, KnownResponse],
        external_id: str,
    ) -> bool:
        """Make a revision of a record's labels, unless it is there from an earlier import."""
        body = fingerprint(labels, {key: node.name for key, node in nodes.items()}, external_id)
        said = self.said.setdefault(tree, set())
        if body in said:
            return False
        said.add(body)
        last = self.last.get(task.row.pk or 0)
        self.counts[task] = self.counts.get(task, last.revision if last else 0) + 1
        row = Submission(
            task=task.row,
            annotator=self.annotator,
            rubric=self.batch.rubric,
            origin=_IMPORTED,
            revision=self.counts[task],
            external_id=external_id,
            body_sha256=body,
        )
        self.new.append(Revision(row, labels, nodes))
        return True

    def write(self) -> None:
        """Insert the new revisions, each with all that is valid then; tasks and responses have ids by now."""
        if not self.new:
            return
        insert_new([revision.row for revision in self.new])
        touched = {revision.row.task.pk for revision in self.new}
        answers = _stored_answers([row for task, row in self.last.items() if task in touched])
        ratings: list[Rating] = []
        comparisons: list[Comparison] = []
        notes: list[Note] = []
        for revision in self.new:
            valid = answers.setdefault(revision.row.task.pk, ({}, {}, {}))
            _renew(valid, revision)
            ratings += _rating_rows(revision.row, valid)
            comparisons += _comparison_rows(revision.row, valid)
            notes += _note_rows(revision.row, valid)
        insert_new(ratings)
        insert_new(comparisons)
        insert_new(notes)


def _stored_answers(last: list[Submission]) -> dict[int, _Answers]:
    tasks = {row.pk: row.task_id for row in last}
    found: dict[int, _Answers] = {task: ({}, {}, {}) for task in tasks.values()}
    if not tasks:
        return found
    ratings = Rating.objects.filter(submission__in=tasks, state=Rating.State.RATED)
    for submission, response, dimension, value in ratings.values_list(
        "submission", "response", "dimension", "value"
    ):
        found[tasks[submission]][0][response, dimension] = value or 0
    comparisons = Comparison.objects.filter(submission__in=tasks)
    for submission, scope, left, right, compared, preference in comparisons.values_list(
        "submission", "scope", "left", "right", "dimension", "preference"
    ):
        found[tasks[submission]][1][scope, left, right, compared] = preference
    notes = Note.objects.filter(submission__in=tasks, response__isnull=False).order_by("id")
    for submission, kind, scope, response, about, text in notes.values_list(
        "submission", "kind", "scope", "response", "dimension", "text"
    ):
        texts = found[tasks[submission]][2]
        key = (kind, scope, response or 0, about)
        texts[key] = (*texts.get(key, ()), text)
    return found


def _renew(valid: _Answers, revision: Revision) -> None:
    ids = {key: node.row.pk for key, node in revision.nodes.items()}
    ratings, comparisons, notes = valid
    for (key, dimension), value in revision.labels.ratings.items():
        ratings[ids[key], dimension] = value
    for (scope, left, right, compared), preference in revision.labels.comparisons.items():
        first, second = ids[left], ids[right]
        if first < second:
            comparisons[scope, first, second, compared] = preference
        else:
            comparisons[scope, second, first, compared] = -preference
    for (kind, scope, key, about), texts in revision.labels.notes.items():
        notes[kind, scope, ids[key], about] = texts


def _rating_rows(submission: Submission, valid: _Answers) -> Iterator[Rating]:
    for (response, dimension), value in valid[0].items():
        yield Rating(submission=submission, response_id=response, dimension_id=dimension, value=value)


def _comparison_rows(submission: Submission, valid: _Answers) -> Iterator[Comparison]:
    for (scope, left, right, dimension), preference in valid[1].items():
        yield Comparison(
            submission=submission,
            scope=scope,
            left_id=left,
            right_id=right,
            dimension_id=dimension,
            preference=preference,
        )


def _note_rows(submission: Submission, valid: _Answers) -> Iterator[Note]:
    for (kind, scope, response, dimension), texts in valid[2].items():
        for text in texts:
            yield Note(
                submission=submission,
                kind=kind,
                scope=scope,
                response_id=response,
                dimension_id=dimension,
                text=text,
            )


def source_user(project_slug: str, format_name: str) -> User:
    """Return the account under which labels of a file stand: named, inactive, without a password."""
    user, _ = User.objects.get_or_create(
        username=f"source:{project_slug}:{format_name}",
        defaults={"kind": User.Kind.SOURCE, "is_active": False, "password": _no_password()},
    )
    return user


def _no_password() -> str:
    user = User()
    user.set_unusable_password()
    return user.password
