from __future__ import annotations

import hashlib
import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.formats.markdown import MAX_RENDERED, RENDERER_VERSION, render

RENDERED = {
    "a paragraph keeps its line breaks": ("a\nb", '<p dir="auto">a<br>\nb</p>\n'),
    "strong, emphasis, struck": (
        "**a** *b* ~~c~~",
        '<p dir="auto"><strong>a</strong> <em>b</em> <s>c</s></p>\n',
    ),
    "headings begin below the page's": ("# a\n###### b", '<h3 dir="auto">a</h3>\n<h6 dir="auto">b</h6>\n'),
    "a list from 3": ("3. a", '<ol start="3">\n<li dir="auto">a</li>\n</ol>\n'),
    "a table": (
        "|a|\n|-:|\n|1|",
        (
            '<table>\n<thead>\n<tr>\n<th dir="auto" class="align-right">a</th>\n</tr>\n</thead>\n'
            '<tbody>\n<tr>\n<td dir="auto" class="align-right">1</td>\n</tr>\n</tbody>\n</table>\n'
        ),
    ),
    "a list from right to left": (
        "- 1. שלום\n- b",
        (
            '<ul dir="rtl">\n<li dir="auto">\n<ol dir="rtl">\n<li dir="auto">שלום</li>\n</ol>\n</li>\n'
            '<li dir="auto">b</li>\n</ul>\n'
        ),
    ),
    "a table from right to left": (
        "|مرحبا|\n|-|",
        '<table dir="rtl">\n<thead>\n<tr>\n<th dir="auto">مرحبا</th>\n</tr>\n</thead>\n</table>\n',
    ),
    "a quote whose first letter is Latin": (
        "> 1 a ش",
        '<blockquote>\n<p dir="auto">1 a ش</p>\n</blockquote>\n',
    ),
    "code": ("`a<b`", '<p dir="auto"><code dir="auto">a&lt;b</code></p>\n'),
    "a block of code keeps the language alone": (
        "```py onclick=1\na<b\n```",
        '<pre dir="ltr"><code class="language-py">a&lt;b\n</code></pre>\n',
    ),
    "a language of odd letters": ('```"><script>\na\n```', '<pre dir="ltr"><code>a\n</code></pre>\n'),
    "a link": (
        "[a.org](https://a.org/x)",
        (
            '<p dir="auto"><a href="https://a.org/x" dir="auto" target="_blank" '
            'rel="noopener noreferrer nofollow">a.org</a></p>\n'
        ),
    ),
    "HTML is text": ("<b onclick=x>a</b>", '<p dir="auto">&lt;b onclick=x&gt;a&lt;/b&gt;</p>\n'),
    "prices are no formulas": ("from $5 to $6", '<p dir="auto">from $5 to $6</p>\n'),
    "TeX between dollars": (
        "$a^2$",
        '<p dir="auto"><math display="inline"><mrow><msup><mi>a</mi><mn>2</mn></msup></mrow></math></p>\n',
    ),
    "TeX between round brackets": (
        r"so \(x<y\)",
        '<p dir="auto">so <math display="inline"><mrow><mi>x</mi><mo>&lt;</mo><mi>y</mi></mrow></math></p>\n',
    ),
    "TeX between square brackets": (
        r"so \[x\] is",
        '<p dir="auto">so <math display="block"><mrow><mi>x</mi></mrow></math> is</p>\n',
    ),
    "TeX on lines of its own": (
        "\\[\na\n- b\n\\]",
        (
            '<div class="math-block"><math display="block"><mrow>'
            "<mi>a</mi><mo>−</mo><mi>b</mi></mrow></math></div>\n"
        ),
    ),
    "TeX in double dollars": (
        "$$\nx\n$$",
        '<div class="math-block"><math display="block"><mrow><mi>x</mi></mrow></math></div>\n',
    ),
    "TeX that cannot be read is shown": (
        r"$\frac{$",
        '<p dir="auto"><code class="tex" dir="ltr">\\frac{</code></p>\n',
    ),
    "markup in TeX is text": (
        r"$\text{<b>}$ c",
        '<p dir="auto"><math display="inline"><mrow><mtext>&lt;b&gt;</mtext></mrow></math> c</p>\n',
    ),
    "an escaped bracket is a bracket": (r"\\(a\\)", '<p dir="auto">\\(a\\)</p>\n'),
    "brackets without an end": (r"\(a \[b", '<p dir="auto">(a [b</p>\n'),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("text", "expected"), RENDERED.values(), ids=RENDERED.keys())
