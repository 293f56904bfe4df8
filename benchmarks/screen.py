"""The annotation screen in Chromium: what it transfers, when it is usable, how fast it answers keys and goes on.

    ./run --no-demo &
    .venv/bin/python -m annotate.embedded borrow -- .venv/bin/python -m benchmarks.screen

It seeds a project of its own (5 turns, two candidates a turn, 50 required answers a task), opens the screen of a
server on the loopback that is already running (``--url``) with an empty cache, and answers tasks by keyboard:
once as it is, once with 150 ms of network delay, once with the processor slowed down four times, and once with
both. The figures of two other tools stand beside ours; their source is docs/performance.md.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotate.settings")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
django.setup()

from django.test import Client  # noqa: E402 - after setup
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright  # noqa: E402

from benchmarks.seeding import Seeded, seed  # noqa: E402

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
DELAY_MS = 150
SLOWER = 4
PRESSES = 200
# Measured on the same kind of machine with the same kind of conversation, defaults, over the loopback.
PEERS = {
    "Label Studio 1.23.2": {
        "script and style, gzip": "2,027 KB (sent uncompressed: 7,589 KB)",
        "first paint": "472 ms",
        "usable": "1,930 ms",
    },
    "potato 2.12.1": {"script and style, gzip": "295 KB", "usable": "470 ms"},
}

# Runs before the page's own scripts. A screen is usable when a question stands there and submitting is possible; a
# key press is painted when a task that was queued inside the next frame runs, which is after that frame.
_WATCH = """
window.bench = { usable: null, shift: 0, keys: [], handled: [], next: null };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.bench.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
const painted = (then) => requestAnimationFrame(() => {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => then(performance.now());
  channel.port2.postMessage(0);
});
const usable = () => document.querySelector(".question") && document.querySelector("#submit")
  && document.querySelector("#work")?.getAttribute("aria-busy") === "false";
