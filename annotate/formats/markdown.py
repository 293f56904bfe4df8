"""Messages as safe HTML: CommonMark with tables, strikethrough and TeX, rendered on the server.

The text is hostile. Raw HTML is off, nothing is loaded from anywhere, no attribute runs code or
sets a style, and what comes out has passed an allow-list of elements and attributes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.dollarmath import dollarmath_plugin

from annotate.formats.tex import TexBudget, bracket_math_plugin, mathml

RENDERER_VERSION = 2  # raise it when the same text comes out differently

# Longer texts are shown as they are typed. Rendering is about linear; the worst input found (opening
# image brackets alone) takes two to three seconds at this length, prose a quarter of one.
MAX_RENDERED = 250_000

_SCHEMES = {"http", "https", "mailto"}
_BLOCKS = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "th", "td"}
# What holds blocks takes the direction of its first letter: `auto` would not look into blocks that have
# a direction of their own, and leave the marks of an Arabic list on the wrong side.
_HOLDERS = {"ul", "ol", "blockquote", "table"}
_LANGUAGE = re.compile(r"[A-Za-z0-9+#_.-]{1,40}")
_CLASSES = re.compile(r"language-[A-Za-z0-9+#_.-]{1,40}|align-(?:left|center|right)|link-host|tex|math-block")
_LENGTH = re.compile(r"-?\d{0,2}(?:\.\d{1,4})?em")
_LENGTHS = {"width", "lspace", "rspace", "minsize", "maxsize", "columnspacing", "rowspacing"}

_MATH = {
    "math": {"display"}, "mrow": set(), "mi": {"mathvariant"}, "mn": {"mathvariant"},
    "mo": {"stretchy", "fence", "form", "separator", "largeop", "movablelimits", "symmetric",
           "lspace", "rspace", "minsize", "maxsize", "accent", "mathvariant"},
    "mtext": {"mathvariant"}, "ms": set(), "mspace": {"width", "linebreak"},
    "mfrac": {"linethickness"}, "msqrt": set(), "mroot": set(), "mstyle": {"displaystyle", "scriptlevel"},
    "mpadded": set(), "mphantom": set(), "menclose": {"notation"}, "msub": set(), "msup": set(),
    "msubsup": set(), "munder": {"accentunder"}, "mover": {"accent"}, "munderover": set(),
    "mmultiscripts": set(), "mprescripts": set(), "mtable": {"columnalign", "columnlines", "rowlines",
    "columnspacing", "rowspacing", "displaystyle"}, "mtr": set(), "mtd": {"columnalign"},
}  # fmt: skip
_HTML = {
    "p": {"dir"}, "br": set(), "hr": set(), "strong": set(), "em": set(), "s": set(), "pre": {"dir"},
    "code": {"class", "dir"}, "blockquote": {"dir"}, "ul": {"dir"}, "ol": {"start", "dir"}, "li": {"dir"},
    "table": {"dir"}, "thead": set(), "tbody": set(), "tr": set(), "th": {"class", "dir"},
    "td": {"class", "dir"}, "a": {"href", "dir"}, "span": {"class", "dir"}, "div": {"class"},
    "h3": {"dir"}, "h4": {"dir"}, "h5": {"dir"}, "h6": {"dir"},
}  # fmt: skip


def render(text: str) -> str:
    """Return a message's Markdown as an HTML fragment that is safe under a strict CSP.

    A line break stays one. Headings start at h3, below the page's own. An image becomes a link with
    its alternative text, and a link shows where it leads unless its text does. Texts of more than
    250,000 characters, and TeX that cannot be read, are shown as they were typed.
    """
    if len(text) > MAX_RENDERED:
        return _CLEANER.clean(f'<pre dir="auto">{escape(text, quote=False)}</pre>')
    return _CLEANER.clean(_MARKDOWN.render(text, {"tex": TexBudget()}))


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block: its lines in the text from ``start`` up to ``end``, marks included, and what they hold."""

    start: int
    end: int
    mark: str
    info: str
    code: list[str]


def fences(text: str) -> list[Fence]:
    """Return the fenced code blocks of a text in their order; none where it is shown as it was typed.

    Lines are counted from 0, and end as CommonMark's do. ``code`` is without the indentation that the block's
    place (in a list, say) gives it.
    """
    if len(text) > MAX_RENDERED or not ("```" in text or "~~~" in text):
        return []
    return [
        Fence(token.map[0], token.map[1], token.markup, token.info, _lines(token.content))
        for token in _MARKDOWN.parse(text, {"tex": TexBudget()})
        if token.type == "fence" and token.map
    ]


def _lines(content: str) -> list[str]:
    return content.removesuffix("\n").split("\n") if content else []


