"""Every text that people read is there in Chinese, and nothing else is: templates, Python and the catalogue agree.

Read with Django's own extractor for templates and Python's own syntax tree: no gettext program is needed.
"""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "annotate" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
MODULES = sorted(path for path in (ROOT / "annotate").rglob("*.py") if "migrations" not in path.parts)

# (context or "", text); a text that counts is known by its singular, as in the catalogue.
Message = tuple[str, str]
# How many of the leading texts of a call name the message: context and text, or the text alone.
CALLS = {
    "_": 1, "gettext": 1, "gettext_lazy": 1, "gettext_noop": 1, "ngettext": 1, "ngettext_lazy": 1,
    "pgettext": 2, "pgettext_lazy": 2, "npgettext": 2, "npgettext_lazy": 2,
}  # fmt: skip
FORMAT = re.compile(r"%\(\w+\)[-+#0 ]*\d*(?:\.\d+)?[a-z]|\{\w+\}")


def in_template(words: str) -> Iterator[Message]:
    text = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
    for name, inside in re.findall(rf"\b(n?p?gettext|_)\(((?:{text}(?:, )?)+)", templatize(words)):
        texts = [ast.literal_eval(one) for one in re.findall(text, inside)]
        yield ("", texts[0]) if CALLS[name] == 1 else (texts[0], texts[1])


def in_module(words: str) -> Iterator[Message]:
    tree = ast.parse(words)
    names = {
        alias.asname or alias.name: CALLS[alias.name]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.name in CALLS
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            texts = [one.value for one in node.args[:2] if isinstance(one, ast.Constant)]
            assert len(texts) >= names[node.func.id], f"line {node.lineno}: a text that is no constant"
            context, text = ("", texts[0]) if names[node.func.id] == 1 else texts
            yield str(context), str(text)


def said() -> set[Message]:
    found = {message for path in TEMPLATES for message in in_template(path.read_text())}
    return found | {message for path in MODULES for message in in_module(path.read_text())}


@dataclass(frozen=True)
class Entry:
    """The English with all that it fills in (of a text that counts: the plural), and the Chinese."""

    english: str
    chinese: list[str]


def catalogue() -> dict[Message, Entry]:
    found = {}
    for block in CATALOGUE.read_text().split("\n\n"):
        fields = {
            name: ast.literal_eval(f"({texts})")
            for name, texts in re.findall(r'^(msg\S+) ("(?:.*"\n?")*.*")', block, re.MULTILINE)
        }
        if text := fields["msgid"]:
            chinese = [one for name, one in fields.items() if name.startswith("msgstr")]
            found[fields.get("msgctxt", ""), text] = Entry(fields.get("msgid_plural", text), chinese)
    return found


def test_every_text_that_people_read_has_its_chinese() -> None:
    known = {message for message, entry in catalogue().items() if all(entry.chinese)}

    assert len(said()) > 500
    assert sorted(said() - known) == []


def test_the_catalogue_holds_nothing_that_nobody_says() -> None:
    assert sorted(set(catalogue()) - said()) == []


def test_no_translation_is_a_guess_or_a_relic() -> None:
    assert re.findall(r"^#, .*fuzzy.*|^#~.*", CATALOGUE.read_text(), re.MULTILINE) == []


def test_translations_fill_in_what_their_texts_do() -> None:
    wrong = {
        chinese: sorted(set(FORMAT.findall(chinese)) ^ set(FORMAT.findall(entry.english)))
        for entry in catalogue().values()
        for chinese in entry.chinese
        if set(FORMAT.findall(chinese)) != set(FORMAT.findall(entry.english))
    }

    assert wrong == {}


def test_what_is_served_was_made_of_the_catalogue() -> None:
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        served = gettext.GNUTranslations(file)

    stale = [
        (context, text)
        for (context, text), entry in catalogue().items()
        if (served.pgettext(context, text) if context else served.gettext(text)) != entry.chinese[0]
    ]
    assert stale == []


@pytest.mark.parametrize(
    "tag",
    [
        "{% translate 'x' %}",
        "{% firstof one _('x') %}",
        '{% blocktranslate context "c" %}x{% endblocktranslate %}',
    ],
)
def test_the_extractor_sees_every_kind_of_tag(tag: str) -> None:
    assert [text for _, text in in_template(f"{{% load i18n %}}{tag}")] == ["x"]
