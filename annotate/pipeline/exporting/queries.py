"""The SELECT behind every table of a release: shaped by the server, so that nothing loops in Python.

Columns stand in the order of ``formats.schema``. Nothing but integers is ever put into a statement.
People come as internal ids and are replaced while the rows pass by (see shaping). The source of a
query holds the whole project; filters only narrow it, so that what they leave out can be counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from annotate.pipeline.exporting.filters import Filters

_JUDGEMENT = """judgement.uid::text AS id, submission.uid::text AS submission, submission.is_latest,
    submission.origin, submission.annotator_id AS annotator, conversation.uid::text AS conversation"""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked for, in internal ids. ``batches`` is None when all batches are wanted.

    ``held_out`` are the holdout batches whose conversations stay out.
    """

    project: int
    filters: Filters
    batches: tuple[int, ...] | None
    held_out: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """One table's rows; ``narrowed`` are the conditions that the filters add."""

    columns: str
    source: str
    order: str
    narrowed: tuple[str, ...] = ()

    @property
    def filtered(self) -> str:
        """The source with its conditions."""
        return self.source + (f" WHERE {' AND '.join(self.narrowed)}" if self.narrowed else "")

    def select(self) -> str:
        """Return the statement for the rows."""
        return f"SELECT {self.columns} FROM {self.filtered} ORDER BY {self.order}"  # noqa: S608

    def count_all(self) -> str:
        """Return the statement that counts the project's rows without the filters."""
        return f"SELECT count(*) AS rows FROM {self.source}"  # noqa: S608


def queries(selection: Selection) -> dict[str, Query]:
    """Return the query of every table but ``annotators``."""
    return {
        **_content(selection),
        **_work(selection),
        **_judgements(selection),
        **_opinions(selection),
        **_reviews(selection),
    }


def people(selection: Selection) -> str:
    """Return the statement for everybody who occurs in the release, each with the membership."""
    tables = queries(selection)
    mentioned = " UNION ".join(
        f"SELECT {column} FROM {tables[table].filtered}"  # noqa: S608
        for table, column in (
            ("assignments", "assignment.annotator_id"),
            ("submissions", "submission.annotator_id"),
            ("reviews", "review.reviewer_id"),
            ("flags", "flag.annotator_id"),
            ("audits", "audit.annotator_id"),
        )
    )
    return f"""SELECT person.id AS key, person.uid::text AS id, person.kind, person.username AS name,
        coalesce(membership.role, '') AS role, coalesce(membership.team, '') AS team,
        coalesce(membership.languages, '{{}}')::text[] AS languages
    FROM annotate_user person
    LEFT JOIN annotate_membership membership
        ON membership.user_id = person.id AND membership.project_id = {int(selection.project)}
    WHERE person.id IN ({mentioned})"""  # noqa: S608


def measuring(project: int) -> str:
    """Return the statement for the outside ids of answers to training, qualification, gold and repeats."""
    return f"""SELECT submission.uid::text AS id FROM annotate_submission submission
    JOIN annotate_task task ON task.id = submission.task_id
    JOIN annotate_batch batch ON batch.id = task.batch_id
    WHERE batch.project_id = {int(project)}
      AND (task.is_gold OR task.reserved_for_id IS NOT NULL OR batch.purpose IN ('training', 'qualification'))"""  # noqa: S608


def _numbers(ids: Iterable[int]) -> str:
    return ", ".join(str(int(one)) for one in ids) or "NULL"


def _in_batches(selection: Selection, column: str) -> tuple[str, ...]:
    return () if selection.batches is None else (f"{column} IN ({_numbers(selection.batches)})",)


def _asked(selection: Selection) -> tuple[str, ...]:
    """Narrow conversations to those that a wanted batch asks about and no holdout batch does."""
    wanted = tuple(
        f"conversation.id IN (SELECT asking.conversation_id FROM annotate_task asking WHERE {condition})"  # noqa: S608
        for condition in _in_batches(selection, "asking.batch_id")
    )
    return (*wanted, *_not_held_out(selection, "conversation.id"))


def _not_held_out(selection: Selection, column: str) -> tuple[str, ...]:
    if not selection.held_out:
        return ()
    held_out = _numbers(selection.held_out)
    return (
        f"{column} NOT IN (SELECT held.conversation_id FROM annotate_task held WHERE held.batch_id IN ({held_out}))",  # noqa: S608
    )


def _of_task(selection: Selection) -> tuple[str, ...]:
    """Narrow tasks, and what hangs on them, to wanted batches and conversations that are not held out."""
    return (
        *_in_batches(selection, "task.batch_id"),
        *_not_held_out(selection, "task.conversation_id"),
    )


