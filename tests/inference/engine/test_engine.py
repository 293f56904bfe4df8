"""What an engine shares, what it gives up, and that one item's trouble is nobody else's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from inference.configuration import Outcome, Process
from inference.engine import engine as engine_module
from inference.engine import passes
from inference.engine.features import FeatureCache
from inference.engine.forest import distinct
from inference.engine.pictures import PictureError, Source, inspect
from inference.engine.sequences import Picture, TokenSequence
from inference.scorers import load
from inference.types import DeviceLostError, Image, Item, Result
from tests.inference import make
from tests.inference.checkpoints.editing import edit_json
from tests.inference.reference import Judge, Reader, picture

CLOSE = 1e-4
A, B, C = picture(11), picture(12, 90, 50), picture(13, 50, 80)
LONG = "So we add one and one and one more. " * 400

Scorer = Any  # of either kind; both have an engine


def process(folder: Path, **settings: Any) -> Scorer:
    return load("it", Process(model=str(folder), dtype="float32", device="cpu", **settings))


def outcome(folder: Path, **settings: Any) -> Scorer:
    return load("it", Outcome(model=str(folder), dtype="float32", device="cpu", **settings))


@pytest.fixture(params=["process", "outcome"])
def loader(request: pytest.FixtureRequest, native: Path, skywork: Path) -> Callable[..., Scorer]:
    if request.param == "process":
        return lambda **settings: process(native, **settings)
    return lambda **settings: outcome(skywork, **settings)


Loader = Callable[..., Scorer]


def values(results: list[Result]) -> list[float]:
    assert all(result.error is None for result in results), results
    return [result.value for result in results if result.value is not None]


def codes(results: list[Result]) -> list[str | None]:
    return [result.error.code if result.error else None for result in results]


def sequence(scorer: Scorer, item: Item) -> TokenSequence:
    """Return the item as the model reads it by itself."""
    reader = scorer.engine.reader
    found: TokenSequence = reader.sequence(item, next(iter(reader.budgets([item]))), inspect)
    return found


def alone(scorer: Scorer, items: Sequence[Item]) -> list[float]:
    return values([scorer([item])[0] for item in items])


def answers(
    *texts: str, question: tuple[str | bytes, ...] = (A, "What is it?"), name: str = "a"
) -> list[Item]:
    return [make.item(text, question=question, item_id=f"{name}{n}") for n, text in enumerate(texts)]


LAMPS = answers("A lamp.", "A lamp, or a torch.\n\nA lamp.", "No idea.")
BOXES = answers("A box.", "A bag.", question=("And here?", B, C), name="b")


# What is computed


def test_only_distinct_tokens_are_computed(loader: Loader) -> None:
    scorer = loader()
    before = scorer.engine.counted.tokens, scorer.engine.counted.tokens_alone
    items = [*LAMPS, *BOXES, replace(LAMPS[0], id="again")]
    values(scorer(items))

    sequences = [sequence(scorer, item) for item in items]
    tokens, tokens_alone = (
        scorer.engine.counted.tokens - before[0],
        scorer.engine.counted.tokens_alone - before[1],
    )
    assert tokens == distinct(sequences)
    assert tokens_alone == sum(len(one) for one in sequences)
    assert tokens < 0.6 * tokens_alone


def test_a_picture_is_encoded_once_for_all_candidates_and_calls(
    loader: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer = loader(token_budget=64)  # each conversation on its own
    encode = scorer.engine.reader.encode
    seen: list[object] = []

    def counting(prepared: dict[Any, Any], budget: int) -> Any:
        seen.extend(prepared)
        return encode(prepared, budget)

    monkeypatch.setattr(scorer.engine.reader, "encode", counting)
    again = answers("A hat.", question=("Here?", A, B, A), name="c")
    first = values(scorer([*LAMPS, *BOXES, *again]))

    assert len(seen) == len(set(seen)) == 3
    assert values(scorer([*LAMPS, *BOXES, *again])) == pytest.approx(first, abs=CLOSE)
    assert len(seen) == 3


def test_results_stand_in_the_order_of_the_items(loader: Loader) -> None:
    scorer = loader()
    items = [BOXES[1], LAMPS[2], make.item("", item_id="empty"), LAMPS[0], BOXES[0], LAMPS[1]]
    results = scorer(items)

    assert [result.id for result in results] == [item.id for item in items]
    assert codes(results) == [None, None, "empty_response", None, None, None]
    good = [item for item in items if item.id != "empty"]
    assert [one.value for one in results if one.error is None] == pytest.approx(
        alone(scorer, good), abs=CLOSE
    )
    assert scorer([]) == []


# What is too long


def test_too_long_a_text_is_its_items_error_and_costs_the_others_nothing(loader: Loader) -> None:
    """Not even a smaller picture: what fits under no image budget has no say in it."""
    scorer = loader(max_tokens=500)
    long = answers("short", LONG)[1]
    results = scorer([LAMPS[0], long, LAMPS[1], *BOXES])

    assert codes(results) == [None, "too_long", None, None, None]
    assert "the model takes 500" in results[1].error.detail
    others = [LAMPS[0], LAMPS[1], *BOXES]
    assert [one.value for one in results if one.error is None] == pytest.approx(
        alone(scorer, others), abs=CLOSE
    )
    assert [one.image_budget for one in results if one.error is None] == [
        scorer([item])[0].image_budget for item in others
    ]


def test_too_many_pictures_lower_the_budget_for_all_candidates(native: Path, judge: Judge) -> None:
    scorer = process(native, max_tokens=370)
    pictures = (A, B, C, A, B, C)
    short, longer = answers("That.", "That one.\n\nYes.\n\nSurely.", question=(*pictures, "Which of them?"))
    first, second, other = scorer([short, longer, LAMPS[0]])

    # 64 tiles among 6 pictures are 10 each; the longer answer leaves room for 5, and both are shown those.
    assert scorer([short])[0].image_budget == (7, 3, 7, 7, 3, 7)
    assert first.image_budget == second.image_budget == (1, 3, 3, 1, 3, 3)
    assert other.image_budget == (7,)
    expected = judge("<image>\n" * 6 + "Which of them?", ["That."], pictures, 5)
    assert first.value == pytest.approx(expected[0], abs=CLOSE)


def test_too_large_pictures_are_shrunk_for_all_candidates(skywork: Path, reader: Reader) -> None:
    scorer = outcome(skywork, max_tokens=120, max_pixels=60_000)
    large = picture(5, 240, 240)
    items = answers(
        "A lamp.", "A lamp, or a torch, or else something bright.", question=(large, "What is it?")
    )
    results = scorer(items)

    assert results[0].image_budget == results[1].image_budget == ((1, 12, 12),)
    expected = reader(("user", (large, "What is it?")), ("assistant", ("A lamp.",)), most=30_000)
    assert results[0].value == pytest.approx(expected, abs=CLOSE)


def test_the_conversations_largest_number_of_pictures_decides(native: Path) -> None:
    scorer = process(native)
    (early,) = answers("A lamp.")
    late = make.item("That.", question=(A,), item_id="late")
    pictures = make.message("user", *[B] * 27)
    late = replace(late, messages=(*early.messages, pictures, late.messages[-1]))

    (known,) = scorer([replace(early, conversation_images=28)])
    together, _ = scorer([early, late])
    assert known.image_budget == together.image_budget == (1,)
    assert known.value == pytest.approx(together.value, abs=CLOSE)
    assert scorer([early])[0].image_budget == (7,)


def test_an_over_long_item_leaves_no_trace(native: Path, visualprm_v1: Path, tmp_path: Path) -> None:
    """Finding 8: the original's rotary table stays scaled after one input beyond the model's positions."""
    from inference.checkpoints.convert import convert  # noqa: PLC0415 - takes seconds

    published = tmp_path / "published"
    published.symlink_to(visualprm_v1)
    convert(published, tmp_path / "native", lambda _: None)
    edit_json(
        tmp_path / "native" / "config.json",
        lambda config: config["text_config"].update(max_position_embeddings=250),
    )
    scorer = process(tmp_path / "native")
    before = values(scorer(LAMPS))
    long = scorer([answers("short", LONG)[1], *LAMPS])

    assert codes(long) == ["too_long", None, None, None]
    assert "the model takes 250" in long[0].error.detail
    assert values(long[1:]) == before
    assert values(scorer(LAMPS)) == before


# Memory


def forgetful(monkeypatch: pytest.MonkeyPatch, fails: Callable[[Any, int], Exception | None]) -> list[int]:
    """Let the forward pass fail as ``fails`` says of forest and budget; return the budgets that are tried."""
    compute = passes.hidden_states
    tried: list[int] = []

    def failing(model: Any, forest: Any, features: Any, *, budget: int) -> Any:
        tried.append(budget)
        if error := fails(forest, budget):
            raise error
        return compute(model, forest, features, budget=budget)

    monkeypatch.setattr(engine_module, "hidden_states", failing)
    return tried


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB"),
        MemoryError(),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    ],
    ids=["accelerator", "Python", "CPU", "library"],
)
def test_memory_that_runs_out_halves_the_budget(
    error: Exception, loader: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer = loader(token_budget=2000)
    expected = alone(scorer, [*LAMPS, *BOXES])
    tried = forgetful(monkeypatch, lambda _, budget: error if budget > 500 else None)

    assert values(scorer([*LAMPS, *BOXES])) == pytest.approx(expected, abs=CLOSE)
    assert tried == [2000, 1000, 500]


def test_a_device_that_breaks_down_is_no_items_fault(loader: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = torch.AcceleratorError("CUDA error: an illegal memory access was encountered")
    scorer = loader(token_budget=2000)
    tried = forgetful(monkeypatch, lambda *_: broken)

    with pytest.raises(DeviceLostError, match="illegal memory access"):
        scorer(LAMPS)
    assert tried == [2000]


def test_what_fits_into_no_memory_is_one_items_error(loader: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = loader(token_budget=1024)
    expected = alone(scorer, [*LAMPS, *BOXES])
    heavy = answers("x", "A lamp. " * 30)[1]
    size = len(sequence(scorer, heavy))
    full = torch.OutOfMemoryError("CUDA out of memory")
    tried = forgetful(
        monkeypatch,
        lambda forest, _: full if any(len(one) >= size for one in forest.sequences) else None,
    )
    results = scorer([LAMPS[0], heavy, *LAMPS[1:], *BOXES])

    assert codes(results) == [None, "out_of_memory", *[None] * 4]
    assert [one.value for one in results if one.error is None] == pytest.approx(expected, abs=CLOSE)
    assert tried[:3] == [1024, 512, 256]
    assert set(tried[3:]) == {256}


def test_another_fault_of_the_program_is_not_hidden(loader: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = loader()
    forgetful(monkeypatch, lambda *_: RuntimeError("mat1 and mat2 shapes cannot be multiplied"))

    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        scorer(LAMPS)


def test_a_picture_that_does_not_fit_into_memory_is_its_items_error(
    loader: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer = loader()
    (expected,) = alone(scorer, LAMPS[:1])
    prepare = scorer.engine.reader.prepare

    def failing(one: Picture) -> Any:
        if one.source.image.source == B:
            raise MemoryError
        return prepare(one)

    monkeypatch.setattr(scorer.engine.reader, "prepare", failing)
    results = scorer([LAMPS[0], *BOXES])
    assert codes(results) == [None, "out_of_memory", "out_of_memory"]
    assert results[0].value == pytest.approx(expected, abs=CLOSE)


# Features that were there, and pictures that no longer are


def at(path: Path, *texts: str, name: str = "p") -> list[Item]:
    """Return answers about a picture in a file."""
    items = answers(*texts, question=("What is it?",), name=name)
    asked = replace(items[0].messages[0], content=(Image(source=path), *items[0].messages[0].content))
    return [replace(item, messages=(asked, item.messages[1])) for item in items]


def test_a_file_that_is_changed_between_header_and_pixels_is_its_items_error(tmp_path: Path) -> None:
    from inference.engine.pictures import pixels  # noqa: PLC0415 - beside what it is compared with

    path = tmp_path / "a.png"
    path.write_bytes(A)
    source: Source = inspect(Image(source=path))
    path.write_bytes(picture(14))

    with pytest.raises(PictureError, match="was changed") as changed:
        pixels(source)
    assert changed.value.error.code == "changed_image"


@pytest.mark.parametrize("damage", [B, None], ids=["changed", "gone"])
@pytest.mark.parametrize("why", ["dropped for another", "dropped for want of memory"])
def test_a_picture_found_damaged_after_its_features_were_dropped(
    why: str, damage: bytes | None, loader: Loader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer = loader(token_budget=512 if why == "dropped for want of memory" else 8)
    path = tmp_path / "a.png"
    path.write_bytes(A)
    items = [*BOXES, *at(path, "A lamp.", "A torch.")]
    expected = alone(scorer, items)
    scorer.engine.cache.clear()
    values(scorer(items[2:]))  # its features are here now, and nothing else
    if why == "dropped for another":
        scorer.engine.cache.limit = scorer.engine.cache.bytes
    failed: list[int] = []

    def fails(forest: Any, budget: int) -> Exception | None:
        if damage is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(damage)
        if why == "dropped for want of memory" and not failed:
            failed.append(budget)
            return MemoryError()
        return None

    forgetful(monkeypatch, fails)
    results = scorer(items)
    code = "unreadable_image" if damage is None else "changed_image"
    assert codes(results) == [None, None, code, code]
    assert [one.value for one in results[:2]] == pytest.approx(expected[:2], abs=CLOSE)


def features(name: str) -> Picture:
    return Picture(Source(Image(source=name.encode()), name, 1, 1), 1, (1,), 4)


def test_the_cache_keeps_what_was_used_last_up_to_its_bound() -> None:
    cache = FeatureCache(limit=3 * 16)  # of which each takes 16
    asked: list[list[str]] = []

    def compute(missing: list[Picture]) -> dict[Any, torch.Tensor]:
        asked.append([one.source.sha256 for one in missing])
        return {one.key: torch.ones(4) for one in missing}

    for names in ("ab", "bc", "ad", "abcd", "c"):
        found = cache.gather([features(name) for name in names], compute)
        assert [key[0] for key in found] == list(names)  # type: ignore[index]
        assert cache.bytes <= cache.limit
    assert asked == [["a", "b"], ["c"], ["d"], ["b"]]  # b was used least recently when d came
    cache.clear()
    assert cache.bytes == 0
    assert [one.source.sha256 for one in cache.missing([features("c"), features("c")])] == ["c"]
