"""Why flags close themselves: stored in English, as releases give it, and said on pages in the reader's language.

The stored text is one of these with its particulars filled in. What they begin with tells them apart.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

GONE = "The answers changed: the contradiction is gone."
SETTLED = "A further annotator settled it: {alone} stands alone, the others said {others}."
LABEL_CHANGED = "The label changed."
GATE_CLOSED = "The model's gate closed: {reason}"
NO_LINK = "The model does not speak about this any more."
EXPECTED = "By newer scores and labels this is no surprise any more."
SECOND_CAME = "A second person has answered."
NO_LONGER = "By newer scores and labels this does not hold any more."

CODES = {
    GONE: "contradiction_gone",
    SETTLED: "settled",
    LABEL_CHANGED: "label_changed",
    GATE_CLOSED: "gate_closed",
    NO_LINK: "no_link",
    EXPECTED: "no_surprise",
    SECOND_CAME: "second_answer",
    NO_LONGER: "holds_no_more",
}
WORDS: dict[str, Promise] = {
    "contradiction_gone": gettext_lazy("the answers changed: the contradiction is gone"),
    "settled": gettext_lazy("a further annotator settled it"),
    "label_changed": gettext_lazy("the label changed"),
    "gate_closed": gettext_lazy("the model's gate closed"),
    "no_link": gettext_lazy("the model does not speak about this any more"),
    "no_surprise": gettext_lazy("by newer scores and labels it is no surprise any more"),
    "second_answer": gettext_lazy("a second person has answered"),
    "holds_no_more": gettext_lazy("by newer scores and labels it does not hold any more"),
    "": gettext_lazy("for another reason"),
}


def code_of(stored: str) -> str:
    """Return the code of a stored reason, "" of one that is not known (any more)."""
    return next((code for text, code in CODES.items() if stored.startswith(text.split("{")[0])), "")
