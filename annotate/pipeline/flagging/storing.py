"""Raise, renew and close the flags of models. Priority is 1 less the chance that a look at the label is in vain.

That is the chance that another person says the same, and for a person's ratings (F3), of which the most unusual one is
always improbable, the person's q-value: the share of false alarms among people as unusual. So there is one order for
the review queue: F1's priority is the share of the scale that lies between people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from annotate.models import Calibration, Flag, Project, Submission
from annotate.pipeline.flagging.choosing import Budget, chosen
from annotate.pipeline.flagging.doubts import Doubt, Found
from annotate.reports.closing_reasons import EXPECTED, GATE_CLOSED, LABEL_CHANGED, NO_LINK, SECOND_CAME
from annotate.reports.pseudonyms import pseudonyms
from annotate.stats.coldstart import SHARE

Status = Flag.Status
ALIVE = (Status.OPEN, Status.WAITING)
KINDS = (Flag.Kind.MODEL_PREFERENCE, Flag.Kind.MODEL_RATING, Flag.Kind.MODEL_STEP)


@dataclass(frozen=True, slots=True)
class Stored:
    """How many flags were raised and closed."""

    created: int
    closed: int


def store(project: Project, found: Found, links: list[Calibration]) -> Stored:
    """Bring the models' flags on the conversations that were looked at in line with what was found."""
    doubts = {doubt.fingerprint: doubt for doubt in found.doubts}
    # Locked, so that no review resolves one between this look and the write.
    flags = Flag.objects.select_for_update(of=("self",)).filter(project=project, kind__in=KINDS)
    known = {flag.fingerprint: flag for flag in flags.filter(fingerprint__in=doubts)}
    raised = _raised(project, found, doubts, known)
    fresh = {doubt.fingerprint for doubt in raised}
    renewed = [doubts[one] for one, flag in known.items() if flag.status in ALIVE and one not in fresh]
    rows = _flags(project, [*raised, *renewed])
    for row in rows:
        if row.fingerprint not in fresh:
            row.status = known[row.fingerprint].status
    changed = [row for row in rows if _differs(row, known.get(row.fingerprint))]
    Flag.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["project", "fingerprint"],
        update_fields=["status", "closed_reason", "evidence", "priority", "p_value", "calibration"],
    )
    return Stored(len(raised), _close(flags, found, set(doubts), links))


def _raised(project: Project, found: Found, doubts: dict[str, Doubt], known: dict[str, Flag]) -> list[Doubt]:
    """Return the doubts that become flags now, within the day's budget; provisional ones have their own.

    It is the whole day's: what other passes opened since midnight is part of it.
    """
    fresh = [
        doubt
        for one, doubt in doubts.items()
        if one not in known or known[one].status == Status.CLOSED or _opens(known[one], doubt)
    ]
    of_models = Flag.objects.filter(project=project, kind__in=KINDS)
    sure = [doubt for doubt in fresh if not doubt.provisional]
    unsure = [doubt for doubt in fresh if doubt.provisional]
    taken = []
    if sure:
        taken = chosen(sure, found.shares, _spent(project.daily_model_flags, _opened_today(of_models)))
    if unsure:
        limit = int(SHARE * max(doubt.among for doubt in unsure))
        taken += chosen(unsure, found.shares, _spent(limit, _ever_provisional(of_models)))
    return taken


def _opened_today(of_models: QuerySet[Flag]) -> QuerySet[Flag]:
    """Return the flags that were shown to reviewers since midnight: raised then, or raised earlier and opened then.

    When a flag became open later than it was raised, its history says.
    """
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    history = apps.get_model("annotate", "FlagEvent").objects
    opened = history.filter(pgh_obj=OuterRef("pk"), status=Status.OPEN, pgh_created_at__gte=today)
    fitted = of_models.filter(calibration__stage=Calibration.Stage.FITTED)
    return fitted.filter(Q(created_at__gte=today) | Exists(opened))


def _ever_provisional(of_models: QuerySet[Flag]) -> QuerySet[Flag]:
    """Return the flags that had the one effect of a provisional one, or may still have it, whatever became of them."""
    return of_models.filter(Q(calibration__stage=Calibration.Stage.PROVISIONAL) | Q(followup__isnull=False))


