from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from annotate.formats.markdown import render
from annotate.formats.masking import MARK, Masker

NAMES = ("GPT-4", "GPT-4o", "Qwen", "Qwen2.5-VL", "通义千问", "R&D", "Claude 3", "amp", "href", "span")


def masker(*names: str) -> Masker:
    found = Masker.of(names)
    assert found is not None
    return found


MASKED = {
    "a whole word": ("Qwen", "ask Qwen!", "ask [name]!"),
    "any case": ("Qwen", "QWEN, qwen", "[name], [name]"),
    "not inside a word": ("Qwen", "Qwensday, myQwen, Qwen7", "Qwensday, myQwen, Qwen7"),
    "a name with a hyphen": ("GPT-4", "GPT-4, GPT-40, XGPT-4", "[name], GPT-40, XGPT-4"),
    "a name with a dot": ("Qwen2.5", "Qwen2.5. Qwen2x5", "[name]. Qwen2x5"),
    "what follows a hyphen": ("GPT-4", "GPT-4-turbo and (GPT-4)", "[name]-turbo and ([name])"),
    "Chinese on both sides": ("GPT-4", "使用GPT-4生成", "使用[name]生成"),
    "a Chinese name in a sentence": ("通义千问", "这是通义千问的回答", "这是[name]的回答"),
    "a Korean particle": ("GPT-4", "GPT-4는", "[name]는"),
    "an accent is a letter": ("Qwen", "éQwen Qwené", "éQwen Qwené"),
    "Markdown around it": ("Qwen", "_Qwen_ **Qwen**", "_[name]_ **[name]**"),
    "blanks and a line break": (
        "Claude 3",
        "Claude\u00a03, Claude\n3, Claude\n\n3",
        "[name], [name], Claude\n\n3",
    ),
    "a name that is no word": ("@ai", "foo@ai @aim", "foo[name] @aim"),
}


@pytest.mark.parametrize(("name", "text", "expected"), MASKED.values(), ids=MASKED.keys())
def test_a_name_is_masked_as_a_whole_word(name: str, text: str, expected: str) -> None:
    assert masker(name).text(text) == expected


def test_the_longest_name_wins() -> None:
    assert masker("GPT", "GPT-4o", "GPT-4").text("GPT-4o GPT-4 GPT") == "[name] [name] [name]"


def test_no_names_no_masker() -> None:
    assert Masker.of(()) is None
    assert Masker.of(("", "  ")) is None


def test_html_is_masked_in_its_text_alone() -> None:
    html = '<p dir="auto">Qwen &amp; <a href="https://Qwen.org/?a>Qwen">R&amp;D</a>&nbsp;&lt;amp&gt;</p>'

    assert masker("Qwen", "R&D", "amp", "href").html(html) == (
        '<p dir="auto"><span class="masked">[name]</span> &amp; <a href="https://Qwen.org/?a>Qwen">'
        '<span class="masked">[name]</span></a>&nbsp;&lt;<span class="masked">[name]</span>&gt;</p>'
    )


def test_a_formula_keeps_its_tree() -> None:
    html = render(r"$\text{Qwen}$ Qwen")

    masked = masker("Qwen").html(html)

    assert "<mtext>[name]</mtext>" in masked
    assert masked.endswith('<span class="masked">[name]</span></p>\n')


def test_parts_are_masked_in_text_html_and_alt_and_nowhere_else() -> None:
    parts: list[dict[str, object]] = [
        {"type": "text", "text": "Qwen", "html": "<p>Qwen</p>"},
        {"type": "image", "url": "/images/Qwen", "width": 4, "height": 3, "alt": "by Qwen"},
    ]

    assert masker("Qwen").parts(parts) == [
        {"type": "text", "text": MARK, "html": f'<p><span class="masked">{MARK}</span></p>'},
        {"type": "image", "url": "/images/Qwen", "width": 4, "height": 3, "alt": f"by {MARK}"},
    ]


class _Reader(HTMLParser):
    """Reads HTML as a list of tags with attributes, the masks' own left out, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[object] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("br", "hr"):
            self.open.append(tag)
        if ("class", "masked") not in attrs:
            self.tags.append((tag, attrs))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


WORDS = st.sampled_from(
    [*NAMES, "a", "Ärger", "的", "4", "-", ".", "_", "&", "<", ">", '"', "\u00a0", "&amp;", " "]
)
MARKUP = st.sampled_from(["**", "`", "\n\n", "\n", "[", "](https://Qwen.org)", "$", "| ", "- ", "> ", "# "])


@settings(deadline=None)  # the first rendering warms up
@given(st.lists(WORDS | MARKUP, max_size=25).map("".join))
@example("<R&D>&amp;amp &nbsp;Qwen")
def test_masking_takes_out_the_names_and_changes_nothing_else(text: str) -> None:
    mask, html = masker(*NAMES), render(text)
    before, after = _Reader(html), _Reader(mask.html(html))

    assert after.tags == before.tags
    assert after.open == []
    # Text nodes are masked one by one: a name that markup splits is out of scope, so compare node by node.
    for shown in _text_nodes(mask.html(html)):
        assert not mask.pattern.search(shown)
    assert "".join(map(mask.text, _text_nodes(html))) == after.text
    assert mask.html(mask.html(html)) == mask.html(html)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_text_without_a_name_is_left_as_it_is(text: str) -> None:
    mask = masker("Zyx-9")
    html = render(text)

    assert mask.text(text) == text
    assert mask.html(html) == html


def _text_nodes(html: str) -> list[str]:
    found: list[str] = []

    class Nodes(HTMLParser):
        def handle_data(self, data: str) -> None:
            found.append(data)

    reader = Nodes()
    reader.feed(html)
    reader.close()
    return found
