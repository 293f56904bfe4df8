"""Pieces of SQL that Django has no name for."""

from __future__ import annotations

from django.db.models import Aggregate, CharField, FloatField, Func


class Median(Aggregate):
    """The median of a column, a float; null where there are no rows."""

    function = "PERCENTILE_CONT"
    name = "Median"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


# Of tasks and their batches: work whose answers are labels, since those to the rest (practice, gold, hidden
# repeats) measure people.
IS_WORK = (
    "NOT task.is_gold AND task.reserved_for_id IS NULL AND batch.purpose NOT IN ('training', 'qualification')"
)
# Of these, what was asked of everybody alike. Follow-ups are asked where people disagree: what counts how often they
# do must leave them out.
IS_BASE = f"{IS_WORK} AND task.follows_id IS NULL"
# And of one version of the rubric only: items that a bridge asks again stand beside the others, never among them.
IS_BASE_ONCE = f"{IS_BASE} AND batch.purpose <> 'bridge'"

# Beside IS_WORK, of the submission and its assignment too: what is asked of everybody alike and may be learned from.
# The random audit is drawn from it.
IS_ORDINARY = (
    "batch.purpose NOT IN ('bridge', 'holdout') AND task.follows_id IS NULL"
    " AND (submission.origin <> 'live' OR assignment.purpose = 'base')"
)


def latest(columns: str, source: str) -> str:
    """Return the statement for the valid ones of some submissions: the last revision by task, person and origin.

    ``source`` is all from FROM on and calls their table ``submission``. In one pass over them: asking of each
    whether there is a later one takes half as long again. `Submission.objects.latest_revisions` is the same
    for Django's queries.
    """
    return f"""
    SELECT DISTINCT ON (submission.task_id, submission.annotator_id, submission.origin) {columns}
    {source}
    ORDER BY submission.task_id, submission.annotator_id, submission.origin, submission.revision DESC"""


class WordBefore(Func):
    """A text up to its first colon."""

    function = "split_part"
    template = "%(function)s(%(expressions)s, ':', 1)"
    output_field = CharField()
