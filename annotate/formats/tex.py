r"""TeX inside Markdown: ``\(…\)`` and ``\[…\]`` besides dollars, and MathML of what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from html import unescape
from xml.etree.ElementTree import Element, tostring

from latex2mathml import exceptions
from latex2mathml.converter import convert_to_element
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

MAX_FORMULA = 2_000
_CLOSING = {"\\(": "\\)", "\\[": "\\]"}

# Its own errors have no common base, and on odd input it stumbles over its own assumptions.
_TEX_ERRORS: tuple[type[Exception], ...] = (
    *(one for one in vars(exceptions).values() if isinstance(one, type) and issubclass(one, Exception)),
    IndexError, KeyError, ValueError, TypeError, AttributeError, RecursionError, RuntimeError,
    StopIteration,
)  # fmt: skip


@dataclass(slots=True)
class TexBudget:
    """What one message may still convert: a formula costs 0.1 ms and twenty times its length."""

    characters: int = 20_000
    formulas: int = 1_000


def mathml(tex: str, *, display: bool, budget: TexBudget) -> str | None:
    """Return presentation MathML (not sanitised), None when it cannot be made of this TeX."""
    budget.characters -= len(tex)
    budget.formulas -= 1
    if len(tex) > MAX_FORMULA or budget.characters < 0 or budget.formulas < 0 or not tex.strip():
        return None
    try:
        tree: Element = convert_to_element(tex, display="block" if display else "inline")
    except _TEX_ERRORS:
        return None
    # Its own serialiser leaves markup typed inside \text{…} unescaped. Symbols stand in the tree as
    # character references.
    for element in tree.iter():
        element.text = unescape(element.text) if element.text else None
        element.tail = unescape(element.tail) if element.tail else None
    return tostring(tree, encoding="unicode")


def bracket_math_plugin(parser: MarkdownIt) -> None:
    r"""Let ``\(…\)`` and ``\[…\]`` be TeX, as language models write it; tokens as for dollars."""
    parser.inline.ruler.before("escape", "math_bracket_inline", _inline)
    parser.block.ruler.before("fence", "math_bracket_block", _block, {"alt": ["paragraph", "reference"]})


def _inline(state: StateInline, silent: bool) -> bool:  # noqa: FBT001, the parser's signature
    opening = state.src[state.pos : state.pos + 2]
    closing = _CLOSING.get(opening)
    if closing is None or state.env.get("no_more", {}).get(closing) is state.src:
        return False
    end = state.src.find(closing, state.pos + 2, state.posMax)
    if end < 0:
        # Remembered, so that a line of openings alone is not searched again from each of them.
        state.env.setdefault("no_more", {})[closing] = state.src
        return False
    if not silent:
        token = state.push("math_inline" if opening == "\\(" else "math_inline_double", "math", 0)
        token.content = state.src[state.pos + 2 : end]
        token.markup = opening
    state.pos = end + 2
    return True


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001, as above
    r"""Take lines from one that starts with ``\[`` to one that ends with ``\]``, with no blank one."""
    if state.is_code_block(start) or not _line(state, start).startswith("\\["):
        return False
    lines: list[str] = []
    while not (lines and lines[-1].endswith("\\]")):
        number = start + len(lines)
        line = _line(state, number) if number < end else ""
        # A second opening ends the search too: else a text of openings alone would cost its square.
        if not line or state.sCount[number] < state.blkIndent or (lines and line.startswith("\\[")):
            return False
        line = line if lines else line[2:]
        if "\\]" in line[:-2]:
            return False  # words follow on the line: that is for the inline rule
        lines.append(line)
    if not silent:
        token = state.push("math_block", "math", 0)
        token.block = True
        token.content = "\n".join(lines)[:-2]
        token.map = [start, start + len(lines)]
        token.markup = "\\["
        state.line = start + len(lines)
    return True


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].strip()
