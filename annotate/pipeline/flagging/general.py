"""F5, a person who goes against models oftener than expected; F6, a model that is wrong as such. For managers alone.

F5 is raised only where P(the rate is above 1.5 times what the links expect) > 0.95 *and* a sign that needs no model
says so too: being the odd one out of disagreements, wrong answers on gold, or haste. It changes nothing by itself: who
dissents from a model may be the better one. It never touches pay.

F6 is raised where longer answers are clearly overpaid, or a source model clearly misjudged, all sources looked at;
and where a model says something else than it said (see `annotate.pipeline.scoring.canaries`).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from statistics import median
from typing import Any

from django.db.models import Count

from annotate.models import Flag, Project, ScorerRun, Submission
from annotate.pipeline.flagging.doubts import Found
from annotate.reports.closing_reasons import NO_LONGER
from annotate.reports.labels.given_labels import GivenLabels
from annotate.reports.managers.gold import gold_results
from annotate.reports.quality.canaries import latest_checks
from annotate.reports.quality.model_health import run_health
from annotate.reports.sql import Median
from annotate.stats import persons

Status = Flag.Status
HASTE = 0.5  # of everybody's usual time a task
LEVEL = 0.01
LEAST_RESIDUAL = 0.03  # a misjudgement smaller than this is nobody's concern, however certain


def look_at_people_and_models(project: Project, runs: list[ScorerRun], found: Found) -> tuple[int, int]:
    """Raise and close F5 and F6; return how many of each."""
    # A scorer whose links are all closed accuses nobody, and that it is no good is known.
    speaking = [run for run in runs if run.pk in found.at_risk]
    flags = [flag for run in speaking for flag in _of_model(run, found.given)]
    flags += _of_canaries(runs)
    if speaking:
        signs = _signs(project.pk)
        flags += [flag for run in speaking for flag in _of_people(run, found, signs)]
    for flag in flags:
        flag.project = project
    return _store(project, flags)


def _of_people(run: ScorerRun, found: Found, signs: dict[int, dict[str, float]]) -> Iterator[Flag]:
    for one in persons.dissents(*found.at_risk[run.pk]):
        if one.certainty > persons.CERTAINTY and signs.get(one.person):
            yield _flag(
                Flag.Kind.PERSON,
                run,
                str(one.person),
                {
                    "labels": one.count,
                    "against": one.events,
                    "expected": round(one.expected, 2),
                    "z": round(one.z, 2),
                    "certainty": round(one.certainty, 4),
                    "signs": signs[one.person],
                },
                annotator=one.person,
            )


def _signs(project_id: int) -> dict[int, dict[str, float]]:
    """Return by person what speaks against them without any model, with its number.

    Follow-ups are left out: they are short, and asked where people disagree.
    """
    work = Submission.objects.to_work().filter(
        task__batch__project=project_id, task__follows=None, origin=Submission.Origin.LIVE, revision=1
    )
    rows = work.values("annotator").annotate(count=Count("pk"), usual=Median("active_ms"))
    done = {row["annotator"]: (row["count"], row["usual"]) for row in rows.order_by("annotator")}
    signs: dict[int, dict[str, float]] = {person: {} for person in done}
    odd = _odd_ones_out(project_id, signs)
    submissions = sum(count for count, _ in done.values())
    times = [usual for _, usual in done.values() if usual]
    for person, (count, usual) in done.items():
        own = odd[person]
        sure = persons.more_per_task(own, count, sum(odd.values()) - own, submissions - count)
        if sure is not None and sure > persons.CERTAINTY:
            signs[person]["odd_one_out"] = round(sure, 4)
        if usual and len(times) > 1 and usual < HASTE * median(times):
            signs[person]["seconds_a_task"] = round(usual / 1000, 1)
    for person, exact in _worse_on_gold(project_id):
        signs.setdefault(person, {})["gold_exact"] = exact
    return signs


def _odd_ones_out(project_id: int, people: Iterable[int]) -> Counter[int]:
    """Return how often each of them alone stands apart in a disagreement (F1), by an answer that no follow-up asked."""
    raised = Flag.objects.filter(project=project_id, kind=Flag.Kind.HUMANS_DISAGREE, annotator__in=people)
    odd = Counter(dict(raised.values_list("annotator").annotate(count=Count("pk")).order_by()))
    asked = raised.filter(evidence__answers__contains=[{"further": True}])
    further = {
        pk: (person, {one["submission"] for one in answers if one.get("further")})
        for pk, person, answers in asked.values_list("pk", "annotator", "evidence__answers")
    }
    uids = {uid for _, found in further.values() for uid in found}
    asked_people = {
        str(uid): person
        for uid, person in Submission.objects.filter(uid__in=uids).values_list("uid", "annotator")
    }
    odd.subtract(
        person for person, found in further.values() if person in {asked_people.get(uid) for uid in found}
    )
    return odd


def _worse_on_gold(project_id: int) -> Iterator[tuple[int, float]]:
    """Yield who answers gold wrongly oftener than the others, with the share that they have right."""
    gold = {person: (one.exact, one.ratings) for person, one in gold_results(project_id).items()}
    wrong = {
        person: round((1 - exact) * count) for person, (exact, count) in gold.items() if exact is not None
    }
    ratings = sum(gold[person][1] for person in wrong)
    for person, count in wrong.items():
        exact, own = gold[person]
        sure = persons.more_often(count, own, sum(wrong.values()) - count, ratings - own)
        if exact is not None and sure is not None and sure > persons.CERTAINTY:
            yield person, round(exact, 4)


def _of_model(run: ScorerRun, given: GivenLabels) -> Iterator[Flag]:
    found = run_health(run, given)
    for one in found.style:
        if one.name == "length" and one.value < 0 and one.p < LEVEL:
            yield _flag(Flag.Kind.MODEL_HEALTH, run, "length", {"cause": "length", **_numbers(one)})
    for one in found.sources:
        if abs(one.value) >= LEAST_RESIDUAL and one.p < LEVEL / len(found.sources):
            evidence = {"cause": "source", "source": one.name, **_numbers(one)}
            yield _flag(Flag.Kind.MODEL_HEALTH, run, f"source {one.name}", evidence)


def _of_canaries(runs: list[ScorerRun]) -> Iterator[Flag]:
    """Yield a flag for each run whose model says something else than it said, whether its links were open or not."""
    checks = latest_checks([run.pk for run in runs])
    for run in runs:
        if run.pk in checks and not checks[run.pk].passed:
            found = checks[run.pk]
            evidence = {
                "cause": "canary",
                "change": found.largest_change,
                "tolerance": found.tolerance,
                "errors": found.errors,
                "responses": found.responses,
            }
            yield _flag(Flag.Kind.MODEL_HEALTH, run, "canary", evidence)


def _numbers(one: Any) -> dict[str, float]:  # noqa: ANN401
    return {
        "value": round(one.value, 4),
        "low": round(one.low, 4),
        "high": round(one.high, 4),
        "pairs": one.count,
    }


def _flag(
    kind: Flag.Kind, run: ScorerRun, about: str, evidence: dict[str, Any], annotator: int | None = None
) -> Flag:
    words = repr((kind.value, run.pk, about))
    return Flag(
        kind=kind,
        run=run,
        annotator_id=annotator,
        fingerprint=hashlib.sha256(words.encode()).hexdigest(),
        evidence={**evidence, "scorer": run.scorer, "model": run.model},
    )


def _store(project: Project, flags: list[Flag]) -> tuple[int, int]:
    kinds = (Flag.Kind.PERSON, Flag.Kind.MODEL_HEALTH)
    old = {
        flag.fingerprint: flag
        for flag in Flag.objects.select_for_update().filter(project=project, kind__in=kinds)
    }
    current = {flag.fingerprint for flag in flags}
    fresh = [
        flag for flag in flags if flag.fingerprint not in old or old[flag.fingerprint].status == Status.CLOSED
    ]
    renewed = [
        flag
        for flag in flags
        if flag.fingerprint in old
        and old[flag.fingerprint].status == Status.OPEN
        and old[flag.fingerprint].evidence != flag.evidence
    ]
    Flag.objects.bulk_create(
        [*fresh, *renewed],
        update_conflicts=True,
        unique_fields=["project", "fingerprint"],
        update_fields=["status", "closed_reason", "evidence"],
    )
    over = [flag for flag in old.values() if flag.status == Status.OPEN and flag.fingerprint not in current]
    for flag in over:
        flag.status, flag.closed_reason = Status.CLOSED, NO_LONGER
    return len(fresh), Flag.objects.bulk_update(over, ["status", "closed_reason"])
