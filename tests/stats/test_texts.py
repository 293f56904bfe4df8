from __future__ import annotations

import random
import re

from annotate.stats.texts import near_duplicates, shingles

WORDS = re.findall(
    r"\w+", "the picture shows a small red house with two windows and one door near a lake in the morning sun"
)


def text(rng: random.Random) -> str:
    return " ".join(rng.choices(WORDS, k=30))


def test_copies_with_a_word_changed_are_found_among_others() -> None:
    rng = random.Random(1)
    texts = [text(rng) for _ in range(300)]
    texts += [f"{texts[10]} indeed", texts[20].upper(), texts[30].replace("house", "home", 1)]
    found = {(one.left, one.right): one.jaccard for one in near_duplicates(texts)}

    assert {(10, 300), (20, 301), (30, 302)} <= set(found)
    assert found[20, 301] == 1.0
    assert len(found) < 10


def test_every_one_of_many_copies_is_in_some_pair() -> None:
    found = near_duplicates(["The explanation is right but far too long for this."] * 100)

    assert {place for one in found for place in (one.left, one.right)} == set(range(100))


def test_chinese_needs_no_words_and_short_texts_are_left_alone() -> None:
    long = "这个回答解释得很清楚,但是图片里的房子和文字里描述的颜色完全不一样,需要重新生成图片。"

    assert near_duplicates([long, long.replace("房子", "汽车")])
    assert near_duplicates(["Good.", "Good."]) == []
    assert shingles("ab") == frozenset()
    assert near_duplicates([]) == []
