"""A project full of what no annotator may learn, each planted with a word or a number that can be looked for."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

from annotate.models import (
    Assignment,
    AuditItem,
    Calibration,
    Conversation,
    Export,
    Flag,
    GoldKey,
    Image,
    ImportRun,
    Inquiry,
    Membership,
    Note,
    ProblemReport,
    Project,
    Response,
    Review,
    Score,
    ScorerRun,
    StoredReport,
    Submission,
    Task,
    Turn,
    User,
)
from annotate.pipeline import guiding, inquiring, reviewing
from annotate.pipeline.flagging import flag_project
from annotate.pipeline.keying import make_key
from annotate.reports.reviewers.contested import contested
from tests import make
from tests.judging import candidates, disputed, rate, submit

SECRET = "SENTINEL"
VALUE = 0.7531902468
STEP = 0.1597534862
NUMBERS = ("0.7531", "0.1597", "0.753", "0.160", "0.75319")
# What lies outside the annotator's reach by design and shows nothing of a project.
PUBLIC = {"schema", "api-docs"}


def project_full_of_secrets() -> Project:
    """Return a project with everything in it that an annotator must not see."""
    project = make.project("blind", overlap=8)
    conversation = make.conversation(project, turns=2, candidates=2, images=True)
    Response.objects.update(source_model=f"{SECRET}-model", external_id="", meta={"origin": f"{SECRET}-meta"})
    task = make.task(conversation)
    others = disputed(task, 0, 3)
    User.objects.filter(pk=others[0].pk).update(username=f"{SECRET}-person")
    first = candidates(task)[0]
    Note.objects.create(
        submission=Submission.objects.earliest("pk"),
        kind="critique",
        scope="local",
        response=first,
        text=f"{SECRET}-note",
    )
    plant_scores(project)
    plant_review(project, task)
    plant_gold(project)
    plant_talk(task, others[0])
    plant_reports(project)
    return project


def plant_gold(project: Project) -> None:
    """Leave a gold task that every annotator of this module's tests holds, with a key and an explanation."""
    given = submit(make.task(make.conversation(project)), make.member(project))
    rate(given, candidates(given.task)[0], text_quality=3)
    make_key(given, "gold", explanations={"en": f"{SECRET}-explanation"})


def plant_talk(task: Task, other: User) -> None:
    """Leave what another annotator reported and asked, and a lead's answer that is published without a name."""
    lead = make.member(task.batch.project, Membership.Role.MANAGER)
    User.objects.filter(pk=lead.pk).update(username=f"{SECRET}-lead")
    ProblemReport.objects.create(task=task, reporter=other, kind="other", text=f"{SECRET}-report")
    inquiry = inquiring.ask(task.batch.project, other.pk, text=f"{SECRET}-question")
    inquiring.write(inquiry, lead.pk, f"{SECRET}-answer")
    inquiring.publish(task.batch.project_id, lead.pk, question="May I?", answer="You may.", dimension_id=None)
    guiding.publish(task.batch.project_id, guiding.NewGuideline({"en": "Be kind."}), by=lead.pk)


def plant_reports(project: Project) -> None:
    """Leave what managers' pages are made of: stored reports, and where the answers are made, how."""
    StoredReport.objects.create(
        project=project, name="agreement", body={"said": f"{SECRET}-report", "at": VALUE}
    )
    Project.objects.filter(pk=project.pk).update(simulation={"seed": f"{SECRET}-seed"})


def plant_about(person: User, project: Project) -> None:
    """Leave flags and an audit about this very person: a model's, one about the person, one about a model."""
    submission = Submission.objects.filter(annotator=person).earliest("pk")
    calibration = Calibration.objects.earliest("pk")
    evidence = {"said": f"{SECRET}-evidence", "probability": VALUE}
    response = Response.objects.filter(turn__conversation=submission.task.conversation_id).earliest("pk")
    dimension = project.rubric.dimensions.earliest("position")
    item = {"conversation": response.turn.conversation, "scope": "local", "response": response}
    common = {"project": project, "evidence": evidence, "p_value": VALUE, "calibration": calibration}
    Flag.objects.create(kind="F3", fingerprint="3", annotator=person, dimension=dimension, **item, **common)
    Flag.objects.create(kind="F4", fingerprint="4", annotator=person, status="waiting", **item, **common)
    Flag.objects.create(kind="F5", fingerprint="5", annotator=person, **common)
    Flag.objects.create(kind="F6", fingerprint="6", run=calibration.run, **common)
    AuditItem.objects.create(
        project=project,
        annotator=person,
        submission=submission,
        dimension=dimension,
        probability=STEP,
        **item,
    )