def _spent(limit: int, flags: QuerySet[Flag]) -> Budget:
    """Return the budget with these flags counted."""
    budget = Budget(limit)
    sources = (f"{place}__source_model" for place in ("response", "left", "right"))
    for run, person, *models in flags.values_list("run", "annotator", *sources):
        budget.spend(run, person, {model for model in models if model is not None})
    return budget


def _opens(old: Flag, doubt: Doubt) -> bool:
    """Return whether what only asked a second person may now be shown to a reviewer."""
    return old.status == Status.WAITING and old.followup_id is None and not doubt.provisional


def _differs(row: Flag, old: Flag | None) -> bool:
    return old is None or (row.status, row.evidence, row.calibration_id) != (
        old.status,
        old.evidence,
        old.calibration_id,
    )


def _flags(project: Project, doubts: list[Doubt]) -> list[Flag]:
    """Return the doubts as flags, not stored yet, with the person's number and the submission's outside id."""
    numbers = pseudonyms({doubt.conversation for doubt in doubts})
    uids = dict(Submission.objects.filter(pk__in={one.submission for one in doubts}).values_list("pk", "uid"))
    return [
        Flag(
            project=project,
            conversation_id=one.conversation,
            kind=one.kind,
            fingerprint=one.fingerprint,
            scope=one.scope,
            response_id=one.response,
            left_id=one.left,
            right_id=one.right,
            dimension_id=one.dimension,
            annotator_id=one.annotator,
            run=one.run,
            calibration=one.calibration,
            p_value=one.chance,
            priority=1 - one.in_vain,
            status=Status.WAITING if one.provisional else Status.OPEN,
            evidence={
                **one.evidence,
                **_source(one),
                "annotator": numbers[one.conversation, one.annotator],
                "submission": str(uids[one.submission]),
            },
        )
        for one in doubts
    ]


def _source(doubt: Doubt) -> dict[str, Any]:
    """Return what the statement rests on: the scorer, the calibration and its sample."""
    link = doubt.calibration
    return {
        "scorer": doubt.run.scorer,
        "model": doubt.run.model,
        "calibration": str(link.uid) if link else None,
        "sample": link.sample_size if link else 0,
    }


def _close(flags: Any, found: Found, current: set[str], links: list[Calibration]) -> int:  # noqa: ANN401
    """Close what is not doubted any more where was looked, each with its reason."""
    looked_at = flags.filter(status__in=ALIVE)
    if found.conversations is not None:
        # People are looked at as a whole only.
        looked_at = looked_at.filter(conversation__in=found.conversations).exclude(
            kind=Flag.Kind.MODEL_RATING
        )
    open_links = {_place(one): one for one in links}
    over = list(looked_at.exclude(fingerprint__in=current).select_related("calibration"))
    uids = {flag.evidence["submission"] for flag in over if "submission" in flag.evidence}
    submissions = dict(Submission.objects.filter(uid__in=uids).values_list("uid", "pk"))
    held = {str(uid) for uid, pk in submissions.items() if pk in found.submissions}
    for flag in over:
        flag.status = Status.CLOSED
        flag.closed_reason = _reason(flag, held, open_links)[:200]
    return Flag.objects.bulk_update(over, ["status", "closed_reason"])


def _reason(flag: Flag, held: set[str], links: dict[tuple[Any, ...], Calibration]) -> str:
    if flag.calibration is not None and flag.calibration.stage == Calibration.Stage.FITTED:
        link = links.get(_place(flag.calibration))
        if link is None:
            return NO_LINK
        if not link.gate_open:
            return GATE_CLOSED.format(reason=link.gate_reason)
        if flag.evidence.get("submission") not in held:
            return LABEL_CHANGED
        return EXPECTED
    if flag.calibration is None:
        return NO_LINK  # steps were once flagged without one
    return LABEL_CHANGED if flag.evidence.get("submission") not in held else SECOND_CAME


def _place(link: Calibration) -> tuple[Any, ...]:
    return link.run_id, link.question, link.scope, link.dimension_id, link.stratum
