"""Stored messages rendered anew, where an older renderer made their HTML.

A message keeps its HTML with the renderer's version, so that showing it costs nothing. When the version is raised,
this goes through all of them once, some at a time and in the order of their ids. How far it came lies in the cache:
where that is lost, it begins anew, and passes by what is up to date.
"""

from __future__ import annotations

import logging
import time

from django.core.cache import cache

from annotate.formats.markdown import RENDERER_VERSION, render
from annotate.models import MessagePart

log = logging.getLogger(__name__)

SOME = 500
AGAIN_SECONDS = 24 * 3600  # then it looks again: a process of before may have imported meanwhile
_PLACE = f"rendered-{RENDERER_VERSION}"
_ALL = -1


def render_stale(seconds: float) -> bool:
    """Render what is stale for about so many seconds; return whether nothing stale is left.

    Killed half-way it loses at most a group of 500; run twice at once it does
    some work twice.
    """
    until = time.monotonic() + seconds
    place = cache.get(_PLACE, 0)
    while place != _ALL:
        place = _render_some(place, until)
        cache.set(_PLACE, place, AGAIN_SECONDS)
        if time.monotonic() >= until:
            break
    return bool(place == _ALL)


def _render_some(after: int, until: float) -> int:
    """Bring the next texts after this id up to date; return the last one's id, or that there are no more."""
    texts = MessagePart.objects.filter(pk__gt=after, kind=MessagePart.Kind.TEXT).order_by("pk")
    rows = list(texts.values_list("pk", "html_version")[:SOME])
    last = rows[-1][0] if len(rows) == SOME else _ALL
    stale = [pk for pk, version in rows if version < RENDERER_VERSION]
    changed = []
    for one in MessagePart.objects.filter(pk__in=stale).only("text", "html_version").order_by("pk"):
        one.html = render(one.text)
        one.html_version = RENDERER_VERSION
        changed.append(one)
        if time.monotonic() >= until and one.pk != stale[-1]:
            last = one.pk
            break
    if changed:
        MessagePart.objects.bulk_update(changed, ["html", "html_version"])
        log.info("%s messages rendered anew, up to part %s", len(changed), changed[-1].pk)
    return last
