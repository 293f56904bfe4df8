from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inference.configuration import Demo
from inference.remote import ServerError
from inference.scorers import http, load
from inference.service import Scoring
from inference.types import Image, Item, ItemError, Message, Result, StepScore, Text
from tests.inference import make
from tests.inference.servers import (
    INFO,
    Reply,
    Rule,
    as_json,
    described,
    half,
    halves,
    items,
    scorer,
    scores,
    scripted,
    serving,
)

PROXY_VARIABLES = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")


def test_scores_are_those_of_the_scorer_behind_the_server(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(b"bytes of a file")
    asked = Message("user", (Text("Draw the sky, <image>."), Image(source=picture, max_tiles=2), Text("图")))
    everything = [
        make.item("First.\n\nSecond, the sky.\n\nThird.", item_id="split"),
        make.item("Here: ", b"\x89PNG", "the sky", item_id="bytes"),
        Item(id=7, messages=(asked, Message("assistant", (Text("The sky.\r\n \r\nBlue."),)))),
        Item(id="given", messages=(asked, Message("assistant", (Text(""),))), steps=("a", "b\n\nc", "d")),
        replace(make.item("One.\n\nTwo.\n\nThree.", item_id="joined"), max_steps=2),
        replace(make.item("One.\n\nTwo.\n\nThree.", item_id="apart"), max_steps=None),
        make.item("", item_id="empty"),
        Item(id="lost", messages=(make.message("user", "?"), make.message("assistant", b""))),
    ]
    demo = load("demo", Demo())

    with serving(Scoring(demo, demo.describe())) as url:
        remote_demo = scorer(url, batch=3)

        assert remote_demo(everything) == demo(everything)
        assert remote_demo.describe() == replace(demo.describe(), key="judge")


def test_an_item_arrives_as_it_was_sent(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\0\xff")
    received: list[Item] = []
    budget = {"max_tiles": 3, "min_pixels": 4, "max_pixels": 5}
    sent = Item(
        id="x",
        messages=(
            Message("system", (Text("Be kind."),)),
            Message("user", (Image(source=tmp_path / "a.png", **budget), Text(" \u2028"))),
            Message("assistant", (Text("Yes."), Image(source=b"png"))),
        ),
        steps=("Yes.",),
        max_steps=None,
    )

    def note(item: Item) -> Result:
        received.append(item)
        return half(item)

    with serving(Scoring(Rule(note), INFO)) as url:
        scorer(url)([sent])

    question = Message("user", (Image(source=b"\0\xff", **budget), Text(" \u2028")))
    assert received == [replace(sent, messages=(sent.messages[0], question, sent.messages[2]))]


def test_everything_that_a_result_holds_comes_through() -> None:
    full = Result(
        id="0",
        value=-2.5,
        steps=(
            StepScore(text="One.\n\nTwo.", score=0.25, first=0, last=1),
            StepScore(text="Three.", score=1.0, first=2, last=2),
        ),
        tokens=12,
        image_budget=(3, (1, 2, 4)),
        dimensions={"clarity": 0.5},
    )

    with serving(Scoring(Rule(lambda _: full), INFO)) as url:
        assert scorer(url)([make.item("One.\n\nTwo.\n\nThree.", item_id="0")]) == [full]


def test_an_item_that_no_scorer_takes_is_answered_here_and_not_sent() -> None:
    mute = Item(id="mute", messages=(make.message("user", "?"),))
    with scripted(halves) as server:
        results = scorer(server.url, batch=2)([*items(2), mute, make.item("x", item_id="last")])

    assert [(one.id, one.error and one.error.code) for one in results] == [
        ("0", None),
        ("1", None),
        ("mute", "no_response"),
        ("last", None),
    ]
    assert server.asked == [["0", "1"], ["last"]]


def test_nothing_is_sent_where_no_item_is_sound() -> None:
    with scripted(halves) as server:
        results = scorer(server.url)([Item(id="mute", messages=())])

    assert [one.error and one.error.code for one in results] == ["no_response"]
    assert server.asked == []


def test_a_picture_that_vanishes_before_it_is_read_is_the_items_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "find_fault", lambda _: None)
    gone = Message("user", (Image(source=tmp_path / "gone.png"),))
    with scripted(halves) as server:
        lost, *_ = results = scorer(server.url)(
            [Item(id="x", messages=(gone, make.message("assistant", "a"))), *items(1)]
        )

    assert lost.error is not None
    assert lost.error.code == "unreadable_image"
    assert [one.value for one in results] == [None, 0.5]


def test_batches_are_as_configured_and_smaller_where_they_would_be_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with scripted(halves) as server:
        scorer(server.url, batch=2)(items(5))
        assert [len(one) for one in server.asked] == [2, 2, 1]

        server.asked.clear()
        monkeypatch.setattr(http, "BODY_LIMIT", 1)
        scorer(server.url, batch=2)(items(2))
        assert [len(one) for one in server.asked] == [1, 1]


def test_a_busy_server_is_not_blamed_on_an_item() -> None:
    with scripted(Reply(503, b"later")) as server, pytest.raises(ServerError) as raised:
        scorer(server.url, retries=1)(items(2))

    assert "was answered 503 (tried 2 times): later" in str(raised.value)
    assert server.asked == [["0", "1"], ["0", "1"]]


def breaks_on(poison: str, status: int) -> Any:
    def answer(asked: list[Any]) -> Reply:
        return Reply(status, b"oh no") if poison in [one["id"] for one in asked] else halves(asked)

    return answer


@pytest.mark.parametrize("status", [413, 500, 502])
def test_one_item_on_which_the_server_breaks_fails_alone(status: int) -> None:
    with scripted(breaks_on("3", status)) as server:
        results = scorer(server.url, retries=0)(items(7))

    assert [one.id for one in results] == [str(n) for n in range(7)]
    assert [one.value for one in results if one.id != "3"] == [0.5] * 6
    assert results[3].error == ItemError("server_error", f"{server.url}: /score was answered {status}: oh no")
    assert len(server.asked) == 7  # 7; 3, its halves 1 and 2, whose halves are 1 and 1; 4


def test_a_failing_server_that_no_longer_says_who_it_is_stops_the_call() -> None:
    with scripted(Reply(502, b"")) as server:
        judge = scorer(server.url, retries=0)
        judge.describe()
        server.describe = Reply(502, b"")

        with pytest.raises(ServerError, match="/describe was answered 502"):
            judge(items(4))

    assert len(server.asked) == 1


def test_another_revision_under_the_run_stops_the_call() -> None:
    with scripted(as_json(200, scores(1, revision="r2"))) as server, pytest.raises(ServerError) as raised:
        scorer(server.url)(items(1))

    assert str(raised.value) == (
        f"{server.url}: the server was changed under the run, from revision 'r1' to 'r2'; start a new run"
    )


def test_another_revision_is_noticed_where_the_server_breaks_too() -> None:
    with scripted(Reply(500, b"")) as server:
        judge = scorer(server.url)
        judge.describe()
        server.describe = as_json(200, described(revision="r2"))

        with pytest.raises(ServerError, match="start a new run"):
            judge(items(1))


def steps(*texts: str) -> dict[str, object]:
    return scores(1, steps=[{"text": text, "score": 0.5} for text in texts])


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"<html>", "JSON is malformed"),
        (b"", "docs/http-scorer.md"),
        (b"[" * 100_000, "docs/http-scorer.md"),
        (b'{"x": ' + b"[" * 100_000, "recursion"),
        (b'{"results": [], "revision": "\xff"}', "utf-8"),
        (b'{"results": [{"id": "0", "value": NaN}], "revision": "r1"}', "JSON is malformed"),
        (b'{"results": [{"id": "0", "value": -Infinity}], "revision": "r1"}', "JSON is malformed"),
        (
            b'{"results": [{"id": "0", "value": 1e999}], "revision": "r1"}',
            "Number out of range",
        ),
        (scores("NaN"), "Expected `float | null`, got `str` - at `$.results[0].value`"),
        (scores(True), "got `bool`"),
        ({"results": []}, "missing required field `revision`"),
        ({"results": {}, "revision": "r1"}, "Expected `array`"),
        (scores(), "1 items were answered by 0 results"),
        (scores(1, 2), "1 items were answered by 2 results"),
        ({"results": [{"id": 0, "value": 1}], "revision": "r1"}, "0 stands where '0' is due"),
        (scores(None), "neither or both of value and error"),
        (scores(1, error={"code": "x", "detail": "y"}), "neither or both of value and error"),
        (scores(None, error={"code": "", "detail": "y"}), "length >= 1"),
        (scores(1, tokens=-1), ">= 0"),
        (scores(1, tokens=2.5), "got `float`"),
        (scores(1, dimensions={"a": None}), "got `null`"),
        (scores(1, dimensions={"a\0": 1}), "a dimension with a control character"),
        (scores(1, steps=[{"text": "One.", "score": 1.5}]), "<= 1"),
        (steps("One.\n\nTwo."), "step 2 and those after it have no score"),
        (steps("One.", "Three."), "step 1 does not begin with the response's step 1"),
        (steps("One.\n\n", "Two."), "step 0 does not begin"),
        (steps("One.", "Two.", "Three.", "Four."), "step 3 does not begin"),
        (steps("one."), "step 0 does not begin"),
        (steps("On"), "step 0 does not begin"),
    ],
)
def test_an_answer_that_does_not_fit_names_the_server_and_what_is_wrong(
    answer: bytes | dict[str, object], message: str
) -> None:
    reply = Reply(200, answer) if isinstance(answer, bytes) else as_json(200, answer)
    with scripted(reply) as server, pytest.raises(ServerError) as raised:
        scorer(server.url)([make.item("One.\n\nTwo.\n\nThree.", item_id="0")])

    assert str(raised.value).startswith(f"{server.url}: ")
    assert message in str(raised.value)
    assert len(server.asked) == 1


