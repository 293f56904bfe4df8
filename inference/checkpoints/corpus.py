"""Texts on which two tokenizers must agree before one stands for the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = [
    "The area of a circle is πr², so r = 3.5 cm gives 38.48 cm².",
    "Größe, naïve façade, Übermaß, Ångström, İstanbul, ﬁne ligature, e\u0301 and é",
    "你是书生·万象，英文名是InternVL。答案：四十二！",
    "日本語とかな、한국어도, русский текст, العربية, עברית, हिन्दी, ไทย",
    "∑_{i=1}^{n} i = n(n+1)/2 ⇒ ∫₀^∞ e^{-x²} dx = √π/2, x ∈ ℝ, α ≤ β ≠ γ",
    r"\frac{a}{b} + \sqrt{2} \approx 1.414, $x^2 - y^2 = (x+y)(x-y)$",
    "def f(x: int) -> int:\n    return x * 2  # twice\n\n\tif not x:\r\n\t\tpass",
    "😀 👩‍👩‍👧‍👦 🏳️‍🌈 ❤️ 🇩🇪 🤷🏽‍♀️ \U0001f9ea",
    "1234567890 0.001 -17 +42 1,000,000 3/4 50% 2024-01-31",
    "assistant\n+",
    "assistant\n-",
    "+",
    "-",
    "### Question:\nWhich?\n\n### Solution Process:\nStep 1.",
    "a\u00a0b\u200bc\u3000d\ufeffe\u2028f",
    "▁already▁there ▁ and\u2581",
    "aaaaaaaaaaaaaaa ababababab -------- ======= ........",
    "\x00\x01\x1f\x7f\ud7ff\ue000\ufffd",
    "a line\nanother\r\nand\rthe last\n",
    "https://example.org/a?b=c&d=%20 name@example.org C:\\dir\\file",
    "<|not_special|> <s </s <0x0A> [UNUSED_TOKEN]",
    "",
]
RUNS = [" ", "\n", "\t", "\r\n", " \n", "\n ", "\n\n", "\u3000"]
LONGEST_RUN = 33


def corpus() -> Iterator[str]:
    """Give the texts on which both tokenizers must agree."""
    yield from WORDS
    for run in RUNS:
        for count in range(1, LONGEST_RUN + 1):
            yield run * count
            yield f"a{run * count}b"
    for first in WORDS:
        for second in WORDS:
            yield f"{first}\n\n{second}"
            yield f"{first} {second}"