def _keep_attribute(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "class":
        return value if _CLASSES.fullmatch(value) else None
    if attribute == "dir":
        return value if value in ("auto", "ltr", "rtl") else None
    if attribute in _LENGTHS and tag in _MATH:
        return value if _LENGTH.fullmatch(value) else None
    return value


_CLEANER = nh3.Cleaner(
    tags={*_HTML, *_MATH},
    attributes=_HTML | _MATH | {"*": set()},  # else title and lang pass everywhere
    attribute_filter=_keep_attribute,
    clean_content_tags={"script", "style"},
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
    url_schemes=_SCHEMES,
    url_relative="deny",
)


def _is_allowed(url: str) -> bool:
    return url.partition(":")[0].strip().lower() in _SCHEMES and ":" in url


def _rewrite(state: StateCore) -> None:
    """Change what the parser made before it is rendered: the last core rule."""
    _turn_holders(state.tokens)
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"
        if token.nesting == 1 and token.tag in _BLOCKS:
            token.attrs["dir"] = "auto"
        if style := token.attrs.pop("style", None):  # a table cell's alignment
            token.attrs["class"] = f"align-{str(style).partition(':')[2]}"
        if token.children:
            token.children = _rewrite_inline(token.children)


def _turn_holders(tokens: Sequence[Token]) -> None:
    """Let lists, quotes and tables that begin with a letter from right to left run that way."""
    waiting: list[Token] = []
    for token in tokens:
        if token.nesting == 1 and token.tag in _HOLDERS:
            waiting.append(token)
        elif token.type == "inline" and waiting and (direction := _direction(token.content)):
            if direction == "rtl":
                for holder in waiting:
                    holder.attrs["dir"] = "rtl"
            waiting = []


def _direction(text: str) -> str:
    """Return which way the first strong character runs; "" when there is none."""
    for letter in text:
        match unicodedata.bidirectional(letter):
            case "L":
                return "ltr"
            case "R" | "AL":
                return "rtl"
    return ""


def _rewrite_inline(tokens: Sequence[Token]) -> list[Token]:
    """Make links of images, and show after each link the host that its text does not name."""
    found: list[Token] = []
    target, shown = "", ""
    for token in tokens:
        if token.type == "link_open":
            target, shown = str(token.attrs.get("href", "")), ""
            token.attrs["dir"] = "auto"  # isolates it: nothing inside can turn the text around it
        elif token.type == "link_close":
            found += [*_host(target, shown), token]
            target = ""
            continue
        elif token.type == "image":
            found += _image_link(token, inside_a_link=bool(target))
            continue
        elif token.type == "code_inline":
            token.attrs["dir"] = "auto"
        shown += token.content
        found.append(token)
    return found


def _image_link(image: Token, *, inside_a_link: bool) -> list[Token]:
    words = image.content.strip() or "image"
    if inside_a_link:
        return [Token("text", "", 0, content=words)]
    target = str(image.attrs.get("src", ""))
    return [
        Token("link_open", "a", 1, attrs={"href": target, "dir": "auto"}),
        Token("text", "", 0, content=words),
        *_host(target, words),
        Token("link_close", "a", -1),
    ]


def _host(target: str, shown: str) -> list[Token]:
    """Return the tokens that show a link's host, in its ASCII form, where its text does not."""
    try:
        parts = urlsplit(target)
        host = parts.path if parts.scheme == "mailto" else parts.hostname or ""
    except ValueError:
        host = target
    if host in shown:
        return []
    return [
        Token("link_host_open", "span", 1, attrs={"class": "link-host", "dir": "ltr"}),
        Token("text", "", 0, content=f" ({host[:100]})"),
        Token("link_host_close", "span", -1),
    ]


def _render_code(
    _renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
) -> str:
    token = tokens[index]
    language = _LANGUAGE.match(token.info.strip())
    marked = f' class="language-{language[0]}"' if language else ""
    return f'<pre dir="ltr"><code{marked}>{escape(token.content)}</code></pre>\n'


def _render_math(
    _renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, env: EnvType
) -> str:
    token = tokens[index]
    alone = token.type == "math_block"
    display = alone or token.type == "math_inline_double"
    made = mathml(token.content, display=display, budget=env["tex"])
    made = made or f'<code class="tex" dir="ltr">{escape(token.content)}</code>'
    return f'<div class="math-block">{made}</div>\n' if alone else made


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    # Spaces and digits beside a dollar speak of money: "$5 or $6".
    parser.use(
        dollarmath_plugin,
        allow_labels=False,
        allow_space=False,
        allow_digits=False,
        allow_blank_lines=False,
        double_inline=True,
    )
    parser.use(bracket_math_plugin)
    parser.validateLink = _is_allowed  # type: ignore[method-assign]
    parser.core.ruler.push("safe_rewrite", _rewrite)
    for name in ("math_inline", "math_inline_double", "math_block"):
        parser.add_render_rule(name, _render_math)
    for name in ("fence", "code_block"):
        parser.add_render_rule(name, _render_code)
    return parser


_MARKDOWN = _parser()
