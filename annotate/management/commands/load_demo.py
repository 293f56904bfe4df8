"""manage load_demo."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from annotate import demo
from annotate.management import answers, demo_academy, demo_judgements
from annotate.models import ImportRun, Membership, Project, User
from annotate.pipeline import enrolling, guiding, importing, planning

SLUG = "demo"
NAME = "Demo: nine dimensions"
ACCOUNTS = {
    "annotator1": "annotator",
    "annotator2": "annotator",
    "reviewer": "reviewer",
    "manager": "manager",
}
# They have answered some tasks already; nobody can log in as one of them.
JUDGES = ["demo-ines", "demo-omar"]


class Command(BaseCommand):
    """Create the demo projects."""

    help = (
        "Create the demo projects: conversations, accounts, first answers, keys. Again: only what is missing."
    )

    def handle(self, **_options: Any) -> None:  # noqa: ANN401
        """Create what is missing; the log-ins are in demo_accounts.json in the data folder."""
        with answers.refusals_said(), tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            project = Project.objects.filter(slug=SLUG).first() or planning.create_project(SLUG, NAME)
            # Its judges label some steps, and what they disagree on is there for a reviewer to see at once.
            project.batches.filter(is_default=True).update(step_labels=True, extra_share=0)
            _guide(project)
            _import(project, demo.conversation_files(), folder)
            _enrol(project, settings.DATA_DIR / "demo_accounts.json")
            _judge(project)
            load_academy(project, folder)
        self.stdout.write(f"The demo project is ready: {project.conversations.count()} conversations.")


def _guide(project: Project) -> None:
    """Publish the demo's guidelines, unless the project has some."""
    if project.guidelines.exists():
        return
    examples = [guiding.Example(**one) for one in demo.worked_examples()]
    guiding.publish(project.pk, guiding.NewGuideline(demo.guideline_texts(), examples=examples), by=None)


def load_academy(project: Project, folder: Path) -> None:
    """Create the second demo project, on which one sees training and a qualification."""
    academy = demo_academy.create()
    academy.batches.filter(is_default=True).update(step_labels=True)  # as in the demo itself
    _import(academy, demo_academy.conversation_files(), folder)
    demo_academy.furnish(academy, project)


def _import(project: Project, files: Sequence[Path], folder: Path) -> None:
    """Import demo conversations, unless these very ones are there; pictures are drawn once per folder."""
    conversations = [json.loads(file.read_bytes()) for file in files]
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in conversations).encode()
    sha256 = hashlib.sha256(lines).hexdigest()
    if ImportRun.objects.filter(project=project, file_sha256=sha256, status="done", dry_run=False).exists():
        return
    if not (folder / "pictures").exists():
        demo.draw_pictures(folder / "pictures")
    file = folder / "demo.jsonl"
    file.write_bytes(lines)
    report = importing.import_file(project, file, images=folder / "pictures", options=importing.Options())
    if report.refused:
        first = report.refused[0]
        raise CommandError(f"The demo's {first['place']} was refused: {first['detail']}")


def _enrol(project: Project, file: Path) -> None:
    """Create the demo's accounts.

    The file is written first: what it lists and the database lacks is made good at the next start.
    """
    passwords = _known_passwords(file)
    names = {wanted: _free_name(project, wanted) for wanted in ACCOUNTS}
    accounts = [
        {
            "role": role,
            "username": names[wanted],
            "password": passwords.get(names[wanted]) or enrolling.random_password(),
        }
        for wanted, role in ACCOUNTS.items()
    ]
    _write_private(file, json.dumps(accounts, indent=2) + "\n")
    for account in accounts:
        enrolling.ensure_person(
            project, Membership.Role(account["role"]), account["username"], account["password"]
        )


def _judge(project: Project) -> None:
    """Submit what the demo's people say about some of the conversations, unless they did."""
    judges = {
        wanted: enrolling.ensure_person(
            project, Membership.Role.ANNOTATOR, _free_name(project, wanted), password=None
        )
        for wanted in JUDGES
    }
    demo_judgements.submit_missing(project, judges)


def _known_passwords(file: Path) -> dict[str, str]:
    try:
        return {one["username"]: one["password"] for one in json.loads(file.read_text())}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{file} is damaged. Delete it: the demo accounts get new passwords.") from error


def _free_name(project: Project, wanted: str) -> str:
    """Return the name, or ``demo-<name>`` where somebody outside the demo has it."""
    stranger = User.objects.filter(username=wanted).exclude(memberships__project=project).exists()
    return f"demo-{wanted}" if stranger else wanted


def _write_private(file: Path, text: str) -> None:
    """Replace the file in one step; nobody else may read it, not even for a moment."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False, encoding="utf-8") as draft:
        draft.write(text)  # created with mode 0600
        draft.flush()
        os.fsync(draft.fileno())
    Path(draft.name).replace(file)