def test_markdown_becomes_html(text: str, expected: str) -> None:
    assert render(text) == expected


LINKS = {
    "the text names another host": ("[paypal.com](https://evil.org)", ["https://evil.org"], " (evil.org)"),
    "letters that look alike": (
        "[a](https://gооgle.com)",
        ["https://xn--ggle-55da.com"],
        " (xn--ggle-55da.com)",
    ),
    "the same in an autolink": (
        "<https://gооgle.com>",
        ["https://xn--ggle-55da.com"],
        " (xn--ggle-55da.com)",
    ),
    "a mail address": ("[write](mailto:a@b.org)", ["mailto:a@b.org"], " (a@b.org)"),
    "a name before the host": (
        "[a](https://paypal.com@evil.org)",
        ["https://paypal.com@evil.org"],
        " (evil.org)",
    ),
    "an image becomes a link": ("![a cat](https://e.org/i.png)", ["https://e.org/i.png"], "a cat (e.org)"),
    "an image without words": ("![](https://e.org/i.png)", ["https://e.org/i.png"], "image (e.org)"),
    "an image in a link": ("[![cat](https://a.org/i.png)](https://b.org)", ["https://b.org"], "cat (b.org)"),
    "javascript": ("[a](javascript:alert(1))", [], "[a](javascript:alert(1))"),
    "javascript as entities": ("[a](&#x6a;avascript:alert(1))", [], "[a](javascript:alert(1))"),
    "javascript with a tab": ("[a](java\tscript:alert(1))", [], "alert(1)"),
    "javascript as a reference": ("[a]\n\n[a]: JaVaScRiPt:alert(1)", [], "[a]"),
    "javascript in an autolink": ("<javascript:alert(1)>", [], "<javascript:alert(1)>"),
    "data": ("[a](data:text/html;base64,AAAA)", [], "data:"),
    "data as an image": ("![a](data:image/svg+xml,x)", [], "data:"),
    "vbscript": ("[a](vbscript:x)", [], "vbscript"),
    "a page of our own": ("[a](/admin/)", [], "[a](/admin/)"),
    "another host without a scheme": ("[a](//evil.org)", [], "[a](//evil.org)"),
    "TeX with a link": (r"$\href{javascript:alert(1)}{x}$", [], "x"),
}


class _Reader(HTMLParser):
    """Collects what a browser would see: elements with their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(("text", "targets", "shown"), LINKS.values(), ids=LINKS.keys())
def test_a_link_leads_to_the_web_alone_and_says_where(text: str, targets: list[str], shown: str) -> None:
    seen = _Reader(render(text))

    assert [attributes["href"] for tag, attributes in seen.elements if tag == "a"] == targets
    assert shown in seen.text


ALLOWED = re.compile(
    r"p|br|hr|strong|em|s|pre|code|blockquote|[uo]l|li|table|thead|tbody|t[rhd]|a|span|div|h[3-6]|m[a-z]+"
)
ATTRIBUTES = {"href", "rel", "target", "dir", "class", "start"}


def assert_safe(html: str) -> None:
    for tag, attributes in _Reader(html).elements:
        assert ALLOWED.fullmatch(tag), tag
        assert tag not in ("meta", "marquee", "maction", "main", "menu", "map", "mark")
        if not (tag.startswith("m") and tag != "a"):
            assert set(attributes) <= ATTRIBUTES
        for name, value in attributes.items():
            assert not name.startswith(("on", "style", "id", "src", "xlink", "data"))
            if name == "href":
                assert re.match(r"(https?|mailto):", value or "", re.IGNORECASE)
                assert attributes["rel"] == "noopener noreferrer nofollow"


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "</p><iframe srcdoc='<script>1</script>'>",
    "<style>*{}</style><link rel=stylesheet href=//x>",
    "<!-- --!><script>1</script>",
    '[a](https://x.org "onclick=alert(1)")',
    '[a](https://x.org/"onmouseover="alert(1))',
    "[a](<https://x.org/ onmouseover=alert(1)>)",
    '```"onload="alert(1)\nx\n```',
    r"$\style{color:red}{x} \class{btn}{y} \color{red}z \hspace{99999em}$",
    r"$\text{</math><script>alert(1)</script>}$",
    r"$$\unicode{x3c}script\unicode{x3e}$$",
    "$</math><img src=x onerror=1>$",
    "[^1]\n\n[^1]: a",
    "<math><mtext><table><mglyph><style><img src=x onerror=1>",
    "\u202e[a\u202e](https://x.org)\u202d",
    "|a|\n|-|\n|<script>|",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_only_text(text: str) -> None:
    assert_safe(render(text))


def test_a_formula_cannot_push_the_page_apart() -> None:
    html = render(r"$a\quad b\hspace{99999em}c$")

    assert 'width="1em"' in html
    assert "99999" not in html


def test_a_turned_direction_stays_in_its_block_link_or_code() -> None:
    html = render("\u202ea\n\n[\u202eb](https://x.org) `\u202ec`")

    assert [
        attributes.get("dir") for tag, attributes in _Reader(html).elements if tag in ("p", "a", "code")
    ] == ["auto"] * 4


MARKS = r"""
** _ ` $ $$ \( \) \[ \] [ ]( ) ![ < > &#x6a; javascript: onclick= | \ { } ^ & http:// a
\frac \begin{matrix} \end{matrix} \left( \sqrt \text{
"""
FRAGMENTS = st.sampled_from([*HOSTILE, *MARKS.split(), "```\n", "\n", "\n\n", "> ", "- ", " "])


