"""Fill a project with generated conversations and tasks, in SQL, so that a million tasks take a minute."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from annotate.models import ApiToken, Membership, Project, User
from annotate.pipeline import planning

WORDS = "The answer walks through the figure step by step, names every part, and ends with a short summary. "


@dataclass(frozen=True, slots=True)
class Seeded:
    """A project ready for work and the tokens of its annotators."""

    project: Project
    tokens: list[str]
    users: list[User]


def seed(  # noqa: PLR0913 - each is one number of the project's shape
    slug: str, *, conversations: int, tasks: int, people: int, overlap: int = 1, turns: int = 5
) -> Seeded:
    """Make a project of ``tasks`` over ``conversations`` of two candidates a turn, each text about 700 characters."""
    project = planning.create_project(slug=slug, name=slug, overlap=overlap)
    batch = project.batches.get(is_default=True)
    with connection.cursor() as cursor:
        cursor.execute(_CONVERSATIONS, {"project": project.pk, "count": conversations})
        for number in range(1, turns + 1):
            cursor.execute(_TURNS, {"project": project.pk, "number": number})
            cursor.execute(_RESPONSES, {"project": project.pk, "number": number})
        text = WORDS * 6
        for owner in ("turn", "response"):
            cursor.execute(
                _PARTS.format(owner=owner),
                {
                    "project": project.pk,
                    "text": text if owner == "response" else WORDS,
                    "html": f"<p>{text}</p>",
                },
            )
        cursor.execute(_TASKS, {"project": project.pk, "batch": batch.pk, "count": tasks, "overlap": overlap})
        cursor.execute(_PATHS, {"batch": batch.pk, "turns": turns})
        cursor.execute("ANALYZE")
    users = [_person(project, f"{slug}-{index}") for index in range(people)]
    return Seeded(project, [ApiToken.issue(user, "benchmark") for user in users], users)


def _person(project: Project, name: str) -> User:
    user = User(username=name)
    user.set_unusable_password()
    user.save()
    Membership.objects.create(project=project, user=user, role=Membership.Role.ANNOTATOR)
    return user


_CONVERSATIONS = """
INSERT INTO annotate_conversation (uid, project_id, identity, external_id, language, meta, content_warnings,
                                   created_at)
SELECT gen_random_uuid(), %(project)s, sha256(('c' || n)::bytea), 'c' || n, 'en', '{}', '{}', now()
FROM generate_series(1, %(count)s) n"""

_TURNS = """
INSERT INTO annotate_turn (uid, conversation_id, parent_id, number, identity, external_id, meta)
SELECT gen_random_uuid(), c.id, parent.id, %(number)s, sha256(('t' || %(number)s)::bytea), '', '{}'
FROM annotate_conversation c
LEFT JOIN LATERAL (
    SELECT min(r.id) AS id FROM annotate_turn t JOIN annotate_response r ON r.turn_id = t.id
    WHERE t.conversation_id = c.id AND t.number = %(number)s - 1) parent ON true
WHERE c.project_id = %(project)s"""

_RESPONSES = """
INSERT INTO annotate_response (uid, turn_id, identity, external_id, source_model, meta)
SELECT gen_random_uuid(), t.id, sha256(('r' || which)::bytea), '', 'model-' || which, '{}'
FROM annotate_turn t JOIN annotate_conversation c ON c.id = t.conversation_id, generate_series(1, 2) which
WHERE c.project_id = %(project)s AND t.number = %(number)s"""

_PARTS = """
INSERT INTO annotate_messagepart (uid, {owner}_id, position, kind, text, html, html_version, caption, reference,
                                  aliases)
SELECT gen_random_uuid(), owner.id, 0, 'text', %(text)s, %(html)s, 1, '', '', '{{}}'
FROM annotate_{owner} owner WHERE owner.id IN (
    SELECT {owner}.id FROM annotate_conversation c JOIN annotate_turn turn ON turn.conversation_id = c.id
    JOIN annotate_response response ON response.turn_id = turn.id WHERE c.project_id = %(project)s)"""

_TASKS = """
INSERT INTO annotate_task (uid, batch_id, conversation_id, overlap, open_slots, rank, probability, is_gold,
                           created_at)
SELECT gen_random_uuid(), %(batch)s, c.ids[1 + n %% array_length(c.ids, 1)], %(overlap)s, %(overlap)s, 0, 1, false,
       now()
FROM (SELECT array_agg(id ORDER BY id) AS ids FROM annotate_conversation WHERE project_id = %(project)s) c,
     generate_series(0, %(count)s - 1) n"""

# The first path is whole; every other candidate that ends a branch is a path of its own.
_PATHS = """
INSERT INTO annotate_taskpath (uid, task_id, response_id, position, whole, external_id)
SELECT gen_random_uuid(), task.id, leaf.id, leaf.position, leaf.position = 0, ''
FROM annotate_task task JOIN LATERAL (
    SELECT r.id, row_number() OVER (ORDER BY t.number DESC, r.id) - 1 AS position
    FROM annotate_turn t JOIN annotate_response r ON r.turn_id = t.id
    WHERE t.conversation_id = task.conversation_id
      AND NOT EXISTS (SELECT FROM annotate_turn child WHERE child.parent_id = r.id)
) leaf ON true WHERE task.batch_id = %(batch)s"""
