"""Messages rendered by an older renderer are rendered anew."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from pytest_django import DjangoAssertNumQueries

from annotate import tasks
from annotate.formats.markdown import RENDERER_VERSION, render
from annotate.models import MessagePart
from annotate.pipeline import rendering
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_the_beginning() -> None:
    cache.delete(rendering._PLACE)


def stale(turns: int) -> None:
    """Store messages as a renderer of before left them."""
    make.conversation(make.project(), turns=turns, candidates=2, images=True)
    MessagePart.objects.filter(kind="text").update(html="<p>of before</p>", html_version=1)


def of_before() -> int:
    return MessagePart.objects.filter(html="<p>of before</p>").count()


def test_the_sweep_renders_what_is_stale_once() -> None:
    stale(turns=3)

    tasks.sweep_rendering()
    tasks.sweep_rendering()

    assert of_before() == 0
    for part in MessagePart.objects.filter(kind="text"):
        assert (part.html, part.html_version) == (render(part.text), RENDERER_VERSION)
    assert set(MessagePart.objects.filter(kind="image").values_list("html", flat=True)) == {""}


def test_a_sweep_stops_in_time_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    stale(turns=3)
    monkeypatch.setattr(rendering, "SOME", 4)

    left = [of_before()]
    while not rendering.render_stale(seconds=0):
        left.append(of_before())

    assert left == [9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert of_before() == 0


def test_a_lost_place_costs_a_look_and_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    stale(turns=2)
    rendering.render_stale(seconds=60)
    cache.delete(rendering._PLACE)
    monkeypatch.setattr(rendering, "render", lambda _: pytest.fail("rendered again"))

    assert rendering.render_stale(seconds=60)


def test_nothing_is_asked_of_the_database_when_all_is_done(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    rendering.render_stale(seconds=60)

    with django_assert_num_queries(0):
        rendering.render_stale(seconds=60)