@given(st.lists(FRAGMENTS, max_size=30).map("".join) | st.text(max_size=80))
def test_no_text_makes_anything_that_runs(text: str) -> None:
    assert_safe(render(text))


COMMANDS = r"""
\frac { } [ ] ^ _ a 1 & \\ \left \right ( ) | . ' \ ~ \hline \color \hspace \genfrac \binom \sqrt \sum
\begin{matrix} \end{matrix} \begin{array}{cc} \end{array} \begin{cases} \end{cases} \limits \int \text
\mathbb \overset \operatorname \displaystyle \substack \not \unknown
"""
TEX = st.lists(st.sampled_from([*COMMANDS.split(), " "]), max_size=15)


@given(TEX.map("".join))
def test_no_tex_stops_the_message(tex: str) -> None:
    html = render(f"before\n\n\\[{tex}\\]\n\nafter")

    assert "before" in html
    assert "after" in html
    assert_safe(html)


def test_a_text_over_the_limit_is_shown_as_typed() -> None:
    text = "**<b>**" * (MAX_RENDERED // 7 + 1)

    html = render(text)

    assert html.startswith('<pre dir="auto">**&lt;b&gt;****')
    assert _Reader(html).text == text


N = 20_000
SLOW = {
    "stars": "*" * N,
    "words in stars": "a*" * (N // 2),
    "brackets": "[" * N,
    "image brackets": "![" * (N // 2),
    "links without an end": "[a](<b" * (N // 6),
    "quotes in quotes": ">" * N,
    "lists in lists": "- " * (N // 2),
    "ticks": "".join("`" * n + " " for n in range(200)),
    "dollars": "$a " * (N // 3),
    "round TeX brackets": "\\(a " * (N // 4),
    "square TeX brackets": "\\[a\n" * (N // 4),
    "a wide table": "|" * (N // 4) + "\n" + "|-" * (N // 4) + "\n" + "|a\n" * 500,
    "formulas": "$x$ " * (N // 4),
    "nested braces": "$" + "{" * 990 + "}" * 990 + "$",
    "references": "".join(f"[a{n}]: b\n" for n in range(N // 10)),
    "a megabyte of stars": "*" * 1_000_000,
}


@pytest.mark.parametrize("text", SLOW.values(), ids=SLOW.keys())
def test_hostile_lengths_do_not_take_more_than_their_share(text: str) -> None:
    began = time.process_time()

    html = render(text)

    # A square cost would take minutes here; the bound is wide, for slow machines.
    assert time.process_time() - began < 10
    assert len(html) < 40 * len(text)


def test_the_version_is_raised_when_texts_come_out_differently() -> None:
    text = (
        "# Head\n\nA *word*, **two**, ~~three~~, `four`\nfive <b>six</b> [seven](https://example.org) "
        "![eight](https://example.org/x.png) $x^2$ \\(y\\)\n\n> nine\n\n1. ten\n- eleven\n\n|a|b|\n|:-|-:|\n|1|2|\n\n"
        "```py\ntwelve\n```\n\n    thirteen\n\n$$\n\\frac{1}{2}\n$$\n\n"
        "1. \u0645\u0631\u062d\u0628\u0627\n\n---\n\\[z\\]\n"
    )
    digest = hashlib.sha256(render(text).encode()).hexdigest()[:12]

    assert (RENDERER_VERSION, digest) == (
        2,
        "86ac726c224f",
    )  # another digest: raise the version, then change both here
