"""The scoring engine against the way the model cards do it, and against the least arithmetic there is.

    .venv/bin/python -m benchmarks.scoring
    .venv/bin/python -m benchmarks.scoring --shapes published    (a GPU with some 40 GB; weights drawn on the device)

Conversations of several turns with two candidates each and a picture a turn are scored whole, by a
process and by an outcome model: first one response at a time as the cards show (pictures prepared and
encoded again for every response, full forward, logits of the whole vocabulary), then by the engine. Weights are
random: this measures time, memory and arithmetic, and that both ways give the same numbers.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from PIL import Image as Pillow

from benchmarks.scoring_models import Subject, subjects
from inference.engine.engine import Outcome
from inference.engine.forest import Forest
from inference.engine.sequences import TokenSequence
from inference.types import Image, Item, Message, Part, Text

WORDS = (
    "area",
    "angle",
    "base",
    "side",
    "line",
    "chart",
    "red",
    "table",
    "sum",
    "height",
    "then",
    "so",
    "equals",
)


@dataclass(frozen=True, slots=True)
class Size:
    """How large the conversations are."""

    conversations: int
    turns: int
    candidates: int
    words: int
    picture: tuple[int, int]


def conversations(size: Size, seed: int = 1) -> list[list[Item]]:
    """Return, for each conversation, one item for every candidate of every turn."""
    random = np.random.default_rng(seed)
    return [_conversation(number, size, random) for number in range(size.conversations)]


def _conversation(number: int, size: Size, random: np.random.Generator) -> list[Item]:
    history: tuple[Message, ...] = ()
    items = []
    for turn in range(size.turns):
        asked = (
            *history,
            Message("user", (_picture(size.picture, random), Text(_text(size.words // 4, random)))),
        )
        answers = [Message("assistant", (Text(_text(size.words, random)),)) for _ in range(size.candidates)]
        items += [
            Item(id=f"{number}.{turn}.{place}", messages=(*asked, answer))
            for place, answer in enumerate(answers)
        ]
        history = (*asked, answers[0])
    return items


def _text(words: int, random: np.random.Generator) -> str:
    """Return words in four steps."""
    chosen = [WORDS[index] for index in random.integers(0, len(WORDS), words)]
    quarter = max(1, words // 4)
    return "\n\n".join(" ".join(chosen[at : at + quarter]) for at in range(0, words, quarter))


def _picture(size: tuple[int, int], random: np.random.Generator) -> Part:
    file = BytesIO()
    noise = random.integers(0, 255, (size[1] // 8, size[0] // 8, 3), dtype=np.uint8)
    Pillow.fromarray(noise).resize(size).save(file, "PNG")
    return Image(source=file.getvalue())


def least(sequences: Sequence[TokenSequence]) -> tuple[int, int]:
    """Return the distinct tokens of a conversation, and the pairs that attention must look at."""
    forest = Forest(sequences)
    pairs = 0
    for branch in forest.branches:
        new = branch.end - branch.first
        pairs += new * len(branch.above) + new * (new + 1) // 2
    return len(forest), pairs


def timed(device: torch.device, work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds that the work took, and its result."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    began = time.perf_counter()
    result = work()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - began, result


def peak(device: torch.device) -> str:
    """Return the most memory that was held so far."""
    if device.type == "cuda":
        return f"{torch.cuda.max_memory_allocated() / 2**30:.1f} GiB on the device"
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB resident"


def report(subject: Subject, size: Size, *, naive: int, peak_flops: float) -> None:
    """Measure one model and print what was found."""
    groups = conversations(size)
    items = [item for group in groups for item in group]
    compared = [item for group in groups[:naive] for item in group]
    print(f"\n{subject.name}: {len(groups)} conversations, {len(items)} responses, {subject.dtype}")
    subject.alone(items[:1])
    subject.engine.run(items[:1])
    slow, expected = timed(subject.device, lambda: subject.alone(compared))
    memory_alone = peak(subject.device)
    if subject.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    subject.fresh()
    fast, outcomes = timed(subject.device, lambda: subject.engine.run(items))
    found = [one for one in outcomes if isinstance(one, Outcome)]
    if len(found) != len(items):
        raise SystemExit(
            f"not every response was scored: {next(one for one in outcomes if one not in found)}"
        )
    values = [subject.value(one.states) for one in found]
    difference = max(abs(a - b) for a, b in zip(expected, values, strict=False))
    per_alone, per_engine = slow / len(compared), fast / len(items)
    print(f"  one response at a time   {per_alone * 1000:9.1f} ms a response   peak {memory_alone}")
    print(f"  the engine               {per_engine * 1000:9.1f} ms a response   peak {peak(subject.device)}")
    print(f"  ratio {per_alone / per_engine:.2f}   largest difference of a score {difference:.1e}")
    _arithmetic(subject, [one.sequence for one in found], groups, fast, peak_flops)


def _arithmetic(
    subject: Subject,
    sequences: list[TokenSequence],
    groups: list[list[Item]],
    seconds: float,
    peak_flops: float,
) -> None:
    counted = subject.engine.counted
    at, tokens, pairs = 0, 0, 0
    for group in groups:
        new_tokens, new_pairs = least(sequences[at : at + len(group)])
        at, tokens, pairs = at + len(group), tokens + new_tokens, pairs + new_pairs
    done = counted.tokens * subject.flops_per_token + counted.attention_pairs * subject.flops_per_pair
    needed = tokens * subject.flops_per_token + pairs * subject.flops_per_pair
    print(
        f"  tokens: {counted.tokens_alone:,} in all, {tokens:,} distinct, {counted.tokens:,} computed "
        f"({counted.tokens / tokens:.3f}); arithmetic against one pass over the distinct: {done / needed:.3f}"
    )
    if subject.device.type == "cuda":
        whole = done + counted.picture_tokens * subject.flops_per_picture_token
        print(
            f"  {len(sequences) / seconds:.2f} responses/s, {whole / seconds / 1e12:.0f} TFLOP/s, "
            f"{whole / seconds / peak_flops:.0%} of {peak_flops / 1e12:.0f}"
        )


def main() -> None:
    """Read the options and measure both models."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shapes", choices=["miniature", "published"], default="miniature")
    parser.add_argument("--only", choices=["process", "outcome"])
    parser.add_argument("--conversations", type=int, default=8)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--candidates", type=int, default=2)
    parser.add_argument("--words", type=int, default=120, help="of a response")
    parser.add_argument(
        "--picture", type=int, nargs=2, help="width and height; default as large as the shapes bear"
    )
    parser.add_argument("--naive", type=int, default=2, help="conversations scored one response at a time")
    parser.add_argument("--token-budget", type=int, default=4096)
    parser.add_argument("--peak-tflops", type=float, default=790, help="dense bf16 of the device (H200: 790)")
    options = parser.parse_args()
    picture = tuple(options.picture or ((1024, 768) if options.shapes == "published" else (224, 168)))
    size = Size(options.conversations, options.turns, options.candidates, options.words, picture)
    print(msgspec.json.encode(size).decode())
    with tempfile.TemporaryDirectory() as folder:
        for build in subjects(Path(folder), options.shapes, options.token_budget):
            if options.only in {None, build.kind}:
                report(build(), size, naive=options.naive, peak_flops=options.peak_tflops * 1e12)


if __name__ == "__main__":
    main()
