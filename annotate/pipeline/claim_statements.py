"""The statements of a claim. No value is ever pasted into one: what varies are parameters.

docs/decisions/0003-claim.md says why this is SQL.
"""

from __future__ import annotations

from annotate.reports.annotators.own_work import REPEAT_AFTER_HOURS, REPEAT_AFTER_TASKS

# A repeat is chosen among so many tasks before the nearest ones: nobody's past is searched through for long.
REPEAT_WINDOW = 500

# Closed before the person began. Of a task that they reported themselves nothing is told: its end would say that
# others reported it too.
WITHDRAWN = """held.status = 'active' AND held.draft_sequence = 0 AND (
    batch.state <> 'open' OR task.closed_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM annotate_problemreport report
        WHERE report.task_id = task.id AND report.reporter_id = held.annotator_id))"""

HELD = f"""
SELECT held.id, held.uid, held.task_id, held.lease_number, held.lease_expires_at, held.draft::text,
       held.draft_sequence, held.shown_order, task.asks::text, batch.rubric_id, batch.preference_scale,
       batch.tie_allowed, batch.purpose, batch.guideline_version, batch.required_texts, batch.step_labels,
       batch.turn_by_turn, conversation.content_warnings, project.masked_names, {WITHDRAWN}
FROM held
JOIN annotate_task task ON task.id = held.task_id
JOIN annotate_batch batch ON batch.id = task.batch_id
JOIN annotate_conversation conversation ON conversation.id = task.conversation_id
JOIN annotate_project project ON project.id = held.project_id
"""  # noqa: S608 - no value is pasted in

RENEW = f"""
WITH held AS (
    UPDATE annotate_assignment SET lease_expires_at = now() + %(lease)s * interval '1 second'
    WHERE status = 'active' AND id = (
        SELECT id FROM annotate_assignment
        WHERE annotator_id = %(user)s AND project_id = %(project)s AND status = 'active'
          AND uid IS DISTINCT FROM %(after)s
        ORDER BY claimed_at, id LIMIT 1)
    RETURNING *
){HELD}"""  # noqa: S608 - no value is pasted in

READ = f"""
WITH held AS (
    UPDATE annotate_assignment SET lease_expires_at = CASE status
        WHEN 'active' THEN now() + %(lease)s * interval '1 second' ELSE lease_expires_at END
    WHERE uid = %(uid)s AND annotator_id = %(user)s AND EXISTS (
        SELECT FROM annotate_membership membership
        WHERE membership.project_id = annotate_assignment.project_id AND membership.user_id = %(user)s
          AND membership.role = 'annotator')
    RETURNING *
){HELD.replace("FROM held", ", held.status FROM held", 1)}"""  # noqa: S608

# Batches that this person may claim from, each with the place in it where the person was last: tasks of a
# smaller rank first (they became urgent), then onwards, then from the head up to that place. What was mixed in
# (gold, a follow-up, a repeat) is no place: it lies anywhere. Whoever is gated gets practice alone, training
# first; others get none.
_MINE = """
last AS (
    SELECT task.batch_id, task.rank, task.id FROM annotate_assignment assignment
    JOIN annotate_task task ON task.id = assignment.task_id
    WHERE assignment.annotator_id = %(user)s AND assignment.project_id = %(project)s
      AND assignment.purpose IN ('base', 'bridge')
    ORDER BY assignment.id DESC LIMIT 1
), mine AS MATERIALIZED (
    SELECT batch.id, coalesce(last.rank, -2147483648) AS last_rank, coalesce(last.id, 0) AS last_id
    FROM annotate_batch batch LEFT JOIN last ON last.batch_id = batch.id
    WHERE batch.project_id = %(project)s AND batch.state = 'open'
      AND (batch.languages = '{}' OR batch.languages && %(languages)s::varchar[])
      AND (batch.teams = '{}' OR %(team)s = ANY (batch.teams))
      AND (batch.purpose IN ('training', 'qualification')) = %(gated)s
    ORDER BY batch.purpose = 'training' DESC, batch.priority DESC, batch.id
)"""

