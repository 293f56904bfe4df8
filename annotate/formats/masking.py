"""Names that must not be seen, such as those of models: each becomes a neutral mark.

A name is masked where it stands as a whole word, whatever its case. A letter or digit beside it makes it
part of another word; scripts that write without spaces (and Korean, whose particles follow at once) do not,
nor does an underscore, which may be Markdown's. Blanks inside a name match any blanks of up to one line break.
A name that is split by markup, as in ``GPT**-4**``, is not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from html import unescape
from typing import Self

MARK = "[name]"

# Thai, Lao, Burmese, Khmer; Hangul; kana and Chinese characters with their extensions.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3040-\u31ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
)
_UNSPACED += "\U00020000-\U0003ffff"
_WORD = rf"[^\W_{_UNSPACED}]"
_BLANKS = r"(?:[^\S\n]+|[^\S\n]*\n[^\S\n]*)"
# A tag, quotes and all, or the text up to the next one.
_PIECE = re.compile(r"""<!--.*?-->|<(?:"[^"]*"|'[^']*'|[^<>"'])*>|[^<]+|<""", re.DOTALL)
_MATH = re.compile(r"<(/?)math\b", re.IGNORECASE)


class Masker:
    """Masks a fixed set of names."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.pattern = pattern

    @classmethod
    @lru_cache(maxsize=256)
    def of(cls, names: tuple[str, ...]) -> Self | None:
        """Return the masker of these names; None when there is nothing to mask. Longer names go first."""
        known = sorted({" ".join(name.split()) for name in names} - {""}, key=lambda one: (-len(one), one))
        if not known:
            return None
        return cls(re.compile("|".join(map(_whole, known)), re.IGNORECASE))

    def text(self, text: str) -> str:
        """Return a plain text with every name masked."""
        return self.pattern.sub(MARK, text)

    def html(self, html: str) -> str:
        """Return sanitised HTML with every name masked in its text; tags and attributes stay as they are."""
        return "".join(self._pieces(html))

    def _pieces(self, html: str) -> Iterable[str]:
        mark = f'<span class="masked">{MARK}</span>'
        in_math = False
        for piece in _PIECE.findall(html):
            if piece.startswith("<"):
                if tag := _MATH.match(piece):
                    in_math = not tag[1]
                yield piece
                continue
            words = unescape(piece) if "&" in piece else piece
            if not self.pattern.search(words):
                yield piece
                continue
            # Inside a formula a <span> would break the tree: there the mark is plain.
            yield (MARK if in_math else mark).join(map(_escape, self.pattern.split(words)))

    def parts(self, parts: Iterable[dict[str, object]]) -> list[dict[str, object]]:
        """Return a message's parts with names masked in ``text``, ``html`` and ``alt``."""
        changes = {"text": self.text, "html": self.html, "alt": self.text}
        return [
            {
                name: changes[name](value) if name in changes and isinstance(value, str) else value
                for name, value in part.items()
            }
            for part in parts
        ]


def _whole(name: str) -> str:
    """Return the pattern of one name as a whole word."""
    words = _BLANKS.join(re.escape(word) for word in name.split())
    before = rf"(?<!{_WORD})" if re.match(_WORD, name) else ""
    after = rf"(?!{_WORD})" if re.match(_WORD, name[-1]) else ""
    return before + words + after


def _escape(text: str) -> str:
    """Return text as the sanitiser writes it."""
    return text.replace("&", "&amp;").replace("\xa0", "&nbsp;").replace("<", "&lt;").replace(">", "&gt;")
