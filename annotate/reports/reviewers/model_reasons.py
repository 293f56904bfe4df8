"""Why a model's flag was raised, in words and numbers, for the reveal."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext

from annotate.models import Flag
from annotate.reports.wording import Names, level_name, person, preference, step_mark


def model_reason(flag: Flag, names: Names, scale: int) -> str:
    """Return what a person said, what the scorer expects, and how likely such an answer is.

    ``evidence`` is what `annotate.pipeline.flagging` writes for kinds F2, F3 and F4.
    """
    said = {"person": person(flag.evidence["annotator"]), "scorer": flag.evidence["scorer"]}
    if flag.kind == Flag.Kind.MODEL_PREFERENCE:
        return _preference(flag, names, scale, said)
    if flag.kind == Flag.Kind.MODEL_RATING:
        return _rating(flag, said)
    return _steps(flag, said)


def _preference(flag: Flag, names: Names, scale: int, said: Mapping[str, str]) -> str:
    delta = flag.evidence["delta"]
    ends = (flag.left_id or 0, flag.right_id or 0)
    higher, lower = ends[::-1] if delta > 0 else ends
    words = gettext(
        "%(person)s says “%(preference)s”. %(scorer)s scores %(higher)s %(delta)s higher than %(lower)s, and gives "
        "an answer on this side a chance of %(chance)s."
    )
    return words % {
        **said,
        "preference": preference(flag.evidence["preference"], scale, flag, names),
        "higher": names[higher].letter,
        "lower": names[lower].letter,
        "delta": f"{abs(delta):.2f}",
        "chance": f"{flag.evidence['probability']:.2f}",
    }


def _rating(flag: Flag, said: Mapping[str, str]) -> str:
    evidence = flag.evidence
    words = gettext(
        "%(person)s gave %(value)s where %(scorer)s expects %(expected)s: the most unusual of %(count)s ratings "
        "of theirs, taking into account how strict they are. Few such ratings are wrong; all of them together are "
        "unusual."
    )
    return words % {
        **said,
        "value": level_name(evidence["value"]),
        "expected": level_name(f"{evidence['expected']:.1f}"),
        "count": evidence["ratings"],
    }


def _steps(flag: Flag, said: Mapping[str, str]) -> str:
    marks = "; ".join(
        gettext("step %(number)s: %(mark)s, score %(score)s")
        % {"number": one["index"] + 1, "mark": step_mark(one["value"]), "score": f"{one['score']:.2f}"}
        for one in flag.evidence["steps"]
    )
    return gettext("%(person)s marked steps otherwise than %(scorer)s: %(marks)s.") % {**said, "marks": marks}