# Who held a task, or reviewed its conversation when in that role, is never asked it; nor, in real work,
# who met the conversation in a task with a key: training, qualification or gold. A follow-up is for people who
# held no task of its conversation, and a repeat is made and handed out at once: nobody finds it waiting.
_NOT_YET = """task.reserved_for_id IS NULL AND NOT EXISTS (
    SELECT FROM annotate_assignment assignment
    WHERE assignment.task_id = task.id AND assignment.annotator_id = %(user)s
      AND assignment.status <> 'lapsed')
    AND NOT EXISTS (
    SELECT FROM annotate_review review
    WHERE review.conversation_id = task.conversation_id AND review.reviewer_id = %(user)s)
    AND (%(gated)s OR NOT EXISTS (
    SELECT FROM annotate_task twin
    JOIN annotate_goldkey key ON key.task_id = twin.id
    JOIN annotate_assignment met ON met.task_id = twin.id AND met.annotator_id = %(user)s
    WHERE twin.conversation_id = task.conversation_id AND twin.id <> task.id))
    AND (task.follows_id IS NULL OR NOT EXISTS (
    SELECT FROM annotate_task twin
    JOIN annotate_assignment met ON met.task_id = twin.id AND met.annotator_id = %(user)s
    WHERE twin.conversation_id = task.conversation_id AND twin.id <> task.id))"""

# A gold task is for people to whom its conversation is new, whatever the task they may have had it in.
_NEVER_MET = """NOT EXISTS (
    SELECT FROM annotate_task twin
    JOIN annotate_assignment met ON met.task_id = twin.id AND met.annotator_id = %(user)s
    WHERE twin.conversation_id = task.conversation_id)
    AND NOT EXISTS (
    SELECT FROM annotate_review review
    WHERE review.conversation_id = task.conversation_id AND review.reviewer_id = %(user)s)"""


def _open_task(where: str) -> str:
    return f"""SELECT * FROM (
        SELECT task.id FROM annotate_task task
        WHERE task.batch_id = mine.id AND task.open_slots > 0 AND NOT task.is_gold AND {where} AND {_NOT_YET}
        ORDER BY task.rank, task.id LIMIT 1 FOR UPDATE OF task SKIP LOCKED) one"""  # noqa: S608


_TASK = """task.id, task.batch_id, task.conversation_id, task.asks, task.closed_at, task.is_gold, task.follows_id,
    task.reserved_for_id"""

# Only what lapsed may be revived. When the same person took this very task since the statement began, the
# impossible hand 0 makes the database refuse the whole statement, the slot that it took included.
_GRANT = """
held AS (
    INSERT INTO annotate_assignment (
        uid, task_id, project_id, annotator_id, purpose, status, hand, lease_number, lease_expires_at,
        draft_sequence, shown_order, skip_reason, claimed_at)
    SELECT gen_random_uuid(), taken.id, %(project)s, %(user)s,
        CASE WHEN taken.is_gold THEN 'gold' WHEN taken.reserved_for_id IS NOT NULL THEN 'repeat'
             WHEN taken.follows_id IS NOT NULL THEN 'extra'
             WHEN (SELECT purpose FROM annotate_batch WHERE id = taken.batch_id) = 'bridge' THEN 'bridge'
             ELSE 'base' END, 'active',
        CASE WHEN EXISTS (
            SELECT FROM annotate_assignment busy
            WHERE busy.annotator_id = %(user)s AND busy.project_id = %(project)s
              AND busy.status = 'active' AND busy.hand = 1) THEN 2 ELSE 1 END,
        1, now() + %(lease)s * interval '1 second', 0,
        ARRAY(SELECT response.id FROM annotate_response response
              JOIN annotate_turn turn ON turn.id = response.turn_id
              WHERE turn.conversation_id = taken.conversation_id ORDER BY random()),
        '', now()
    FROM taken
    ON CONFLICT (task_id, annotator_id) DO UPDATE SET
        status = 'active', closed_at = NULL, claimed_at = excluded.claimed_at,
        hand = CASE annotate_assignment.status WHEN 'lapsed' THEN excluded.hand ELSE 0 END,
        lease_number = annotate_assignment.lease_number + 1, lease_expires_at = excluded.lease_expires_at
    RETURNING *
)"""

