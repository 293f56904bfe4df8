"""N simulated annotators over HTTP, each claiming and submitting 61 answers without a pause.

    ./run --no-demo &
    .venv/bin/python -m annotate.embedded borrow -- .venv/bin/python -m benchmarks.annotators

It seeds a project of its own in the configured database, calls a server on the loopback that is already
running (``--url``), and prints rounds per second, the percentiles of each call, SQL statements per call,
double claims and lost submits. The generator's CPU time is printed too: it shares the machine with the server.
"""

from __future__ import annotations

import argparse
import os
import resource
import socket
import statistics
import threading
import time
import uuid
from dataclasses import dataclass, field

import django
import msgspec

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotate.settings")
django.setup()

from django.db import connection  # noqa: E402 - after setup
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from annotate.models import Assignment, Project, Submission  # noqa: E402
from annotate.questions import dimensions_of  # noqa: E402
from benchmarks.seeding import Seeded, seed  # noqa: E402

CRITIQUE = "The second sentence claims more than the picture shows; the first is exact. " + "x" * 44


class Candidate(msgspec.Struct):
    """What the generator needs of a candidate."""

    id: str


class Turn(msgspec.Struct):
    """What the generator needs of a turn."""

    candidates: list[Candidate]


class Lease(msgspec.Struct):
    """The number to submit with."""

    number: int


class Path(msgspec.Struct):
    """A path, whole or not."""

    responses: list[str]
    whole: bool


class Pair(msgspec.Struct):
    """A pair to compare."""

    scope: str
    responses: tuple[str, str]


class Document(msgspec.Struct):
    """The parts of a claimed assignment that answers are made of; the rest is skipped unparsed."""

    id: str
    lease: Lease
    turns: list[Turn]
    paths: list[Path]
    pairs: list[Pair]


LOCAL = ["local_image_text_consistency", "visual_perceptual_quality", "context_coherence", "text_quality"]
GLOBAL = [
    "context_awareness",
    "helpfulness",
    "crucial_step_recognition",
    "global_image_text_consistency",
    "style_coherence",
]


def answers(document: Document) -> bytes:
    """Return 61 answers for the reference task: 45 ratings, 5 comparisons, 10 critiques, 1 remark."""
    responses = [one.id for turn in document.turns for one in turn.candidates]
    whole = [path.responses[-1] for path in document.paths if path.whole]
    ratings = [{"response": r, "dimension": d, "value": 2} for r in responses for d in LOCAL]
    ratings += [{"response": r, "dimension": d, "value": 2} for r in whole for d in GLOBAL]
    comparisons = [
        {"scope": pair.scope, "left": pair.responses[0], "right": pair.responses[1], "preference": 1}
        for pair in document.pairs
    ]
    notes = [{"kind": "critique", "scope": "local", "response": r, "text": CRITIQUE} for r in responses]
    notes.append({"kind": "critique", "scope": "global", "response": whole[0], "text": CRITIQUE})
    body = {
        "lease": document.lease.number,
        "ratings": ratings,
        "comparisons": comparisons,
        "notes": notes,
        "active_ms": 5,
    }
    return msgspec.json.encode(body)