def test_joined_steps_are_found_in_the_response() -> None:
    with scripted(as_json(200, steps("One.", "Two.\n\nThree."))) as server:
        [result] = scorer(server.url)([make.item("One.\n\n \n\nTwo.\n\nThree.", item_id="0")])

    assert result.steps == (
        StepScore(text="One.", score=0.5, first=0, last=0),
        StepScore(text="Two.\n\nThree.", score=0.5, first=1, last=2),
    )


def test_results_in_another_order_are_refused() -> None:
    def backwards(asked: list[Any]) -> Reply:
        return halves(asked[::-1])

    with scripted(backwards) as server, pytest.raises(ServerError, match="not in the order of the items"):
        scorer(server.url)(items(3))


def test_the_servers_words_about_an_item_are_kept_printable_and_short() -> None:
    error = {"code": "c" * 100, "detail": "a\0b\n\x1b[31m" + "x" * 5000}
    with scripted(as_json(200, scores(None, error=error, tokens=3))) as server:
        [result] = scorer(server.url)(items(1))

    assert result.error is not None
    assert len(result.error.code) == 64
    assert result.error.detail.startswith("a b  [31mx")
    assert len(result.error.detail) == 1000
    assert result.tokens == 3


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (described(revision=""), "length >= 1 - at `$.revision`"),
        (described(model="m" * 201), "length <= 200"),
        (described(revision="a\0"), "holds control characters"),
        (described(trained="yes"), "Expected `bool`"),
        ({"model": "m"}, "missing required field `revision`"),
        ([], "Expected `object`"),
    ],
)
def test_a_server_that_does_not_say_who_it_is_is_refused(answer: object, message: str) -> None:
    with scripted(halves) as server:
        server.describe = as_json(200, answer)
        with pytest.raises(ServerError) as raised:
            scorer(server.url).describe()

    assert str(raised.value).startswith(f"{server.url}: its answer to /describe ")
    assert message in str(raised.value)


def test_untrained_is_untrained_whichever_of_the_two_says_so() -> None:
    with scripted(halves) as server:
        assert scorer(server.url).describe() == INFO
        assert not scorer(server.url, trained=False).describe().trained
        server.describe = as_json(200, described(trained=False, comparability=""))
        info = scorer(server.url, comparability="global").describe()

    assert not info.trained
    assert info.comparability == "From 0 to 1, the same scale for every prompt."