_FIRST_OPEN = f"""
    SELECT candidate.id FROM mine CROSS JOIN LATERAL (
        {_open_task("task.rank < mine.last_rank")}
        UNION ALL
        {_open_task("(task.rank, task.id) > (mine.last_rank, mine.last_id)")}
        UNION ALL
        {_open_task("task.rank = mine.last_rank AND task.id <= mine.last_id")}
    ) candidate LIMIT 1
"""  # noqa: S608

_TAKE_PICKED = f"""
taken AS (
    UPDATE annotate_task task SET open_slots = open_slots - 1 FROM picked WHERE task.id = picked.id
    RETURNING {_TASK}
), {_GRANT}{HELD}"""  # noqa: S608

TAKE_OPEN = f"WITH {_MINE}, picked AS ({_FIRST_OPEN}), {_TAKE_PICKED}"

# When the coin has fallen: a gold task that is new to the person, else the first open one. Where no open
# one waits there is no gold either: work that goes on after the end would say what it is.
TAKE_GOLD = f"""
WITH {_MINE}, open_one AS MATERIALIZED ({_FIRST_OPEN}), gold AS MATERIALIZED (
    SELECT task.id FROM mine JOIN annotate_task task ON task.batch_id = mine.id
    WHERE task.is_gold AND task.open_slots > 0 AND {_NEVER_MET}
    ORDER BY random() LIMIT 1 FOR UPDATE OF task SKIP LOCKED
), picked AS (
    SELECT coalesce((SELECT id FROM gold), open_one.id) AS id FROM open_one
), {_TAKE_PICKED}"""  # noqa: S608

# When the coin has fallen the other way: one of the person's own tasks of a while ago once more, as a task that is
# only theirs, else the first open one. The new rows are not in the statement's own snapshot, so what shows the task
# reads it from here. Where no open one waits nothing is repeated either.
TAKE_AGAIN = f"""
WITH {_MINE}, open_one AS MATERIALIZED ({_FIRST_OPEN}), past AS MATERIALIZED (
    SELECT task_id, status, purpose, closed_at FROM annotate_assignment
    WHERE annotator_id = %(user)s AND project_id = %(project)s
    ORDER BY id DESC OFFSET {REPEAT_AFTER_TASKS} LIMIT {REPEAT_WINDOW}
), original AS MATERIALIZED (
    SELECT task.* FROM past JOIN annotate_task task ON task.id = past.task_id
    WHERE past.status = 'submitted' AND past.purpose = 'base'
      AND past.closed_at < now() - interval '{REPEAT_AFTER_HOURS} hours'
      AND task.batch_id IN (SELECT id FROM mine) AND task.closed_at IS NULL AND EXISTS (SELECT FROM open_one)
      AND NOT EXISTS (SELECT FROM annotate_task again
                      WHERE again.follows_id = task.id AND again.reserved_for_id = %(user)s)
      AND NOT EXISTS (SELECT FROM annotate_review review
                      WHERE review.conversation_id = task.conversation_id AND review.reviewer_id = %(user)s)
    ORDER BY random() LIMIT 1
), again AS (
    INSERT INTO annotate_task AS task (uid, batch_id, conversation_id, overlap, open_slots, rank, asks, probability,
                                       is_gold, follows_id, reserved_for_id, created_at)
    SELECT gen_random_uuid(), batch_id, conversation_id, 1, 0, rank, asks, probability, false, id, %(user)s, now()
    FROM original
    RETURNING {_TASK}
), path AS (
    INSERT INTO annotate_taskpath (uid, task_id, response_id, position, whole, external_id)
    SELECT gen_random_uuid(), again.id, path.response_id, path.position, path.whole, path.external_id
    FROM again JOIN annotate_taskpath path ON path.task_id = again.follows_id
), ordinary AS (
    UPDATE annotate_task task SET open_slots = open_slots - 1 FROM open_one
    WHERE task.id = open_one.id AND NOT EXISTS (SELECT FROM original)
    RETURNING {_TASK}
), taken AS (
    SELECT * FROM again UNION ALL SELECT * FROM ordinary
), {_GRANT}{HELD.replace("annotate_task task ON", "taken task ON", 1)}"""  # noqa: S608

