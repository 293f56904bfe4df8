"""Both reward models, as untrained miniatures, over a project of the running product.

One run is started by the command and one from the page; the worker is killed three times on the way. What
is stored in the end is what the library says to the same conversations by itself.
"""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from inference.checkpoints import tiny
from inference.checkpoints.convert import convert
from tests.e2e.running import Product, product

INTERMT = Path(os.environ.get("INTERMT_DATA", "/nowhere")) / "conversations"
PATIENCE = 240.0
KILLS = 3
CONVERSATIONS = 4
# Few tokens at once make miniatures slow enough to be killed at work.
SCORERS = """
tiny-process: {kind: process, model: %(folder)s/native, dtype: float32, device: cpu, trained: false, token_budget: 256}
tiny-outcome: {kind: outcome, model: %(folder)s/skywork, dtype: float32, device: cpu, trained: false}
"""
STORED = """
import json
from annotate.models import Score
rows = Score.objects.filter(run__scorer="%s", response__turn__conversation__project__slug="%s")
print(json.dumps(sorted(
    [str(one.response.uid), one.value, one.step_values, one.error_code, one.tokens]
    for one in rows.select_related("response"))))
"""
ALONE = """
import json
from annotate.models import Conversation, Response
from annotate.pipeline.scoring import configurations, taking
from inference.scorers import load
scorer = load("%(key)s", configurations.configurations()["%(key)s"])
rows = []
for one in Conversation.objects.filter(project__slug="%(slug)s"):
    ids = Response.objects.filter(turn__conversation=one).values_list("pk", flat=True)
    items = taking.items(taking.with_history(dict.fromkeys(ids, one.pk))[one.pk])
    uids = dict(Response.objects.filter(pk__in=ids).values_list("pk", "uid"))
    for result in scorer(items):
        steps = None if result.steps is None else [step.score for step in result.steps]
        error = result.error.code if result.error else ""
        rows.append([str(uids[result.id]), result.value, steps, error, result.tokens or 0])
print(json.dumps(sorted(rows)))
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("scoring")
    tiny.make("visualprm", folder / "visualprm", 1)
    convert(folder / "visualprm", folder / "native", lambda _: None)
    tiny.make("skywork", folder / "skywork", 1)
    (folder / "scorers.yaml").write_text(SCORERS % {"folder": folder})
    with product(folder / "data", SCORERS_FILE=str(folder / "scorers.yaml"), OMP_NUM_THREADS="1") as started:
        yield started


def worker_of(started: Product) -> int | None:
    """Return the process id of the product's scoring worker, None while there is none."""
    name = f"gpu-{started.environment['PORT']}@%h"
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if name in (folder / "cmdline").read_text().split("\0"):
                return int(folder.name)
        except OSError:  # it has just ended
            continue
    return None


def wait(until: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := until():
            return found
        time.sleep(0.2)
    raise AssertionError(f"not within {PATIENCE} s: {what}")


def ask(started: Product, code: str) -> Any:
    return json.loads(started.manage("shell", "--no-imports", "-c", code).splitlines()[-1])


def run_of(started: Product, slug: str, key: str, token: str) -> dict[str, Any]:
    """Return how far the scorer's run is, as the API tells it."""
    address = f"{started.url}/api/v1/projects/{slug}/scorers"
    request = urllib.request.Request(address, headers={"Authorization": f"Token {token}"})
    with urllib.request.urlopen(request) as answer:
        [found] = [run for run in json.load(answer)["runs"] if run["scorer"] == key]
    run: dict[str, Any] = found
    return run


def same(stored: list[list[Any]], alone: list[list[Any]]) -> None:
    assert [[row[0], row[3], row[4]] for row in stored] == [[row[0], row[3], row[4]] for row in alone]
    for one, other in zip(stored, alone, strict=True):
        assert one[1] == pytest.approx(other[1], abs=1e-4)
        assert one[2] == pytest.approx(other[2], abs=1e-4)


def project(started: Product, folder: Path) -> str:
    """Return the project to score: some published conversations where they are at hand, else the demo's."""
    if not INTERMT.is_dir():
        return "demo"
    some = json.loads((INTERMT / "conversations.json").read_text())[:CONVERSATIONS]
    (folder / "some.json").write_text(json.dumps(some))
    started.manage("create_project", "real", "--name", "Real")
    started.manage("import_conversations", "real", str(folder / "some.json"), "--images", str(INTERMT))
    return "real"


def manager_of(started: Product, slug: str) -> dict[str, str]:
    """Return a new manager's username, password and token."""
    words = started.manage(
        "create_users", slug, "--role", "manager", "--count", "1", "--prefix", "boss", "--json"
    )
    [person] = json.loads(words)
    found: dict[str, str] = person
    return found


def enter(started: Product, person: dict[str, str], browser: Browser) -> Page:
    page = browser.new_context().new_page()
    page.goto(started.url)
    page.locator("input[name=username]").fill(person["username"])
    page.locator("input[name=password]").fill(person["password"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="My projects")).to_be_visible()
    return page


def test_killing_the_worker_changes_nothing_and_the_page_starts_runs_as_the_command_does(
    running: Product, browser: Browser, tmp_path: Path
) -> None:
    slug = project(running, tmp_path)
    manager = manager_of(running, slug)
    killed: set[int] = set()
    before = json.loads(running.manage("score", slug, "--scorer", "tiny-process", "--json"))
    for _ in range(KILLS):
        pid = wait(lambda: (found := worker_of(running)) not in killed and found, "a scoring worker")
        time.sleep(3.0)  # in the middle of loading, or of a batch
        os.kill(pid, signal.SIGKILL)
        killed.add(pid)

    def finished() -> dict[str, Any] | None:
        now = run_of(running, slug, "tiny-process", manager["token"])
        return now if now["status"] == "done" else None

    done = wait(finished, "the run's end")
    assert (done["id"], done["scored"], done["left"]) == (before["id"], done["total"] - done["errors"], 0)
    same(
        ask(running, STORED % ("tiny-process", slug)),
        ask(running, ALONE % {"key": "tiny-process", "slug": slug}),
    )

    page = enter(running, manager, browser)
    page.goto(f"{running.url}/p/{slug}/manage/")
    page.locator("select[name=scorer]").select_option("tiny-outcome")
    page.get_by_role("button", name="Score what is new").click()
    card = page.locator(".card", has_text="tiny-outcome").first
    expect(card.get_by_text(f"{done['total']} of {done['total']} responses scored")).to_be_visible(
        timeout=PATIENCE * 1000
    )
    same(
        ask(running, STORED % ("tiny-outcome", slug)),
        ask(running, ALONE % {"key": "tiny-outcome", "slug": slug}),
    )