class Connection:
    """One keep-alive HTTP connection, written for little CPU."""

    def __init__(self, host: str, port: int, token: str) -> None:
        self.address = (host, port)
        self.head = f"Host: {host}\r\nAuthorization: Token {token}\r\nContent-Type: application/json\r\n"
        self.socket = socket.create_connection(self.address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, path: str, body: bytes = b"{}", key: str = "") -> tuple[int, bytes]:
        """Return status and body."""
        extra = f"Idempotency-Key: {key}\r\n" if key else ""
        head = f"POST {path} HTTP/1.1\r\n{self.head}{extra}Content-Length: {len(body)}\r\n\r\n"
        self.socket.sendall(head.encode() + body)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self.receive()
        raw, _, rest = data.partition(b"\r\n\r\n")
        headers = raw.lower()
        at = headers.find(b"content-length:")
        length = int(headers[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        pieces, have = [rest], len(rest)
        while have < length:
            piece = self.receive()
            pieces.append(piece)
            have += len(piece)
        return int(raw[9:12]), b"".join(pieces)

    def receive(self) -> bytes:
        """Return what has arrived; an end in mid-answer is an error."""
        piece = self.socket.recv(262144)
        if not piece:
            raise ConnectionError("the server closed the connection")
        return piece


@dataclass
class Tally:
    """What one annotator saw: milliseconds per call, assignments submitted, anything unexpected."""

    claims: list[float] = field(default_factory=list)
    submits: list[float] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    over: bool = False


def work(connection: Connection, slug: str, until: float, start: threading.Barrier, tally: Tally) -> None:
    """Claim and submit until the time is up or the queue is empty."""
    start.wait()
    while time.monotonic() < until:
        began = time.perf_counter()
        status, data = connection.post(f"/api/v1/projects/{slug}/claim")
        claimed = time.perf_counter()
        if status == 204:
            tally.over = True
            return
        if status != 200:
            tally.failures.append(f"claim {status} {data[:200]!r}")
            continue
        document = msgspec.json.decode(data, type=Document)
        body = answers(document)
        sent = time.perf_counter()
        status, data = connection.post(f"/api/v1/assignments/{document.id}/submit", body, str(uuid.uuid4()))
        done = time.perf_counter()
        tally.claims.append((claimed - began) * 1000)
        tally.submits.append((done - sent) * 1000)
        if status == 200:
            tally.accepted.append(document.id)
        else:
            tally.failures.append(f"submit {status} {data[:200]!r}")


def percentiles(values: list[float]) -> str:
    """Return p50, p95 and p99 in milliseconds."""
    if len(values) < 2:
        return "too few calls"
    cuts = statistics.quantiles(values, n=100)
    return f"p50 {cuts[49]:.0f}  p95 {cuts[94]:.0f}  p99 {cuts[98]:.0f} ms"


def statements(seeded: Seeded) -> str:
    """Count SQL statements of one claim and one submit, authentication, BEGIN and COMMIT included."""
    dimensions_of(seeded.project.rubric_id)  # kept per process: a server reads it once, not per call
    client = Client(headers={"authorization": f"Token {seeded.tokens[0]}", "host": "localhost"})
    with CaptureQueriesContext(connection) as claimed:
        data = client.post(
            f"/api/v1/projects/{seeded.project.slug}/claim", "{}", content_type="application/json"
        ).content
    document = msgspec.json.decode(data, type=Document)
    with CaptureQueriesContext(connection) as submitted:
        answer = client.post(
            f"/api/v1/assignments/{document.id}/submit",
            answers(document),
            content_type="application/json",
            headers={"idempotency-key": str(uuid.uuid4())},
        )
    if answer.status_code != 200:
        raise SystemExit(f"the warm-up submit was refused: {answer.content[:500]!r}")
    return f"claim {len(claimed)}, submit {len(submitted)}"


def verify(project: Project, tallies: list[Tally]) -> str:
    """Compare what the annotators were told with what the database holds."""
    accepted = [one for tally in tallies for one in tally.accepted]
    stored = set(
        Submission.objects.filter(task__batch__project=project).values_list("assignment__uid", flat=True)
    )
    lost = sum(1 for one in accepted if uuid.UUID(one) not in stored)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM (
                 SELECT a.task_id FROM annotate_assignment a JOIN annotate_task t ON t.id = a.task_id
                 JOIN annotate_batch b ON b.id = t.batch_id
                 WHERE b.project_id = %s AND a.status IN ('active', 'submitted')
                 GROUP BY a.task_id, t.overlap HAVING count(*) > t.overlap) too_many""",
            [project.pk],
        )
        (doubles,) = cursor.fetchone()
    return f"double claims {doubles}, lost submits {lost}"


def run(options: argparse.Namespace) -> None:
    """Seed, load, report."""
    slug = f"bench-{uuid.uuid4().hex[:8]}"
    began = time.monotonic()
    seeded = seed(
        slug,
        conversations=min(options.tasks, 2000),
        tasks=options.tasks,
        people=options.annotators,
        overlap=options.overlap,
    )
    print(f"seeded {options.tasks:,} tasks in {time.monotonic() - began:.1f} s", flush=True)
    print("SQL statements:", statements(seeded))
    host, _, port = options.url.removeprefix("http://").partition(":")
    connections = [Connection(host, int(port), token) for token in seeded.tokens]
    tallies = [Tally() for _ in connections]
    start = threading.Barrier(len(connections) + 1)
    until = time.monotonic() + options.seconds
    threads = [
        threading.Thread(target=work, args=(one, slug, until, start, tally))
        for one, tally in zip(connections, tallies, strict=True)
    ]
    for thread in threads:
        thread.start()
    cpu = resource.getrusage(resource.RUSAGE_SELF)
    start.wait()
    began = time.monotonic()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - began
    spent = resource.getrusage(resource.RUSAGE_SELF)
    rounds = sum(len(tally.accepted) for tally in tallies)
    print(f"{options.annotators} annotators, {seconds:.1f} s: {rounds / seconds:.1f} rounds/s")
    print("claim ", percentiles([one for tally in tallies for one in tally.claims]))
    print("submit", percentiles([one for tally in tallies for one in tally.submits]))
    first = [tally.claims[0] for tally in tallies if tally.claims]
    print(f"first claim, everyone arriving at once: slowest {max(first, default=0):.0f} ms")
    own = spent.ru_utime + spent.ru_stime - cpu.ru_utime - cpu.ru_stime
    print(f"generator's own CPU: {own / max(rounds, 1) * 1000:.2f} ms a round")
    print(verify(seeded.project, tallies))
    failures = [one for tally in tallies for one in tally.failures]
    print(f"failures {len(failures)}", *failures[:3])
    if any(tally.over for tally in tallies):
        print("the queue ran empty: give more --tasks")
    held = Assignment.objects.filter(project=seeded.project, status="active").count()
    print(f"left in hand {held}")


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="a running server on the loopback")
    parser.add_argument("--annotators", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--overlap", type=int, default=1)
    run(parser.parse_args())


if __name__ == "__main__":
    main()
