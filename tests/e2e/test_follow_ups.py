"""A follow-up: a further annotator is asked what is contested, sees no more of the dispute, and settles it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from annotate.models import Assignment, Flag, Project, Rating, User
from annotate.pipeline.flagging import flag_project
from annotate.pipeline.following_up import follow_up
from tests import make
from tests.e2e.screen import Workbench
from tests.e2e.test_accessibility import check
from tests.judging import candidates, disputed
from tests.pipeline.followups import full

pytestmark = pytest.mark.django_db(transaction=True)


def test_only_what_is_contested_is_asked_and_one_key_settles_it(
    bench: Workbench, project: Project, ada: User
) -> None:
    project.batches.update(extra_share=1)
    task = full(make.task(make.conversation(project, turns=2, candidates=2)))
    disputed(task, 0, 3)
    make.task(make.conversation(project, turns=2, candidates=2))
    flag_project(project.pk)
    assert follow_up(project.pk).asked == 1

    page = bench.open().page
    expect(page.locator("#count")).to_contain_text("0 of 1")
    asked = page.locator(".question")
    expect(asked).to_have_count(1)
    expect(asked).to_contain_text("Text quality")
    expect(asked.locator("[aria-checked=true]")).to_have_count(0)
    expect(page.locator("main")).to_contain_text("Question 2?")
    check(page)
    for word in ("flag", "disagree", "contested", "follow-up", "extra"):
        assert word not in page.locator("body").inner_text().lower()
    bench.press("2", "Control+Enter")

    # What comes next asks everything again.
    expect(page.locator("#done")).to_have_text("1")
    expect(page.locator("#count")).to_contain_text("0 of 23")
    given = Rating.objects.get(submission__annotator=ada)
    assert (given.response, given.dimension.key, given.value) == (candidates(task)[0], "text_quality", 2)
    assert Assignment.objects.get(annotator=ada, status="submitted").purpose == "extra"
    flag_project(project.pk)
    assert (
        Flag.objects.get().closed_reason
        == "A further annotator settled it: 0 stands alone, the others said 2 to 3."
    )