def plant_scores(project: Project) -> None:
    run = ScorerRun.objects.create(
        project=project,
        scorer=f"{SECRET}-scorer",
        model=f"{SECRET}-rm",
        revision="1",
        configuration_sha256="0",
        dtype="bfloat16",
        trained=True,
        error=f"{SECRET}-error",
    )
    Score.objects.bulk_create(
        Score(run=run, response=one, value=VALUE, step_values=[STEP], step_first=[0], step_last=[0])
        for one in Response.objects.all()
    )
    Calibration.objects.create(
        run=run,
        link="logistic",
        parameters={
            "tau": VALUE,
            "common_tau": VALUE,
            "thresholds": [0.0],
            "scale": 1,
            "ties": False,
            "said": f"{SECRET}-parameter",
        },
        metrics={"accuracy": STEP, "said": f"{SECRET}-metric"},
        sample_size=1,
        gate_open=True,
        gate_reason=f"{SECRET}-gate",
    )


def plant_review(project: Project, task: Task) -> None:
    """Leave one finished review, one open flag, an import and an export behind."""
    flag_project(project.pk)
    reviewer = make.member(project, Membership.Role.REVIEWER)
    review = reviewing.next_review(project.pk, reviewer.pk)
    assert review is not None
    verdicts = {one.name: 1 for one in contested(review).questions}
    reviewing.record_blind(review.pk, verdicts)
    reviewing.reveal(review.pk)
    reviewing.decide(review.pk, reviewing.Decision("change", verdicts, f"{SECRET}-comment"))
    disputed(task, 0, 3, dimension="context_coherence")
    flag_project(project.pk)
    Flag.objects.filter(status="open").update(closed_reason=f"{SECRET}-reason")
    ImportRun.objects.create(project=project, file_name=f"{SECRET}-file")
    Export.objects.create(project=project, name=f"{SECRET}-release", format="native")


def annotator_beside(project: Project) -> User:
    """Return an annotator with one submitted and one live assignment beside the others'."""
    person = make.member(project)
    done = make.task(make.conversation(project))
    rate(submit(done, person), candidates(done)[0], text_quality=2)
    disputed(done, 0)
    gold = Task.objects.get(is_gold=True)
    rate(submit(gold, person), candidates(gold)[0], text_quality=1)
    Assignment.objects.filter(task=gold).update(purpose="gold")
    task = Task.objects.earliest("pk")
    Task.objects.filter(pk=task.pk).update(open_slots=1, overlap=12)
    task.refresh_from_db()
    make.assignment(task, person)
    plant_about(person, project)
    return person


def addresses(patterns: list[Any] | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Yield every address as its route with converters, Django's administration left out."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            if one.app_name != "admin":
                yield from addresses(one.url_patterns, route)
        elif one.name not in {*PUBLIC, "logout"}:
            yield route, one


PLANTED: list[type[Model]] = [
    Project,
    Conversation,
    Turn,
    Response,
    Image,
    Task,
    Assignment,
    Submission,
    ScorerRun,
    Score,
    Flag,
    Review,
    ImportRun,
    Export,
    AuditItem,
    Calibration,
    StoredReport,
    GoldKey,
    User,
    ProblemReport,
    Inquiry,
]


def visits(route: str, project: Project) -> Iterator[str]:
    """Yield the route's addresses with every id that could stand in it."""
    tables = [table._default_manager.order_by("pk") for table in PLANTED]
    uids = {str(row.uid) for rows in tables for row in (rows.first(), rows.last())}  # type: ignore[union-attr]
    choices = {"slug": [project.slug], "uuid": sorted(uids), "int": ["1"]}
    pieces = re.split(r"<(?:(\w+):)?\w+>", route)
    literals, converters = pieces[::2], pieces[1::2]
    for values in itertools.product(*(choices.get(one or "str", ["x"]) for one in converters)):
        yield "/" + "".join(
            itertools.chain.from_iterable(itertools.zip_longest(literals, values, fillvalue=""))
        )


def told(answer: Any) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode("utf-8", "replace") + json.dumps(dict(answer.headers))


def secrets_in(said: str) -> list[str]:
    """Return which of what was planted a text tells."""
    return [one for one in (SECRET, *NUMBERS) if one in said]
