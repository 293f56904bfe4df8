"""Texts that are nearly the same, found without comparing every two.

Texts are sets of shingles (runs of characters, so that Chinese needs no words); how alike two are is their Jaccard
index. Candidates come from minhashes in bands (A. Broder, "On the resemblance and containment of documents", 1997;
J. Leskovec, A. Rajaraman and J. Ullman, Mining of Massive Datasets, chapter 3) and are then compared exactly.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
import numpy.typing as npt

# From here on two texts are nearly the same. Texts of fewer characters are alike by chance ("Good.").
ALIKE = 0.7
LEAST_LENGTH = 24
_SHINGLE = 5
# 32 bands of 3: texts at 0.7 are missed once in 600,000 times, those at 0.3 are compared in 58 of 100 cases.
_BANDS, _ROWS = 32, 3
_LARGEST = 30  # texts of one band that are compared with one another; more are compared in a chain
_SEED = 7


@dataclass(frozen=True, slots=True)
class Alike:
    """Two texts, by their places, and how alike they are: 1 is the same set of shingles."""

    left: int
    right: int
    jaccard: float


def near_duplicates(texts: Sequence[str]) -> list[Alike]:
    """Return pairs of nearly the same texts, the most alike first.

    Of texts that are all alike, not every pair: every one of them is in some.
    """
    same: dict[frozenset[int], list[int]] = {}
    for place, text in enumerate(texts):
        if len(text) >= LEAST_LENGTH:
            same.setdefault(shingles(text), []).append(place)
    found = {pair: 1.0 for places in same.values() for pair in pairwise(places)}
    sets = {places[0]: one for one, places in same.items() if one}
    for left, right in set(_candidates(sets)):
        jaccard = len(sets[left] & sets[right]) / len(sets[left] | sets[right])
        if jaccard >= ALIKE:
            found[left, right] = jaccard
    ordered = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    return [Alike(left, right, jaccard) for (left, right), jaccard in ordered]


def shingles(text: str) -> frozenset[int]:
    """Return the hashes of a text's runs of five characters, letters' case and spacing aside."""
    plain = re.sub(r"\s+", " ", text.casefold()).strip()
    return frozenset(
        zlib.crc32(plain[start : start + _SHINGLE].encode()) for start in range(len(plain) - _SHINGLE + 1)
    )


def _candidates(sets: dict[int, frozenset[int]]) -> Iterator[tuple[int, int]]:
    draw = np.random.default_rng(_SEED)
    factors, shifts = draw.integers(0, 1 << 64, (2, _BANDS * _ROWS), dtype=np.uint64)
    factors |= np.uint64(1)
    buckets: dict[tuple[int, bytes], list[int]] = {}
    for place, one in sets.items():
        marks = _minhash(one, factors, shifts).reshape(_BANDS, _ROWS)
        for band in range(_BANDS):
            buckets.setdefault((band, marks[band].tobytes()), []).append(place)
    for bucket in buckets.values():
        if len(bucket) <= _LARGEST:
            yield from combinations(bucket, 2)
        else:
            yield from pairwise(bucket)


def _minhash(
    one: frozenset[int], factors: npt.NDArray[np.uint64], shifts: npt.NDArray[np.uint64]
) -> npt.NDArray[np.uint64]:
    """Return, for each hash function, the least hash of the set: the upper half of a x + b in 64 bits that wrap.

    M. Dietzfelbinger et al., "A reliable randomized algorithm for the closest-pair problem" (1997): a is odd.
    """
    values = np.fromiter(one, dtype=np.uint64, count=len(one))
    hashes = factors[:, None] * values[None, :]
    hashes += shifts[:, None]
    hashes >>= np.uint64(32)
    found: npt.NDArray[np.uint64] = hashes.min(axis=1)
    return found
