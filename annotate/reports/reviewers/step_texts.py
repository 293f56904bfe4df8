"""The steps of responses, cut where annotators and scorers cut them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from annotate.models import MessagePart
from annotate.steps import rendered_steps_in, steps_in


def joined_texts(responses: Iterable[int]) -> dict[int, str]:
    """Return each response's words as the splitter reads them: texts and captions in order. One statement."""
    rows = MessagePart.objects.filter(response__in=list(responses)).order_by("response", "position")
    found: defaultdict[int, str] = defaultdict(str)
    for response, text, caption in rows.values_list("response", "text", "caption"):
        found[response or 0] += text or caption
    return dict(found)


def step_counts(responses: Iterable[int]) -> dict[int, int]:
    """Return how many steps each response has; one without words is left out."""
    return {response: len(steps_in(text)) for response, text in joined_texts(responses).items()}


def steps_shown(responses: Iterable[int]) -> dict[int, list[str]]:
    """Return each response's steps as safe HTML."""
    return {response: rendered_steps_in(text) for response, text in joined_texts(responses).items()}