const look = new MutationObserver(() => {
  if (usable() && window.bench.usable === null) {
    window.bench.usable = performance.now();
    look.disconnect();
  }
});
look.observe(document, { subtree: true, childList: true, attributes: true });
addEventListener("keydown", (event) => {
  window.bench.began = performance.now();
  const first = document.querySelector("[data-group]")?.getAttribute("data-group");
  const isSubmit = event.key === "Enter" && event.ctrlKey;
  painted((end) => { window.bench.keys.push(end - event.timeStamp); });
  if (!isSubmit) return;
  window.bench.next = null;
  const watch = new MutationObserver(() => {
    const now = document.querySelector("[data-group]")?.getAttribute("data-group");
    if (!now || now === first) return;
    watch.disconnect();
    painted((end) => { window.bench.next = end - event.timeStamp; });
  });
  watch.observe(document.body, { subtree: true, childList: true });
}, { capture: true });
// Registered last, on the outermost target of the bubbling phase: runs after every handler of the page.
addEventListener("load", () => addEventListener("keydown", () => {
  window.bench.handled.push(performance.now() - window.bench.began);
}));
"""


@dataclass(frozen=True, slots=True)
class Profile:
    """How the browser is slowed down: network delay in milliseconds, processor by a factor."""

    name: str
    delay_ms: int = 0
    slower: int = 1


PROFILES = (
    Profile("as it is"),
    Profile(f"{DELAY_MS} ms delay", delay_ms=DELAY_MS),
    Profile(f"{SLOWER}x slower processor", slower=SLOWER),
    Profile("both", delay_ms=DELAY_MS, slower=SLOWER),
)


@dataclass(slots=True)
class Figures:
    """What one profile measured; times in milliseconds, sizes in bytes as transferred."""

    sizes: dict[str, int] = field(default_factory=dict)
    first_paint: float = 0
    usable: float = 0
    shift: float = 0
    nodes: int = 0
    keys: list[float] = field(default_factory=list)
    handled: list[float] = field(default_factory=list)
    next_task: list[float] = field(default_factory=list)


def rows(found: Figures) -> Iterator[tuple[str, str]]:
    """Yield the lines that are printed: what, and the figure in words."""
    code = sum(found.sizes.get(kind, 0) for kind in ("Script", "Stylesheet"))
    yield "script and style, gzip", f"{code / 1000:.1f} KB"
    shares = ", ".join(f"{kind} {size / 1000:.1f}" for kind, size in sorted(found.sizes.items()))
    yield "all that is transferred", f"{sum(found.sizes.values()) / 1000:.1f} KB ({shares})"
    yield "first paint", f"{found.first_paint:.0f} ms"
    yield "usable", f"{found.usable:.0f} ms"
    yield "layout shift", f"{found.shift:.3f}"
    yield "nodes", f"{found.nodes:,}"
    yield f"key press, its handlers alone, p50/p95/max of {len(found.handled)}", spread(found.handled)
    yield "key press to paint, waiting for the next frame included", spread(found.keys)
    yield (
        f"submit to the next task painted, median of {len(found.next_task)}",
        (f"{statistics.median(found.next_task):.0f} ms"),
    )


def spread(values: list[float]) -> str:
    """Return median, 95th percentile and maximum."""
    cuts = statistics.quantiles(values, n=20)
    return f"{statistics.median(values):.1f} / {cuts[18]:.1f} / {max(values):.1f} ms"


def measure(browser: Browser, url: str, seeded: Seeded, number: int, profile: Profile) -> Figures:
    """Open the screen with an empty cache as a person who has done nothing yet, and work."""
    found = Figures()
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    client = Client()
    client.force_login(seeded.users[number])
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}])
    page = context.new_page()
    page.add_init_script(_WATCH)
    session = context.new_cdp_session(page)
    slow_down(session, profile)
    _count_bytes(session, found.sizes)
    page.goto(f"{url}/p/{seeded.project.slug}/annotate/")
    page.wait_for_function("() => window.bench.usable !== null")
    page.wait_for_load_state("networkidle")
    found.usable = page.evaluate("() => window.bench.usable")
    found.shift = page.evaluate("() => window.bench.shift")
    found.nodes = page.evaluate("() => document.querySelectorAll('*').length")
    found.first_paint = page.evaluate(
        "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"
    )
    while len(found.keys) < PRESSES:
        answer(page)
        found.next_task.append(submit(page))
        found.keys = page.evaluate("() => window.bench.keys")
        found.handled = page.evaluate("() => window.bench.handled")
    found.keys, found.handled = found.keys[:PRESSES], found.handled[:PRESSES]
    context.close()
    return found


def slow_down(session: CDPSession, profile: Profile) -> None:
    """Apply a profile to a page."""
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": profile.delay_ms, "downloadThroughput": -1, "uploadThroughput": -1},
    )
    session.send("Emulation.setCPUThrottlingRate", {"rate": profile.slower})


def _count_bytes(session: CDPSession, sizes: dict[str, int]) -> None:
    kinds: dict[str, str] = {}

    def answered(event: dict[str, Any]) -> None:
        kinds[event["requestId"]] = event["type"]

    def finished(event: dict[str, Any]) -> None:
        kind = kinds.get(event["requestId"], "Other")
        sizes[kind] = sizes.get(kind, 0) + int(event["encodedDataLength"])

    session.on("Network.responseReceived", answered)
    session.on("Network.loadingFinished", finished)


def answer(page: Page) -> None:
    """Answer everything that is required, by keyboard: to the next missing one, then its value."""
    while page.locator("#missing:not(.is-complete)").count():
        page.keyboard.press("n")
        row = page.locator(".question.is-current")
        not_applicable = row.locator("button", has_text="n/a").count()
        page.keyboard.press("x" if not_applicable else "2")


def submit(page: Page) -> float:
    """Submit and return the milliseconds until the next task is painted."""
    page.wait_for_function("() => document.querySelector('#saved').dataset.state === 'saved'")
    page.keyboard.press("Control+Enter")
    page.wait_for_function("() => window.bench.next !== null")
    delay: float = page.evaluate("() => window.bench.next")
    return delay


def main() -> None:
    """Measure every profile and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        parser.error("there is no chromium: install it (apt-get install chromium)")
    seeded = seed(
        f"screen-{uuid.uuid4().hex[:8]}",
        conversations=20,
        tasks=20,
        people=len(PROFILES) + 1,
        overlap=len(PROFILES) + 1,
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        measure(browser, options.url, seeded, len(PROFILES), PROFILES[0])  # warms the server up
        for number, profile in enumerate(PROFILES):
            print(f"\n{profile.name}")
            for name, figure in rows(measure(browser, options.url, seeded, number, profile)):
                print(f"  {name:<62} {figure}")
        browser.close()
    for peer, figures in PEERS.items():
        print(f"\n{peer}, as it is")
        for name, figure in figures.items():
            print(f"  {name:<62} {figure}")


if __name__ == "__main__":
    main()
