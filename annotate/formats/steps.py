"""Where the steps of an answer begin and end, so that people's labels and scores meet."""

from __future__ import annotations

import re

SPLITTER_VERSION = 1  # stored with labels and scores; raise it when the same text splits differently

_BLANK_LINES = re.compile(r"\n[ \t\r]*\n")


def split_steps(text: str) -> list[str]:
    r"""Split an answer's text at blank lines and leave out parts that are blank themselves.

    Nothing is stripped from a part: where blank lines are plain ``\n\n``, as models write them, the
    parts are those of VisualPRM's ``text.split("\n\n")`` that are not blank. An answer without text has none.
    """
    return [part for part in _BLANK_LINES.split(text) if part.strip()]