def _owned(table: str, alias: str, selection: Selection) -> str:
    return f"(SELECT * FROM {table} WHERE project_id = {int(selection.project)}) {alias}"  # noqa: S608


def _parts(selection: Selection) -> str:
    return f"""annotate_messagepart part
        LEFT JOIN annotate_response response ON response.id = part.response_id
        JOIN annotate_turn turn ON turn.id = coalesce(part.turn_id, response.turn_id)
        JOIN {_owned("annotate_conversation", "conversation", selection)}
            ON conversation.id = turn.conversation_id"""


def _content(selection: Selection) -> dict[str, Query]:
    conversation, asked = _owned("annotate_conversation", "conversation", selection), _asked(selection)
    return {
        "conversations": Query(
            """conversation.uid::text AS id, conversation.external_id, conversation.language,
            conversation.meta::text AS meta, source.uid::text AS import, conversation.created_at,
            conversation.content_warnings::text[] AS content_warnings""",
            f"{conversation} LEFT JOIN annotate_importrun source ON source.id = conversation.import_run_id",
            "conversation.id",
            asked,
        ),
        "nodes": Query(
            """node.uid::text AS id, conversation.uid::text AS conversation, node.kind,
            node.parent::text AS parent, node.number AS turn_number, node.external_id, node.source_model,
            node.meta::text AS meta""",
            f"""{conversation} JOIN (
                SELECT turn.conversation_id, turn.number, turn.id AS turn_id, 0 AS response_id, turn.uid,
                    'turn' AS kind, parent.uid AS parent, turn.external_id, '' AS source_model, turn.meta
                FROM annotate_turn turn LEFT JOIN annotate_response parent ON parent.id = turn.parent_id
                UNION ALL
                SELECT turn.conversation_id, turn.number, turn.id, response.id, response.uid,
                    'response', turn.uid, response.external_id, response.source_model, response.meta
                FROM annotate_response response JOIN annotate_turn turn ON turn.id = response.turn_id
            ) node ON node.conversation_id = conversation.id""",  # noqa: S608
            "conversation.id, node.number, node.turn_id, node.response_id",
            asked,
        ),
        "parts": Query(
            """coalesce(response.uid, turn.uid)::text AS node, conversation.uid::text AS conversation,
            part.position, part.kind, part.text, image.uid::text AS image, part.caption, part.reference,
            part.aliases::text[] AS aliases""",
            f"{_parts(selection)} LEFT JOIN annotate_image image ON image.id = part.image_id",
            "conversation.id, turn.number, turn.id, part.response_id NULLS FIRST, part.position",
            asked,
        ),
        "images": Query(
            """image.uid::text AS id, image.file, image.sha256, image.media_type, image.width, image.height,
            image.size""",
            _owned("annotate_image", "image", selection),
            'image.sha256 COLLATE "C"',
            tuple(
                f"image.id IN (SELECT part.image_id FROM {_parts(selection)} WHERE {condition})"  # noqa: S608
                for condition in asked
            ),
        ),
    }


def _work(selection: Selection) -> dict[str, Query]:
    task = f"""annotate_task task
        JOIN {_owned("annotate_batch", "batch", selection)} ON batch.id = task.batch_id"""
    return {
        "tasks": Query(
            """task.uid::text AS id, conversation.uid::text AS conversation, batch.name AS batch, task.overlap,
            task.open_slots, task.rank, task.asks::text AS asks, task.probability, task.created_at,
            paths.ids AS path_ids, paths.responses AS path_responses, paths.whole AS path_whole,
            paths.external_ids AS path_external_ids, original.uid::text AS follows,
            task.is_gold, task.closed_at""",
            f"""{task} JOIN annotate_conversation conversation ON conversation.id = task.conversation_id
            LEFT JOIN annotate_task original ON original.id = task.follows_id
            CROSS JOIN LATERAL (
                SELECT coalesce(array_agg(path.uid::text ORDER BY path.position), '{{}}') AS ids,
                    coalesce(array_agg(response.uid::text ORDER BY path.position), '{{}}') AS responses,
                    coalesce(array_agg(path.whole ORDER BY path.position), '{{}}') AS whole,
                    coalesce(array_agg(path.external_id::text ORDER BY path.position), '{{}}') AS external_ids
                FROM annotate_taskpath path JOIN annotate_response response ON response.id = path.response_id
                WHERE path.task_id = task.id
            ) paths""",  # noqa: S608
            "task.id",
            _of_task(selection),
        ),
        "assignments": Query(
            """assignment.uid::text AS id, task.uid::text AS task, assignment.annotator_id AS annotator,
            assignment.purpose, assignment.status, assignment.lease_number, assignment.lease_expires_at,
            ARRAY(SELECT response.uid::text
                  FROM unnest(assignment.shown_order) WITH ORDINALITY shown (id, place)
                  JOIN annotate_response response ON response.id = shown.id
                  ORDER BY shown.place) AS shown_order,
            assignment.skip_reason, assignment.claimed_at, assignment.closed_at""",
            f"""{_owned("annotate_assignment", "assignment", selection)}
            JOIN annotate_task task ON task.id = assignment.task_id""",
            "assignment.id",
            _of_task(selection),
        ),
        "submissions": Query(
            """submission.uid::text AS id, submission.task_uid::text AS task,
            conversation.uid::text AS conversation, assignment.uid::text AS assignment,
            submission.annotator_id AS annotator, submission.origin, submission.revision,
            submission.is_latest, submission.rubric, submission.rubric_version, submission.external_id,
            submission.active_ms, submission.created_at""",
            f"""{_submissions(selection)}
            LEFT JOIN annotate_assignment assignment ON assignment.id = submission.assignment_id""",
            "submission.id",
            _answered(selection),
        ),
    }


