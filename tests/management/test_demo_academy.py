"""The second demo project: one can train and qualify in it at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from annotate.models import GoldKey, Membership, Project, Submission, Task, User
from annotate.pipeline import assigning
from annotate.reports.keyed import keyed

pytestmark = pytest.mark.django_db


def test_the_demos_people_train_first_and_loading_again_changes_nothing(
    settings: Any, tmp_path: Path
) -> None:
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"
    call_command("load_demo")
    academy = Project.objects.get(slug="academy")
    before = [list(table._default_manager.order_by("pk").values()) for table in (Task, GoldKey, Submission)]
    call_command("load_demo")

    assert before == [
        list(table._default_manager.order_by("pk").values()) for table in (Task, GoldKey, Submission)
    ]
    assert not Project.objects.get(slug="demo").qualification_required
    assert academy.qualification_required
    keys = GoldKey.objects.filter(task__batch__project=academy).order_by("pk")
    assert [one.task.batch.purpose for one in keys] == ["training"] * 2 + ["qualification"] * 3
    assert all(set(one.explanations) == {"en", "zh-hans"} for one in keys[:2])
    person = User.objects.get(username="annotator1")
    assert Membership.objects.get(project=academy, user=person).qualified_at is None
    first = assigning.claim(assigning.Claimant(person.pk, academy.pk, [], "", gated=True))
    assert isinstance(first, assigning.Held)
    assert first.purpose == "training"
    assert keyed(academy.pk, gold=False) == {}
