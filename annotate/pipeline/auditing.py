"""The random audit: which labels a reviewer looks at whatever was flagged.

Flags choose what looks wrong, so what is found behind them says nothing about the rest. A share of all submissions is
therefore drawn by lot, and of each some ratings, a comparison and the step labels of a response. It is drawn from
ordinary work: follow-ups are asked where people disagree, bridges by another version of the rubric, and what is held
out must teach nothing; so the share of wrong labels speaks of one sort of label. The lot is a hash of
the submission's outside id: the same answer whenever it is drawn, twice is once, and a larger share only adds. Each
item keeps the chance with which it was drawn, for weights (D. G. Horvitz and D. J. Thompson, Journal of the American
Statistical Association 47 (1952), 663-685).
"""

from __future__ import annotations

import logging

from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from annotate.models import Project, Submission
from annotate.reports.settled import settled
from annotate.reports.sql import IS_ORDINARY, IS_WORK, latest

log = logging.getLogger(__name__)

# Of a drawn submission; all where it has fewer. Of steps so many responses, with all of their labels.
RATINGS = 3
COMPARISONS = 1
STEPS = 1

_HASH = "('x' || substr(md5({}), 1, 8))::bit(32)::bigint / 4294967296.0"

_SOURCE = f"""
    FROM annotate_submission submission JOIN annotate_task task ON task.id = submission.task_id
    JOIN annotate_batch batch ON batch.id = task.batch_id
    JOIN annotate_assignment assignment ON assignment.id = submission.assignment_id
    WHERE batch.project_id = %(project)s AND submission.id > %(after)s AND submission.origin = 'live'
      AND {IS_WORK} AND {IS_ORDINARY}"""

_COLUMNS = "submission.id, submission.uid, submission.annotator_id, task.conversation_id"

_DRAW = f"""
WITH latest AS ({latest(_COLUMNS, _SOURCE)}
), drawn AS (
    SELECT * FROM latest WHERE {_HASH.format("'audit:' || latest.uid")} < %(share)s
), label AS (
    SELECT drawn.*, dimension.scope, rating.response_id, NULL::bigint AS left_id, NULL::bigint AS right_id,
           rating.dimension_id, %(ratings)s AS places, 1 AS stratum,
           md5(concat_ws(':', drawn.uid, rating.response_id, rating.dimension_id)) AS lot
    FROM drawn JOIN annotate_rating rating ON rating.submission_id = drawn.id AND rating.state = 'rated'
    JOIN annotate_dimension dimension ON dimension.id = rating.dimension_id
    UNION ALL
    SELECT drawn.*, comparison.scope, NULL, comparison.left_id, comparison.right_id, comparison.dimension_id,
           %(comparisons)s, 2,
           md5(concat_ws(':', drawn.uid, comparison.scope, comparison.left_id, comparison.right_id,
                         comparison.dimension_id))
    FROM drawn JOIN annotate_comparison comparison ON comparison.submission_id = drawn.id
    UNION ALL
    SELECT drawn.*, 'local', labelled.response_id, NULL, NULL, NULL, %(steps)s, 3,
           md5(concat_ws(':', drawn.uid, labelled.response_id, 'steps'))
    FROM drawn CROSS JOIN LATERAL (
        SELECT DISTINCT label.response_id FROM annotate_steplabel label WHERE label.submission_id = drawn.id) labelled
), placed AS (
    SELECT label.*, row_number() OVER (PARTITION BY id, stratum ORDER BY lot) AS place,
           count(*) OVER (PARTITION BY id, stratum) AS many
    FROM label
)
INSERT INTO annotate_audititem (uid, project_id, conversation_id, scope, response_id, left_id, right_id, dimension_id,
                                annotator_id, submission_id, probability, created_at)
SELECT gen_random_uuid(), %(project)s, conversation_id, scope, response_id, left_id, right_id, dimension_id,
       annotator_id, id, %(share)s * least(places, many) / many, now()
FROM placed WHERE place <= places
ON CONFLICT ON CONSTRAINT audit_item_once
DO UPDATE SET probability = excluded.probability WHERE annotate_audititem.probability < excluded.probability
RETURNING (xmax = 0)
"""  # noqa: S608 - no value is pasted in

# Nobody has seen them, and a later revision has a draw of its own; or they were drawn when other work was, too.
_FORGET = f"""
DELETE FROM annotate_audititem item USING annotate_submission submission, annotate_assignment assignment,
    annotate_task task, annotate_batch batch
WHERE item.project_id = %(project)s AND item.review_id IS NULL AND submission.id = item.submission_id
  AND assignment.id = submission.assignment_id AND task.id = submission.task_id AND batch.id = task.batch_id
  AND (NOT ({IS_WORK} AND {IS_ORDINARY}) OR EXISTS (
      SELECT FROM annotate_submission later
      WHERE later.assignment_id = submission.assignment_id AND later.revision > submission.revision))
"""  # noqa: S608


@transaction.atomic
def audit_project(project_id: int) -> int:
    """Draw from the submissions since the last pass, or from all after a change of the share.

    Return how many labels were drawn. Passes of one project wait for one another; items that wait for a
    reviewer are dropped where their answers were revised.
    """
    project = Project.objects.select_for_update(no_key=True).get(pk=project_id)
    # The number changes with what is drawn of a submission: then all of them are looked at again.
    key = f"audited:2:{project.uid}:{project.audit_share}"
    through = settled()
    stored = cache.get(key)
    # A mark beyond what is settled comes from before the database was set back.
    after = stored if stored is not None and stored <= through else 0
    parameters = {
        "project": project_id,
        "after": after,
        "share": project.audit_share,
        "ratings": RATINGS,
        "comparisons": COMPARISONS,
        "steps": STEPS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, {"project": project_id})
        cursor.execute(_DRAW, parameters)
        is_new: list[bool] = [row[0] for row in cursor.fetchall()]
    cache.set(key, through, None)
    if drawn := sum(is_new):
        log.info("project %s: %s labels drawn for the audit", project_id, drawn)
    return drawn


def audited_projects() -> list[int]:
    """Return the projects in which a share is audited and anybody has answered."""
    live = Submission.objects.filter(origin=Submission.Origin.LIVE, task__batch__project=OuterRef("pk"))
    return list(Project.objects.filter(Exists(live), audit_share__gt=0).values_list("pk", flat=True))