def _submissions(selection: Selection) -> str:
    """Return submissions of the project, each knowing whether it is the valid one, with the conversation."""
    return f"""(
        SELECT given.*, task.uid AS task_uid, task.batch_id, task.conversation_id, rubric.key AS rubric,
            rubric.version AS rubric_version, given.revision = max(given.revision) OVER (
                PARTITION BY given.task_id, given.annotator_id, given.origin) AS is_latest
        FROM annotate_submission given JOIN annotate_task task ON task.id = given.task_id
        JOIN annotate_rubric rubric ON rubric.id = given.rubric_id
        JOIN {_owned("annotate_batch", "batch", selection)} ON batch.id = task.batch_id
    ) submission JOIN annotate_conversation conversation ON conversation.id = submission.conversation_id"""  # noqa: S608


def _answered(selection: Selection) -> tuple[str, ...]:
    """Narrow submissions, and with them their judgements, to wanted batches and origins."""
    wanted = [f"'{one}'" for one in ("live", "imported", "review") if one in selection.filters.origin]
    origins = (f"submission.origin IN ({', '.join(wanted)})",) if wanted else ()
    kept = _not_held_out(selection, "submission.conversation_id")
    return (*_in_batches(selection, "submission.batch_id"), *kept, *origins)


def _judgements(selection: Selection) -> dict[str, Query]:
    given, answered = _submissions(selection), _answered(selection)
    own = f"{given} JOIN {{table}} judgement ON judgement.submission_id = submission.id"
    response = "JOIN annotate_response response ON response.id = judgement.response_id"
    dimension = "JOIN annotate_dimension dimension ON dimension.id = judgement.dimension_id"
    pair = """LEFT JOIN annotate_response lower ON lower.id = judgement.left_id
        LEFT JOIN annotate_response upper ON upper.id = judgement.right_id"""
    return {
        "ratings": Query(
            f"""{_JUDGEMENT}, response.uid::text AS response, dimension.scope, dimension.key AS dimension,
            judgement.value, judgement.state, submission.rubric_version""",
            f"{own.format(table='annotate_rating')} {response} {dimension}",
            "judgement.id",
            answered,
        ),
        "comparisons": Query(
            f"""{_JUDGEMENT}, judgement.scope, dimension.key AS dimension, lower.uid::text AS left,
            upper.uid::text AS right, judgement.preference,
            CASE WHEN array_position(assignment.shown_order, judgement.left_id)
                    < array_position(assignment.shown_order, judgement.right_id) THEN lower.uid::text
                 WHEN array_position(assignment.shown_order, judgement.left_id)
                    > array_position(assignment.shown_order, judgement.right_id) THEN upper.uid::text
            END AS shown_first, submission.rubric_version""",
            f"""{own.format(table="annotate_comparison")} {pair} LEFT {dimension}
            LEFT JOIN annotate_assignment assignment ON assignment.id = submission.assignment_id""",
            "judgement.id",
            answered,
        ),
        "notes": Query(
            f"""{_JUDGEMENT}, judgement.kind, judgement.scope, dimension.key AS dimension,
            response.uid::text AS response, lower.uid::text AS left, upper.uid::text AS right,
            image.uid::text AS image, judgement.text""",
            f"""{own.format(table="annotate_note")} LEFT {response} {pair} LEFT {dimension}
            LEFT JOIN annotate_image image ON image.id = judgement.image_id""",
            "judgement.id",
            answered,
        ),
        "steps": Query(
            f"""{_JUDGEMENT}, response.uid::text AS response, judgement.index, judgement.value,
            judgement.splitter_version""",
            f"{own.format(table='annotate_steplabel')} {response}",
            "judgement.id",
            answered,
        ),
    }


