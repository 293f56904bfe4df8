"""What people will be asked: rubrics, projects with their default batch, tasks for a batch."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction

from annotate.formats.rubric import BUILT_IN, RubricRecord, read_rubric
from annotate.models import Batch, Conversation, Dimension, Project, Response, Rubric, Task, TaskPath, Turn
from annotate.pipeline.copying import insert_new
from annotate.pipeline.packing import PathToShow, pack
from annotate.questions import Questions, count_questions
from annotate.refusal import Refusal

DEFAULT_BATCH = "default"
MAX_OVERLAP = 50
DEFAULT_OVERLAP_LIMIT = 5
MAX_SLUG = 64
_CHUNK = 500  # conversations read at once


@transaction.atomic
def load_rubric(record: RubricRecord) -> Rubric:
    """Store a rubric version with its dimensions and return it; the same one again changes nothing.

    Refuses (``rubric_version_taken``) other content under a key and version that exist: people may
    have answered by it already.
    """
    found = Rubric.objects.filter(key=record.key, version=record.version).first()
    if found is None:
        found = Rubric.objects.create(
            key=record.key, version=record.version, names=record.names, sha256=record.sha256
        )
        Dimension.objects.bulk_create(_dimensions(found, record))
    elif found.sha256 != record.sha256:
        raise Refusal.because(
            "rubric_version_taken",
            f"{record.key} version {record.version} is stored with other content. A rubric is never "
            f"changed: give this one the version {_next_version(record.key)}.",
            "version",
        )
    return found


def _dimensions(rubric: Rubric, record: RubricRecord) -> Iterator[Dimension]:
    for position, one in enumerate(record.dimensions):
        yield Dimension(
            rubric=rubric,
            position=position,
            key=one.key,
            code=one.code,
            scope=one.scope,
            minimum=one.scale[0],
            maximum=one.scale[1],
            image_rule=one.image_rule,
            aliases=list(one.aliases),
            texts={
                language: {
                    "name": texts.name,
                    "question": texts.question,
                    "anchors": {str(level): anchor for level, anchor in texts.anchors.items()},
                    "rules": texts.rules,
                }
                for language, texts in one.texts.items()
            },
        )


def _next_version(key: str) -> int:
    return max(Rubric.objects.filter(key=key).values_list("version", flat=True)) + 1


@transaction.atomic
def create_project(
    slug: str, name: str, *, rubric_key: str = "intermt", overlap: int = 3, language: str = "en"
) -> Project:
    """Create a project with its open default batch, by the newest version of the rubric.

    A built-in rubric is loaded on first use. Refuses a slug that is taken or malformed, an unknown
    rubric, and an overlap outside 1 to 50.
    """
    _check_slug(slug)
    if not 1 <= overlap <= MAX_OVERLAP:
        raise Refusal.because("overlap_refused", f"The overlap is a number from 1 to {MAX_OVERLAP}.")
    project = Project.objects.create(
        slug=slug, name=name, rubric=_newest_rubric(rubric_key), overlap=overlap, language=language
    )
    Batch.objects.create(
        project=project,
        name=DEFAULT_BATCH,
        rubric=project.rubric,
        overlap=overlap,
        overlap_limit=max(DEFAULT_OVERLAP_LIMIT, overlap),
        is_default=True,
    )
    return project


def _check_slug(slug: str) -> None:
    try:
        validate_slug(slug)
    except ValidationError as error:
        detail = "A project's short name consists of letters, digits, hyphens and underscores."
        raise Refusal.because("slug_refused", detail) from error
    if len(slug) > MAX_SLUG:
        raise Refusal.because("slug_refused", f"A project's short name has at most {MAX_SLUG} characters.")
    if Project.objects.filter(slug=slug).exists():
        raise Refusal.because("project_exists", f"There is a project “{slug}” already; choose another name.")


def _newest_rubric(key: str) -> Rubric:
    found = Rubric.objects.filter(key=key).order_by("-version").first()
    if found is not None:
        return found
    built_in = {file.stem: file for file in BUILT_IN.glob("*.yaml")}
    if key not in built_in:
        known = sorted({*built_in, *Rubric.objects.values_list("key", flat=True)})
        detail = f"There is no rubric “{key}”; known are: {', '.join(known)}. load_rubric brings in others."
        raise Refusal.because("rubric_unknown", detail)
    return load_rubric(read_rubric(built_in[key]))


@dataclass(slots=True)
class PlanReport:
    """What planning did, and what the batch's tasks ask of one person who does them all.

    ``created`` counts the tasks and paths that were missing; ``open_slots`` how often a task can
    still be claimed.
    """

    created: dict[str, int] = field(default_factory=lambda: {"tasks": 0, "paths": 0})
    conversations: int = 0
    tasks: int = 0
    open_slots: int = 0
    asks: Questions = field(default_factory=Questions)


def plan(batch: Batch, *, dry_run: bool = False) -> PlanReport:
    """Create the batch's missing tasks, one per conversation of its project that has none, and count.

    A conversation is shown as it was imported: its paths in the default batch, or where it has
    none, the path to its first deepest response as the whole one and every other leaf beside it.
    With ``dry_run`` nothing is kept. Planning again creates nothing.
    """
    report = PlanReport()
    with transaction.atomic():
        Batch.objects.select_for_update().get(pk=batch.pk)  # two plans at once would each make the tasks
        missing = Conversation.objects.filter(project=batch.project_id).exclude(tasks__batch=batch)
        for chunk in _chunks(missing.order_by("id").values_list("id", flat=True)):
            _create_tasks(batch, chunk, report)
        _count(batch, report)
        transaction.set_rollback(dry_run)
    return report


def _chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    remaining = iter(list(ids))
    while chunk := list(itertools.islice(remaining, _CHUNK)):
        yield chunk


def _create_tasks(batch: Batch, conversations: Sequence[int], report: PlanReport) -> None:
    trees = _read_trees(conversations)
    imported = _imported_paths(batch, conversations)
    tasks, paths = [], []
    for conversation in conversations:
        for listed in filter(None, pack(imported.get(conversation) or trees[conversation].default_paths())):
            task = Task(
                batch=batch, conversation_id=conversation, overlap=batch.overlap, open_slots=batch.overlap
            )
            tasks.append(task)
            paths += [
                TaskPath(
                    task=task,
                    response_id=path.response,
                    position=position,
                    whole=path.whole,
                    external_id=path.external_id,
                )
                for position, path in enumerate(listed)
            ]
    insert_new(tasks)
    insert_new(paths)
    report.created["tasks"] += len(tasks)
    report.created["paths"] += len(paths)


def _imported_paths(batch: Batch, conversations: Sequence[int]) -> dict[int, list[PathToShow]]:
    found: dict[int, dict[int, PathToShow]] = {}
    rows = TaskPath.objects.filter(
        task__conversation__in=conversations,
        task__batch__project=batch.project_id,
        task__batch__is_default=True,
    ).order_by("task_id", "position")
    for conversation, response, whole, external_id in rows.values_list(
        "task__conversation", "response", "whole", "external_id"
    ):
        paths = found.setdefault(conversation, {})
        if whole or response not in paths:
            paths[response] = PathToShow(response, whole, external_id)
    return {conversation: list(paths.values()) for conversation, paths in found.items()}


@dataclass(slots=True)
class _Tree:
    """The shape of one conversation: which turn each response answers, what each turn follows."""

    turn_of: dict[int, int] = field(default_factory=dict)
    above: dict[int, int | None] = field(default_factory=dict)
    depth: dict[int, int] = field(default_factory=dict)

    def default_paths(self) -> list[PathToShow]:
        """Return a path to every leaf; the one to the first deepest response is whole and leads."""
        followed = set(self.above.values())
        leaves = [response for response in self.turn_of if response not in followed]
        leaves.sort(key=lambda response: (-self.depth[self.turn_of[response]], response))
        return [PathToShow(response, whole=place == 0) for place, response in enumerate(leaves)]

    def candidates(self, ends: Iterable[int]) -> list[int]:
        """Return, for each turn on the paths to these responses, how many responses they show."""
        shown: dict[int, set[int]] = {}
        for end in ends:
            at: int | None = end
            while at is not None:
                turn = self.turn_of[at]
                if at in shown.setdefault(turn, set()):
                    break
                shown[turn].add(at)
                at = self.above[turn]
        return [len(responses) for responses in shown.values()]


def _read_trees(conversations: Sequence[int]) -> dict[int, _Tree]:
    trees = {conversation: _Tree() for conversation in conversations}
    turns = Turn.objects.filter(conversation__in=conversations).order_by("id")
    for conversation, turn, parent, number in turns.values_list("conversation", "id", "parent", "number"):
        trees[conversation].above[turn] = parent
        trees[conversation].depth[turn] = number
    responses = Response.objects.filter(turn__conversation__in=conversations).order_by("id")
    for conversation, response, turn in responses.values_list("turn__conversation", "id", "turn"):
        trees[conversation].turn_of[response] = turn
    return trees


def _count(batch: Batch, report: PlanReport) -> None:
    scopes = dict(batch.rubric.dimensions.values_list("key", "scope"))
    local_dimensions, global_dimensions = (list(scopes.values()).count(one) for one in ("local", "global"))
    conversations = batch.tasks.order_by("conversation").values_list("conversation", flat=True).distinct()
    for chunk in _chunks(conversations):
        report.conversations += len(chunk)
        trees = _read_trees(chunk)
        for task, paths in _tasks(batch, chunk):
            report.tasks += 1
            report.open_slots += task.open_slots
            if task.asks is not None:
                report.asks += _narrowed(task.asks, scopes)
                continue
            report.asks += count_questions(
                trees[task.conversation_id].candidates(response for response, _ in paths),
                sum(whole for _, whole in paths),
                local_dimensions=local_dimensions,
                global_dimensions=global_dimensions,
            )


def _narrowed(asks: list[dict[str, str]], scopes: dict[str, str]) -> Questions:
    kinds = [
        f"{scopes[ask['dimension']]}_ratings" if ask["kind"] == "rating" else f"{ask['scope']}_comparisons"
        for ask in asks
    ]
    return Questions(**Counter(kinds))


def _tasks(batch: Batch, conversations: Sequence[int]) -> Iterator[tuple[Task, list[tuple[int, bool]]]]:
    paths: dict[int, list[tuple[int, bool]]] = {}
    rows = TaskPath.objects.filter(task__batch=batch, task__conversation__in=conversations)
    for task_id, response, whole in rows.values_list("task", "response", "whole"):
        paths.setdefault(task_id, []).append((response, whole))
    for task in batch.tasks.filter(conversation__in=conversations).order_by("id"):
        yield task, paths.get(task.pk, [])
