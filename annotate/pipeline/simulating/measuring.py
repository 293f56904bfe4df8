"""What measures synthetic annotators: gold tasks whose key is the truth, and hidden repeats of known consistency.

Gold is made of conversations whose places are all filled, and answered once by everybody who was not asked about the
conversation itself. A repeat keeps each earlier answer with a known probability and lies one level beside it otherwise;
as in a project of people it comes a day and so many tasks after the original.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

from annotate.models import (
    Assignment,
    Conversation,
    GoldKey,
    Project,
    Submission,
    Task,
    TaskPath,
    User,
)
from annotate.pipeline.simulating.answering import FileLabels, Sitting, fair, fill, fill_again
from annotate.pipeline.simulating.people import make_key_author
from annotate.pipeline.simulating.plans import Plan, habits
from annotate.pipeline.simulating.rows import Pile, Work, write_answers
from annotate.pipeline.simulating.scenes import Columns, read_scenes, read_sheet
from annotate.pipeline.simulating.tasks import file_labels, work_of
from annotate.reports.annotators.own_work import REPEAT_AFTER_HOURS, REPEAT_AFTER_TASKS
from annotate.stats.simulation import generator

_ROOM = 10_000  # for everybody
_GOLD = (
    -1
)  # in place of a task's number: these answers are drawn apart from those to the conversation's own tasks
_CHUNK = 100
_SITTING = timedelta(minutes=12)


@dataclass(frozen=True, slots=True)
class Measuring:
    """A project whose ordinary work is done; what is added here took place up to ``until``."""

    project: Project
    plan: Plan
    people: list[User]
    columns: Columns
    until: datetime

    def ask_gold(self) -> int:
        """Make the gold tasks that are missing and let people answer them; return how many answers were added."""
        added = 0
        conversations = self._gold_conversations()
        for first in range(0, len(conversations), _CHUNK):
            with transaction.atomic():
                added += self._ask_gold(conversations[first : first + _CHUNK])
        return added

    def _gold_conversations(self) -> list[int]:
        """Return so many conversations as the plan wants: those that have a key, then drawn ones."""
        if not self.plan.gold:
            return []
        unfilled = work_of(self.project).filter(open_slots__gt=0).values("conversation")
        filled = work_of(self.project).filter(asks__isnull=True, follows=None, closed_at=None)
        known = Conversation.objects.filter(
            pk__in=filled.exclude(conversation__in=unfilled).values("conversation")
        )
        ordered = list(known.order_by("identity").values_list("pk", flat=True))
        drawn = generator(self.plan.seed, "gold").permutation(len(ordered)).tolist()
        keyed = set(_gold(self.project).values_list("task__conversation", flat=True))
        return sorted((ordered[place] for place in drawn), key=lambda pk: pk not in keyed)[: self.plan.gold]

    def _ask_gold(self, conversations: list[int]) -> int:
        tasks: dict[int, Task] = {}
        rows = work_of(self.project).filter(
            conversation__in=conversations, asks__isnull=True, follows=None, closed_at=None
        )
        for task in rows.select_related("batch", "conversation").order_by("-pk"):
            tasks[task.conversation_id] = task
        keys = {
            one.task.conversation_id: one.task
            for one in _gold(self.project).filter(task__conversation__in=conversations)
        }
        met: dict[int, set[int]] = defaultdict(set)
        held = Assignment.objects.filter(task__conversation__in=conversations)
        for conversation, annotator in held.values_list("task__conversation", "annotator"):
            met[conversation].add(annotator)
        pile, roster, author = Pile(self.project.pk), habits(self.plan), make_key_author(self.project)
        for scene in read_scenes([one.conversation for one in tasks.values()]):
            task = tasks[scene.conversation.pk]
            sheet = read_sheet(task, scene, self.columns)
            truth = scene.truth(self.plan.seed, self.columns.scopes)
            at = Sitting(scene, truth, sheet, task.batch, _GOLD, 0, FileLabels())
            gold = keys.get(task.conversation_id) or self._make_gold(task, at, author)
            for person, user in enumerate(self.people):
                if user.pk not in met[task.conversation_id]:
                    moment = self._moment(self.until - timedelta(weeks=self.plan.weeks), scene.name, person)
                    filled = fill(self.plan, roster[person], replace(at, person=person))
                    pile.work.append(Work(gold, sheet, user.pk, filled, moment - _SITTING, moment))
            answered = sum(one.task.pk == gold.pk for one in pile.work)
            Task.objects.filter(pk=gold.pk).update(open_slots=F("open_slots") - answered)
        pile.write()
        return len(pile.work)

    def _make_gold(self, task: Task, at: Sitting, author: User) -> Task:
        """Return a gold task whose key is what is true."""
        submission = Submission.objects.create(
            task=task, annotator=author, rubric_id=task.batch.rubric_id, origin=Submission.Origin.REVIEW
        )
        moment = self.until - timedelta(weeks=self.plan.weeks)
        key = Work(task, at.sheet, author.pk, fair(self.plan, at), moment, moment)
        write_answers([(key, submission.pk)])
        gold = _copy(task, overlap=_ROOM, open_slots=_ROOM, is_gold=True)
        GoldKey.objects.create(task=gold, submission=submission, created_by=author)
        return gold

    def ask_again(self) -> int:
        """Repeat as many of everybody's tasks as the plan wants and as are old enough; return how many were."""
        if not self.plan.repeats[0]:
            return 0
        drawn = sorted(one for person in range(len(self.people)) for one in self._originals(person))
        for first in range(0, len(drawn), _CHUNK):
            with transaction.atomic():
                self._ask_again(drawn[first : first + _CHUNK])
        return len(drawn)

    def _originals(self, person: int) -> Iterator[tuple[int, int, datetime]]:
        """Yield (task, person, when) of what is repeated and was not yet."""
        user = self.people[person]
        repeated = Task.objects.filter(reserved_for=user, batch__project=self.project).values_list(
            "follows", flat=True
        )
        known = set(repeated)
        own = Submission.objects.filter(
            annotator=user, task__in=work_of(self.project), assignment__purpose="base", revision=1
        )
        given = list(own.order_by("created_at", "pk").values_list("task", "created_at"))
        after = timedelta(hours=REPEAT_AFTER_HOURS)
        due = [
            (task, max(moment + after, given[place + REPEAT_AFTER_TASKS][1]))
            for place, (task, moment) in enumerate(given[:-REPEAT_AFTER_TASKS])
        ]
        open_ones = [
            (task, since + _SITTING)
            for task, since in due
            if task not in known and since + _SITTING < self.until
        ]
        wanted = min(max(0, self.plan.repeats[0] - len(known)), len(open_ones))
        chosen = generator(self.plan.seed, "again", person).choice(len(open_ones), wanted, replace=False)
        for place in sorted(chosen.tolist()):
            task, since = open_ones[place]
            yield task, person, self._moment(since, str(place), person)

    def _ask_again(self, drawn: list[tuple[int, int, datetime]]) -> None:
        originals = {
            task.pk: task
            for task in Task.objects.filter(pk__in={task for task, *_ in drawn}).select_related(
                "batch", "conversation"
            )
        }
        conversations = {task.conversation_id: task.conversation for task in originals.values()}
        numbers = _numbers(self.project, list(conversations))
        scenes = {scene.conversation.pk: scene for scene in read_scenes(list(conversations.values()))}
        pile, roster = Pile(self.project.pk), habits(self.plan)
        for pk, person, moment in drawn:
            task, user = originals[pk], self.people[person]
            repeated = _copy(task, overlap=1, open_slots=0, follows=task, reserved_for=user)
            # After the original, and before its answers are handed in.
            Task.objects.filter(pk=repeated.pk).update(created_at=moment - _SITTING)
            scene = scenes[task.conversation_id]
            sheet = read_sheet(task, scene, self.columns)
            truth = scene.truth(self.plan.seed, self.columns.scopes)
            labels = file_labels(pk) if self.plan.follow is not None else FileLabels()
            at = Sitting(scene, truth, sheet, task.batch, numbers[pk], person, labels)
            filled = fill_again(self.plan, roster[person], at)
            pile.work.append(Work(repeated, sheet, user.pk, filled, moment - _SITTING, moment))
        pile.write()

    def _moment(self, first: datetime, name: bytes | str, person: int) -> datetime:
        """Return a moment between this one and the end, the same ever after."""
        return first + (self.until - first) * float(
            generator(self.plan.seed, "moment", name, person).random()
        )


def _gold(project: Project) -> QuerySet[GoldKey]:
    live = GoldKey.objects.filter(task__batch__project=project, task__is_gold=True, retired_at=None)
    return live.select_related("task__batch")


def _copy(task: Task, **fields: Any) -> Task:  # noqa: ANN401
    """Return a new task that asks the same."""
    same = {name: getattr(task, name) for name in ("batch", "conversation", "rank", "asks", "probability")}
    copy = Task.objects.create(**same, **fields)
    TaskPath.objects.bulk_create(
        TaskPath(
            task=copy,
            response_id=path.response_id,
            position=path.position,
            whole=path.whole,
            external_id=path.external_id,
        )
        for path in task.paths.order_by("position")
    )
    return copy


def _numbers(project: Project, conversations: list[int]) -> dict[int, int]:
    """Return each task's number within its conversation, by which its answers are drawn."""
    found: dict[int, int] = {}
    seen: dict[int, int] = defaultdict(int)
    tasks = work_of(project).filter(conversation__in=conversations).order_by("conversation", "pk")
    for task, conversation in tasks.values_list("pk", "conversation"):
        found[task] = seen[conversation]
        seen[conversation] += 1
    return found
