"""One simulation from plan to rows, safe to stop and to run again anywhere."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec
from django.db import connection, transaction
from django.db.models import F, QuerySet, Sum
from django.utils import timezone

from annotate.models import Assignment, Project, Submission, Task, User
from annotate.pipeline.simulating.answering import FileLabels, Sitting, fill
from annotate.pipeline.simulating.conversations import make_conversations
from annotate.pipeline.simulating.measuring import Measuring
from annotate.pipeline.simulating.people import make_people, refuse_real_work
from annotate.pipeline.simulating.plans import Habits, Plan, check, habits
from annotate.pipeline.simulating.rows import Pile, Work
from annotate.pipeline.simulating.scenes import Columns, Scene, project_columns, read_scenes, read_sheet
from annotate.pipeline.simulating.scoring import score
from annotate.pipeline.simulating.tasks import file_labels, work_of
from annotate.refusal import Conflict, Refusal
from annotate.stats.simulation import Truth, generator

log = logging.getLogger(__name__)

_CHUNK = 100  # conversations answered in one transaction
# So old is what is handed in last: whoever looks for settled submissions finds it at once.
_SETTLED = timedelta(minutes=5)
_SITTING = timedelta(minutes=12)


@dataclass(frozen=True, slots=True)
class SimulationReport:
    """What was added, and how many submissions of synthetic annotators there are now.

    Submissions are those whose answers are labels; answers to ``gold`` tasks and hidden ``repeats`` are counted apart.
    """

    annotators: int
    conversations: int
    submissions: int
    gold: int
    repeats: int
    scores: int
    submissions_in_all: int


@dataclass(frozen=True, slots=True)
class _Course:
    """How far a simulation is to go and when it took place: what Project.simulation keeps beside the plan."""

    wanted: int
    until: datetime


def simulate(project: Project, plan: Plan, *, more: int = 0) -> SimulationReport:
    """Fill a project by a plan, or take up where an earlier call with the same plan stopped.

    Twice adds nothing; ``more`` adds that many submissions to open places. Refuses a faulty plan, a project
    in which people have worked or that was simulated by another plan, and a second simulation at once.
    """
    check(plan, more)
    with _alone(project):
        project.refresh_from_db()
        _refuse_other_plan(project, plan)
        refuse_real_work(project)
        people = make_people(project, plan)
        batch = project.batches.select_related("rubric").get(is_default=True)
        if plan.steps and not batch.step_labels:
            batch.step_labels = True
            batch.save(update_fields=["step_labels"])
        conversations = make_conversations(project, batch, plan)
        columns = project_columns(project.pk)
        done = _own(project, people).count()
        course = _course(project, plan, done, more)
        added = _Answering(project, plan, people, columns, course, done).run()
        measuring = Measuring(project, plan, people, columns, course.until)
        gold, repeats = measuring.ask_gold(), measuring.ask_again()
        scores = score(project, plan, columns)
    log.info("project %s simulated: %s submissions, %s scores added", project.pk, added, scores)
    return SimulationReport(len(people), conversations, added, gold, repeats, scores, done + added)


@contextmanager
def _alone(project: Project) -> Iterator[None]:
    name = f"simulate {project.uid}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        if not cursor.fetchone()[0]:
            raise Conflict.because("being_simulated", f"{project.slug} is being simulated at this moment.")
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def plan_of(project: Project) -> Plan:
    """Return the plan by which a project was simulated; Refusal where it was not."""
    if project.simulation is None:
        raise Refusal.because("not_simulated", f"{project.slug} holds no synthetic answers.")
    return msgspec.convert(project.simulation["plan"], Plan)


def _refuse_other_plan(project: Project, plan: Plan) -> None:
    # Whether there will be more conversations or submissions changes nothing that was drawn.
    if project.simulation is None:
        return
    known = replace(plan_of(project), conversations=plan.conversations, submissions=plan.submissions)
    if known != plan:
        stored = msgspec.to_builtins(plan_of(project))
        given = msgspec.to_builtins(plan)
        other = ", ".join(f"{name} {stored[name]}" for name in stored if stored[name] != given[name])
        detail = (
            f"{project.slug} was simulated otherwise ({other}). Use the same options, or another project."
        )
        raise Refusal.because("simulated_otherwise", detail)


def _own(project: Project, people: Sequence[User]) -> QuerySet[Submission]:
    own = Submission.objects.filter(annotator__in=people, origin=Submission.Origin.LIVE)
    return own.filter(task__in=work_of(project))


def _course(project: Project, plan: Plan, done: int, more: int) -> _Course:
    """Store the plan with the project, and return how many submissions there shall be."""
    places = done + (work_of(project).aggregate(open=Sum("open_slots"))["open"] or 0)
    wanted = places if plan.submissions is None else min(places, plan.submissions)
    until = timezone.now() - timedelta(hours=1)
    if project.simulation is not None:
        course = msgspec.convert(project.simulation["course"], _Course)
        wanted, until = max(wanted, course.wanted), course.until
    wanted = done + more if more else wanted
    course = _Course(wanted, until)
    project.simulation = {"plan": msgspec.to_builtins(plan), "course": msgspec.to_builtins(course)}
    project.save(update_fields=["simulation"])
    return course


@dataclass(slots=True)
class _Answering:
    project: Project
    plan: Plan
    people: list[User]
    columns: Columns
    course: _Course
    done: int

    def run(self) -> int:
        """Fill open places, conversation by conversation, until there are as many submissions as wanted."""
        before, after = self.done, 0
        while self.done < self.course.wanted and (found := self._next(after)):
            with transaction.atomic():
                self._answer(found)
            after = found[-1]
        return self.done - before

    def _next(self, after: int) -> list[int]:
        waiting = (
            work_of(self.project).filter(open_slots__gt=0, conversation__gt=after).order_by("conversation")
        )
        return list(waiting.values_list("conversation", flat=True).distinct()[:_CHUNK])

    def _answer(self, conversations: list[int]) -> None:
        rows = list(
            work_of(self.project)
            .filter(conversation__in=conversations)
            .select_for_update(of=("self",), no_key=True)
            .select_related("batch", "conversation")
            .order_by("conversation", "pk")
        )
        tasks: dict[int, list[Task]] = defaultdict(list)
        for task in rows:
            tasks[task.conversation_id].append(task)
        known = {task.conversation_id: task.conversation for task in rows}
        taken = _taken(conversations)
        pile = Pile(self.project.pk)
        roster = habits(self.plan)
        for scene in read_scenes(list(known.values())):
            truth = scene.truth(self.plan.seed, self.columns.scopes)
            for number, task in enumerate(tasks[scene.conversation.pk]):
                self._fill(pile, roster, scene, truth, number, task, taken)
        pile.write()
        for pk, used in Counter(one.task.pk for one in pile.work).items():
            Task.objects.filter(pk=pk).update(open_slots=F("open_slots") - used)

    def _fill(  # noqa: PLR0913, PLR0917 - one task with all that is known about it
        self,
        pile: Pile,
        roster: list[Habits],
        scene: Scene,
        truth: Truth,
        number: int,
        task: Task,
        taken: dict[int, set[int]],
    ) -> None:
        free = min(task.open_slots, self.course.wanted - self.done)
        chosen = self._chosen(scene, number, task, taken)[: max(0, free)]
        if not chosen:
            return
        sheet = read_sheet(task, scene, self.columns)
        labels = file_labels(task.pk) if self.plan.follow is not None else FileLabels()
        for person in chosen:
            at = Sitting(scene, truth, sheet, task.batch, number, person, labels)
            filled = fill(self.plan, roster[person], at)
            moment = self._moment()
            pile.work.append(Work(task, sheet, self.people[person].pk, filled, moment - _SITTING, moment))
            self.done += 1

    def _chosen(self, scene: Scene, number: int, task: Task, taken: dict[int, set[int]]) -> list[int]:
        """Return who may take a task, in the order in which they do: at random, the same every time."""
        barred = taken[task.pk] | (taken[task.follows_id] if task.follows_id else set())
        drawn = generator(self.plan.seed, "places", scene.name, number).permutation(len(self.people))
        free = [person for person in drawn.tolist() if self.people[person].pk not in barred]
        if self.plan.follow is not None:
            return sorted(free, key=bool)  # who repeats the file's labels comes first
        return free

    def _moment(self) -> datetime:
        """Return when the next submission is handed in: evenly over the weeks, then up to now."""
        weeks = timedelta(weeks=self.plan.weeks)
        first = self.course.until - weeks
        planned = max(1, self.course.wanted)
        moment = first + weeks * ((self.done + 0.5) / planned)
        return min(moment, timezone.now() - _SETTLED)


def _taken(conversations: list[int]) -> dict[int, set[int]]:
    """Return who holds or held each of the conversations' tasks."""
    found: dict[int, set[int]] = defaultdict(set)
    held = Assignment.objects.filter(task__conversation__in=conversations)
    for task, annotator in held.values_list("task", "annotator"):
        found[task].add(annotator)
    return found