# The task is locked too, so that nobody takes over what is being closed as a bad item at this moment.
TAKE_OVER = f"""
WITH {_MINE}, lapsed AS (
    UPDATE annotate_assignment SET status = 'lapsed', closed_at = now()
    WHERE id = (
        SELECT expired.id FROM annotate_assignment expired
        JOIN annotate_task task ON task.id = expired.task_id
        WHERE expired.project_id = %(project)s AND expired.status = 'active'
          AND expired.lease_expires_at < now() AND expired.annotator_id <> %(user)s
          AND task.batch_id IN (SELECT id FROM mine) AND task.closed_at IS NULL AND NOT task.is_gold AND {_NOT_YET}
        ORDER BY expired.lease_expires_at LIMIT 1
        FOR UPDATE OF expired SKIP LOCKED FOR SHARE OF task SKIP LOCKED)
    RETURNING task_id
), taken AS (
    SELECT {_TASK} FROM lapsed JOIN annotate_task task ON task.id = lapsed.task_id
), {_GRANT}{HELD}"""  # noqa: S608

TAKE_NAMED = f"""
WITH taken AS (
    UPDATE annotate_task task SET open_slots = open_slots - 1
    WHERE task.id = %(task)s AND task.open_slots > 0 AND task.closed_at IS NULL AND {_NOT_YET}
      AND EXISTS (SELECT FROM annotate_batch batch
                  WHERE batch.id = task.batch_id AND batch.project_id = %(project)s AND batch.state = 'open')
      AND (SELECT count(*) FROM annotate_assignment busy
           WHERE busy.annotator_id = %(user)s AND busy.project_id = %(project)s AND busy.status = 'active') < 2
    RETURNING {_TASK}
), {_GRANT}{HELD}"""  # noqa: S608

# What the person's other tab took since this claim began is theirs to renew: there is something, not nothing.
LOOK = f"""
WITH {_MINE}
SELECT EXISTS (SELECT FROM mine),
       EXISTS (SELECT FROM mine JOIN annotate_task task ON task.batch_id = mine.id
               WHERE task.open_slots > 0 AND NOT task.is_gold AND {_NOT_YET})
       OR EXISTS (SELECT FROM annotate_assignment own
                  WHERE own.annotator_id = %(user)s AND own.project_id = %(project)s AND own.status = 'active'
                    AND own.uid IS DISTINCT FROM %(after)s),
       (SELECT extract(epoch FROM min(other.lease_expires_at) - now())::float
        FROM annotate_assignment other JOIN annotate_task task ON task.id = other.task_id
        WHERE other.project_id = %(project)s AND other.status = 'active' AND other.annotator_id <> %(user)s
          AND task.batch_id IN (SELECT id FROM mine) AND task.closed_at IS NULL AND NOT task.is_gold
          AND {_NOT_YET})"""  # noqa: S608

WHY_CLOSED = """
SELECT CASE WHEN bool_or(fits AND state = 'paused') THEN 'paused'
            WHEN bool_or(NOT fits AND state = 'open') THEN 'elsewhere'
            ELSE 'closed' END
FROM (SELECT batch.state, (batch.languages = '{}' OR batch.languages && %(languages)s::varchar[])
             AND (batch.teams = '{}' OR %(team)s = ANY (batch.teams)) AS fits
      FROM annotate_batch batch
      WHERE batch.project_id = %(project)s AND batch.purpose NOT IN ('training', 'qualification')) batch"""