_CONVERSATION = "JOIN annotate_conversation conversation ON conversation.id"
# What a flag or a label drawn for the audit is about, and the review that decided it.
_ABOUT = """LEFT JOIN annotate_response response ON response.id = {row}.response_id
    LEFT JOIN annotate_response lower ON lower.id = {row}.left_id
    LEFT JOIN annotate_response upper ON upper.id = {row}.right_id
    LEFT JOIN annotate_dimension dimension ON dimension.id = {row}.dimension_id
    LEFT JOIN annotate_review review ON review.id = {row}.review_id"""


def _opinions(selection: Selection) -> dict[str, Query]:
    asked = _asked(selection)
    trained = () if selection.filters.include_untrained_scores else ("run.trained",)
    # What is about a person or a run has no conversation: it stays in unless batches are chosen.
    flagged = tuple(
        f"(flag.conversation_id IS NULL OR {one})" for one in _not_held_out(selection, "flag.conversation_id")
    )
    return {
        "scores": Query(
            """score.uid::text AS id, run.uid::text AS run, run.scorer, run.trained,
            conversation.uid::text AS conversation, response.uid::text AS response,
            dimension.key AS dimension, score.value, score.error_code, score.error_detail, score.step_values,
            score.step_first, score.step_last, score.splitter_version, score.tokens, score.seconds,
            score.created_at""",
            f"""{_owned("annotate_scorerrun", "run", selection)}
            JOIN annotate_score score ON score.run_id = run.id
            JOIN annotate_response response ON response.id = score.response_id
            JOIN annotate_turn turn ON turn.id = response.turn_id
            {_CONVERSATION} = turn.conversation_id
            LEFT JOIN annotate_dimension dimension ON dimension.id = score.dimension_id""",
            "score.id",
            (*trained, *asked),
        ),
        "flags": Query(
            """flag.uid::text AS id, flag.kind, conversation.uid::text AS conversation, flag.scope,
            response.uid::text AS response, lower.uid::text AS left, upper.uid::text AS right,
            dimension.key AS dimension, flag.annotator_id AS annotator, flag.evidence::text AS evidence,
            flag.p_value, calibration.uid::text AS calibration, flag.status, flag.closed_reason,
            review.uid::text AS review, flag.outcome, flag.fingerprint, flag.created_at,
            run.uid::text AS run, flag.priority, flag.model_fault, followup.uid::text AS followup""",
            f"""{_owned("annotate_flag", "flag", selection)}
            LEFT {_CONVERSATION} = flag.conversation_id {_ABOUT.format(row="flag")}
            LEFT JOIN annotate_calibration calibration ON calibration.id = flag.calibration_id
            LEFT JOIN annotate_scorerrun run ON run.id = flag.run_id
            LEFT JOIN annotate_task followup ON followup.id = flag.followup_id""",
            "flag.id",
            flagged if selection.batches is None else asked,
        ),
    }


def _reviews(selection: Selection) -> dict[str, Query]:
    asked = _asked(selection)
    return {
        "reviews": Query(
            """review.uid::text AS id, conversation.uid::text AS conversation, review.reviewer_id AS reviewer,
            blind.uid::text AS blind, final.uid::text AS final, review.outcome, review.comment,
            review.is_audit, review.started_at, review.revealed_at, review.finished_at,
            first.uid::text AS second_of, review.active_ms, review.remark""",
            f"""{_owned("annotate_review", "review", selection)}
            {_CONVERSATION} = review.conversation_id
            LEFT JOIN annotate_submission blind ON blind.id = review.blind_id
            LEFT JOIN annotate_submission final ON final.id = review.final_id
            LEFT JOIN annotate_review first ON first.id = review.second_of_id""",
            "review.id",
            asked,
        ),
        "audits": Query(
            """audit.uid::text AS id, conversation.uid::text AS conversation, audit.scope,
            response.uid::text AS response, lower.uid::text AS left, upper.uid::text AS right,
            dimension.key AS dimension, audit.annotator_id AS annotator, submission.uid::text AS submission,
            audit.probability, review.uid::text AS review, audit.created_at""",
            f"""{_owned("annotate_audititem", "audit", selection)}
            {_CONVERSATION} = audit.conversation_id {_ABOUT.format(row="audit")}
            JOIN annotate_submission submission ON submission.id = audit.submission_id""",
            "audit.id",
            asked,
        ),
    }
