"""Words for synthetic conversations and notes: plain, short, and different enough to be told apart."""

from __future__ import annotations

from numpy.random import Generator

_QUESTIONS = {
    "en": ("How does the {} change here?", "Please draw the {} and explain it.", "What comes after the {}?"),
    "zh": ("这里的{}有什么变化？", "请画出{}并加以说明。", "{}之后是什么？"),
}
_STEPS = {
    "en": (
        "First, look at the {}: it stands left of the middle.",
        "The {} grows with every step, as the picture shows.",
        "From this follows that the {} has to be counted twice.",
        "Compare it with the {} of the turn before.",
        "So the {} is what was asked for.",
    ),
    "zh": (
        "首先看{}：它在中间偏左的位置。",
        "如图所示，{}逐步变大。",
        "由此可见，{}需要计算两次。",
        "把它和上一轮的{}比较一下。",
        "因此，所求的就是{}。",
    ),
}
_THINGS = {
    "en": (
        "triangle",
        "bridge",
        "garden",
        "recipe",
        "harbour",
        "lantern",
        "clock",
        "orchard",
        "map",
        "shadow",
    ),
    "zh": ("三角形", "桥", "花园", "菜谱", "港口", "灯笼", "时钟", "果园", "地图", "影子"),
}
_REMARKS = {
    "en": (
        "The {} is not where the text says it is.",
        "Clear, and the {} matches the picture.",
        "Misses what was asked about the {}.",
        "The explanation of the {} is right but long.",
    ),
    "zh": (
        "{}的位置与文字不符。",
        "清楚，{}与图片一致。",
        "没有回答关于{}的问题。",
        "对{}的解释正确，但太长。",
    ),
}
_COPIED = {
    "en": "The answer is good and the {} is fine, nothing to add.",
    "zh": "回答很好，{}也没问题，没有补充。",
}


def _said(rng: Generator, sentences: tuple[str, ...], things: tuple[str, ...]) -> str:
    return sentences[rng.integers(len(sentences))].format(things[rng.integers(len(things))])


def question(rng: Generator, language: str) -> str:
    """Return a user's message."""
    return _said(rng, _QUESTIONS[language], _THINGS[language])


def answer(rng: Generator, language: str) -> list[str]:
    """Return the two to six steps of an answer."""
    return [_said(rng, _STEPS[language], _THINGS[language]) for _ in range(rng.integers(2, 7))]


def remark(rng: Generator, language: str, *, copied: bool) -> str:
    """Return a note; copied ones differ in one word."""
    known = language if language in _THINGS else "en"
    return _said(rng, (_COPIED[known],) if copied else _REMARKS[known], _THINGS[known])
