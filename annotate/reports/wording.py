"""How questions, answers and reasons read, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict, cast

from django.utils.translation import get_language, gettext

from annotate.models import Dimension, Flag, Scope
from annotate.reports.reviewers.contested import ComparisonQuestion, Question, StepQuestion


class Texts(TypedDict):
    """A dimension in one language."""

    name: str
    question: str
    anchors: dict[str, str]
    rules: dict[str, str]


@dataclass(frozen=True, slots=True)
class Name:
    """What a response is called: in its turn ("A"), and anywhere ("turn 2, A")."""

    letter: str
    label: str


Names = Mapping[int, Name]


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to choose: its value in the form, a short name, and the anchor that explains it."""

    value: str
    name: str
    anchor: str


def texts_of(dimension: Dimension) -> Texts:
    """Return the dimension's words in the reader's language, in English where that is missing."""
    texts = dimension.texts.get((get_language() or "en").lower()) or dimension.texts["en"]
    return cast("Texts", texts)


def name_of(dimension: Dimension | None) -> str:
    """Return the dimension's name; None is the overall preference."""
    return texts_of(dimension)["name"] if dimension else gettext("Overall preference")


def title(question: Question) -> str:
    """Return what a question asks for."""
    if isinstance(question, StepQuestion):
        return gettext("Step %(number)s") % {"number": question.index + 1}
    return name_of(question.dimension)


def subject(flag: Flag) -> str:
    """Return what a flag is about: a dimension, the overall preference, steps."""
    return gettext("Reasoning steps") if flag.kind == Flag.Kind.MODEL_STEP else name_of(flag.dimension)


def person(number: int) -> str:
    """Return what an annotator is called."""
    return gettext("Annotator %(number)s") % {"number": number}


def states() -> dict[str, str]:
    """Return the words for the answers that are no value."""
    return {"unable": gettext("Cannot judge"), "not_applicable": gettext("Not applicable")}


def about(question: Question, names: Names) -> str:
    """Return what a question is about."""
    if not isinstance(question, ComparisonQuestion):
        label = names[question.response].label
        if question.scope == Scope.GLOBAL:
            return gettext("The conversation up to %(response)s") % {"response": label}
        return label[0].upper() + label[1:]
    first, second = sorted((names[question.left].label, names[question.right].label))
    if question.scope == Scope.GLOBAL:
        words = gettext("The conversation up to %(first)s, against the one up to %(second)s")
    else:
        words = gettext("%(first)s against %(second)s")
    sentence = words % {"first": first, "second": second}
    return sentence[0].upper() + sentence[1:]


def options_of(question: Question, names: Names) -> list[Option]:
    """Return the answers to choose from: ratings from the best level down, preferences side by side."""
    if isinstance(question, ComparisonQuestion):
        return _sides(question, names)
    if isinstance(question, StepQuestion):
        return [Option(str(level), step_mark(level), "") for level in question.levels]
    anchors = texts_of(question.dimension)["anchors"]
    levels = [
        Option(str(level), level_name(level), anchors[str(level)]) for level in reversed(question.levels)
    ]
    return levels + [Option(state, states()[state], "") for state in question.states]


def step_mark(value: int) -> str:
    """Return what a step was marked as, in words."""
    return {1: gettext("Right"), 0: gettext("Neutral"), -1: gettext("Wrong")}[value]


def level_name(level: object) -> str:
    """Return a level as it is written on a page: with a minus sign, not a hyphen."""
    return str(level).replace("-", "−")


def _sides(question: ComparisonQuestion, names: Names) -> list[Option]:
    """Return the preferences, the side that is shown first on top, whichever is stored on the left."""
    turned = names[question.right].label < names[question.left].label
    return [
        Option(str(level), preference(level, max(question.levels), question, names), "")
        for level in sorted(question.levels, reverse=turned)
    ]


def preference(level: int, scale: int, pair: ComparisonQuestion | Flag, names: Names) -> str:
    """Return a signed preference in words, its strength on a scale of 1, 2 or 3."""
    if not level:
        return gettext("Equally good")
    better = gettext("%(side)s is better")
    slightly, much = gettext("%(side)s is slightly better"), gettext("%(side)s is much better")
    words = {1: [better], 2: [better, much], 3: [slightly, better, much]}[scale][abs(level) - 1]
    left, right = (
        (pair.left, pair.right) if isinstance(pair, ComparisonQuestion) else (pair.left_id, pair.right_id)
    )
    side = names[cast("int", right if level > 0 else left)]
    return words % {"side": side.label if pair.scope == Scope.GLOBAL else side.letter}


def reason(flag: Flag, names: Names, scale: int, dimensions: Mapping[str, Dimension]) -> str:
    """Return why a flag between people was raised, with who said what."""
    evidence = flag.evidence
    if flag.kind == Flag.Kind.SELF_CONSISTENCY:
        gaps = ", ".join(_gap(one, dimensions) for one in evidence["ratings"] if one["left"] != one["right"])
        return gettext("%(person)s says “%(preference)s”, but rated the other one higher: %(ratings)s.") % {
            "person": person(evidence["annotator"]),
            "preference": preference(evidence["preference"], scale, flag, names),
            "ratings": gaps,
        }
    answers = evidence["answers"]
    if flag.response_id is not None:
        said = "; ".join(f"{person(one['annotator'])}: {level_name(one['value'])}" for one in answers)
        values = [one["value"] for one in answers]
        return gettext("%(steps)s steps apart on %(response)s. %(answers)s.") % {
            "steps": max(values) - min(values),
            "response": names[flag.response_id].label,
            "answers": said,
        }
    said = "; ".join(
        f"{person(one['annotator'])}: {preference(one['value'], scale, flag, names)}" for one in answers
    )
    return gettext("Opposite preferences. %(answers)s.") % {"answers": said}


def _gap(rating: Mapping[str, int | str], dimensions: Mapping[str, Dimension]) -> str:
    higher, lower = sorted((rating["left"], rating["right"]), key=int, reverse=True)
    name = name_of(dimensions[str(rating["dimension"])])
    return gettext("%(dimension)s %(higher)s against %(lower)s") % {
        "dimension": name,
        "higher": level_name(higher),
        "lower": level_name(lower),
    }


def kind(name: str) -> str:
    """Return a kind of flag in words."""
    return {
        Flag.Kind.SELF_CONSISTENCY.value: gettext("Contradicts own ratings"),
        Flag.Kind.HUMANS_DISAGREE.value: gettext("People disagree"),
        Flag.Kind.MODEL_PREFERENCE.value: gettext("A model prefers the other"),
        Flag.Kind.MODEL_RATING.value: gettext("A model expects other ratings"),
        Flag.Kind.MODEL_STEP.value: gettext("A model sees steps otherwise"),
        Flag.Kind.PERSON.value: gettext("A person stands out"),
        Flag.Kind.MODEL_HEALTH.value: gettext("A model has changed or leans"),
    }.get(name, name)
