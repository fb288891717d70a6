"""Routing servers: asked in blocks, tried again, doubted, replaced. The servers are ours, from the published definitions."""

from __future__ import annotations

import json
import socket
from typing import Any

import numpy as np
import pytest

from tests.field.travel.routers import FakeRouter, running, whole
from troth.core.decision import Severity
from troth.core.errors import InputError
from troth.field.travel import GreatCircle, TravelPattern, TravelTimes
from troth.field.travel.places import straight_m
from troth.field.travel.servers import Osrm, ServerTerms, Valhalla

PLACES = np.column_stack([54.6 + 0.01 * np.arange(23), 25.2 + 0.005 * (np.arange(23) % 7)])
WAY = straight_m(PLACES, PLACES)
STRAIGHT = GreatCircle(detour=2.0, speed_kmh=36.0, pattern=TravelPattern())


def _terms(waits: list[float] | None = None, **more: Any) -> ServerTerms:
    kept: list[float] = [] if waits is None else waits
    return ServerTerms(timeout_s=5.0, pause=kept.append, **more)


def _codes(times: TravelTimes) -> list[str]:
    assert all(one.advice.startswith("Maybe ") for one in times.issues)
    return [one.code for one in times.issues]


def test_osrm_is_asked_in_blocks_and_answers_with_a_whole_table() -> None:
    """Twenty-three places in blocks of ten are nine requests; times and lengths are the server's, parking comes on top."""
    with running(FakeRouter()) as router:
        times = Osrm(router.url, terms=_terms(block=10), pattern=TravelPattern(fixed_s=60.0)).matrix(PLACES)
    assert sorted(router.asked) == sorted([(a, b) for a in (10, 10, 3) for b in (10, 10, 3)])
    apart = ~np.eye(23, dtype=bool)
    assert times.seconds[apart] == pytest.approx(WAY[apart] / 10 + 60.0, abs=0.1)
    assert times.metres == pytest.approx(WAY, abs=0.1)
    assert np.diagonal(times.seconds).tolist() == [0.0] * 23 and times.issues == ()


def test_valhalla_answers_in_kilometres_and_metres_come_out() -> None:
    """Its matrix in both forms: a list of pairs, or durations and distances."""
    with running(FakeRouter()) as router:
        times = Valhalla(router.url + "/", terms=_terms()).matrix(PLACES[:5], destinations=PLACES[5:])

        def brief(_: int, answer: dict[str, Any]) -> tuple[int, bytes]:
            rows = answer["sources_to_targets"]
            short = {
                name: [[one[key] for one in row] for row in rows]
                for name, key in (("durations", "time"), ("distances", "distance"))
            }
            return whole({"sources_to_targets": short})

        router.spoil = brief
        again = Valhalla(router.url, terms=_terms()).matrix(PLACES[:5], destinations=PLACES[5:])
    assert times.seconds.shape == (5, 18)
    assert times.seconds == pytest.approx(WAY[:5, 5:] / 10, abs=0.5)
    assert times.metres == pytest.approx(WAY[:5, 5:], abs=0.5)
    assert np.array_equal(times.seconds, again.seconds) and np.array_equal(times.metres, again.metres)


def test_a_busy_server_is_asked_again_and_again_later() -> None:
    """Two answers of 503 and 429, then the table: pauses double, and what the server asks for is waited."""

    def busy(turn: int, answer: dict[str, Any]) -> tuple[int, bytes]:
        return (503 if turn == 1 else 429, b"busy") if turn < 3 else whole(answer)

    waits: list[float] = []
    with running(FakeRouter(spoil=busy)) as router:
        times = Osrm(router.url, terms=_terms(waits)).matrix(PLACES)
    assert times.issues == () and waits == [0.5, 1.0]
    assert times.metres == pytest.approx(WAY, abs=0.1)


def test_a_dead_server_is_replaced_and_both_are_told() -> None:
    """Nobody listens: the fallback's table, an issue that says so, and the dead server is not asked for every block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    waits: list[float] = []
    server = Osrm(f"http://someone:secret@127.0.0.1:{port}", fallback=STRAIGHT, terms=_terms(waits, block=5))
    times = server.matrix(PLACES)
    assert _codes(times) == ["server-dead", "fallback-used"]
    assert len(waits) == 2
    assert np.array_equal(times.seconds, STRAIGHT.matrix(PLACES).seconds)
    assert "529 of 529 pairs by GreatCircle" in times.issues[1].value
    assert "secret" not in str(times.issues) and f"127.0.0.1:{port}" in times.issues[0].where
    alone = Osrm(f"http://127.0.0.1:{port}", terms=_terms(tries=1)).matrix(PLACES)
    assert _codes(alone) == ["server-dead", "no-fallback"]
    assert {one.severity for one in times.issues} == {Severity.WARNING} != {one.severity for one in alone.issues}
    assert alone.unreachable.sum() == 23 * 22


def _cell(name: str, value: Any) -> Any:
    def spoil(_: int, answer: dict[str, Any]) -> tuple[int, bytes]:
        answer[name][1][2] = value
        return 200, json.dumps(answer).encode()

    return spoil


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_cell("durations", -1), "server-answer-value"),
        (_cell("distances", -0.5), "server-answer-value"),
        (_cell("durations", 1e12), "server-answer-value"),
        (_cell("durations", 10**400), "server-answer-value"),
        (_cell("durations", float("nan")), "server-answer-value"),
        (_cell("durations", "600"), "server-answer-value"),
        (_cell("durations", True), "server-answer-value"),
        (_cell("durations", [1]), "server-answer-value"),
        (lambda _, a: whole(a | {"durations": a["durations"][:-1]}), "server-answer-size"),
        (lambda _, a: whole(a | {"durations": [row[:-1] for row in a["durations"]]}), "server-answer-size"),
        (lambda _, a: whole(a | {"distances": None}), "server-answer-size"),
        (lambda _, a: whole(a | {"durations": {"a": 1}}), "server-answer-size"),
        (lambda _, a: whole({"code": "NoTable", "message": "no way"}), "server-refused"),
        (lambda _, a: (200, b"[" * 100_000), "server-answer-bad"),
        (lambda _, a: (200, b"<html>"), "server-answer-bad"),
        (lambda _, a: (404, b"not here"), "server-answer-bad"),
        (lambda _, a: (200, b'{"code": "Ok", "durations": [' + b" " * 3_000_000), "server-answer-huge"),
        (lambda _, a: (500, b""), "server-dead"),
        (lambda _, a: (302, b""), "server-answer-bad"),
    ],
    ids=[
        "negative-time",
        "negative-length",
        "endless",
        "overflow",
        "nan",
        "text",
        "bool",
        "list",
        "row-missing",
        "column-missing",
        "lengths-missing",
        "object",
        "refused",
        "deep",
        "page",
        "not-found",
        "endless-text",
        "failing",
        "elsewhere",
    ],
)
def test_an_answer_that_cannot_be_true_is_not_believed(spoil: Any, code: str) -> None:
    """Wrong size, negative, endless, text, too much, another program: the fallback's times, and the reason."""
    with running(FakeRouter(spoil=spoil)) as router:
        times = Osrm(router.url, fallback=STRAIGHT, terms=_terms()).matrix(PLACES)
    assert _codes(times) == [code, "fallback-used"]
    assert np.array_equal(times.seconds, STRAIGHT.matrix(PLACES).seconds)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda _, a: whole({"sources_to_targets": [[1] * 23] * 23}), "server-answer-value"),
        (lambda _, a: whole({"sources_to_targets": [5] * 23}), "server-answer-size"),
        (lambda _, a: whole({"sources_to_targets": {"durations": a["units"]}}), "server-answer-size"),
        (lambda _, a: whole({"error_code": 150, "error": "Exceeded max locations"}), "server-refused"),
        (
            lambda _, a: whole({"sources_to_targets": [[{"time": -1, "distance": 1.0}] * 23] * 23}),
            "server-answer-value",
        ),
    ],
    ids=["cells", "rows", "no-tables", "refused", "negative"],
)
def test_what_valhalla_cannot_mean_is_not_believed(spoil: Any, code: str) -> None:
    """Its answers are doubted as OSRM's are; those without a way have null for a time."""
    with running(FakeRouter(spoil=spoil)) as router:
        times = Valhalla(router.url, fallback=STRAIGHT, terms=_terms()).matrix(PLACES)
    assert _codes(times) == [code, "fallback-used"]
    assert np.array_equal(times.seconds, STRAIGHT.matrix(PLACES).seconds)


def test_teleporting_is_not_believed() -> None:
    """A server that says one second for two hundred kilometres has another map, or lies."""
    spoil = _cell("durations", 1.0)
    places = np.array([[54.6, 25.2], [54.7, 25.3], [56.9, 24.1]])
    with running(FakeRouter(spoil=spoil)) as router:
        times = Osrm(router.url, fallback=STRAIGHT, terms=_terms()).matrix(places)
    assert _codes(times) == ["server-answer-value", "fallback-used"]


def test_no_way_is_no_way_and_one_bad_block_is_one_bad_block() -> None:
    """Null is unreachable; of nine blocks the second is spoiled and only its pairs come from the fallback."""

    def second(turn: int, answer: dict[str, Any]) -> tuple[int, bytes]:
        if turn == 1:
            answer["durations"][0][3] = None
        if turn == 2:
            answer["durations"][0][0] = -5
        return whole(answer)

    with running(FakeRouter(spoil=second)) as router:
        times = Osrm(router.url, fallback=STRAIGHT, terms=_terms(block=10)).matrix(PLACES)
    assert _codes(times) == ["server-answer-value", "fallback-used", "unreachable"]
    assert np.argwhere(times.unreachable).tolist() == [[0, 3]]
    other = STRAIGHT.matrix(PLACES)
    assert np.array_equal(times.seconds[:10, 10:20], other.seconds[:10, 10:20])
    assert times.seconds[10:, 10:] == pytest.approx(WAY[10:, 10:] / 10, abs=0.1)
    assert "100 of 529" in times.issues[1].value


@pytest.mark.parametrize("code", [170, 171, 442])
def test_a_place_without_a_street_costs_valhalla_its_block(code: int) -> None:
    """A refusal with a code of its own is for that block alone: it is not asked twice, and eight others are asked."""

    def fourth(turn: int, answer: dict[str, Any]) -> tuple[int, bytes]:
        wrong = {
            "error_code": code,
            "error": "No suitable edges near location",
            "status_code": 400,
            "status": "Bad Request",
        }
        return (400, json.dumps(wrong).encode()) if turn == 4 else whole(answer)

    waits: list[float] = []
    with running(FakeRouter(spoil=fourth)) as router:
        times = Valhalla(router.url, fallback=STRAIGHT, terms=_terms(waits, block=10)).matrix(PLACES)
    assert len(router.asked) == 9 and waits == []
    assert _codes(times) == ["server-refused", "fallback-used"]
    assert str(code) in times.issues[0].value and "100 of 529" in times.issues[1].value
    other = STRAIGHT.matrix(PLACES)
    assert np.array_equal(times.seconds[10:20, :10], other.seconds[10:20, :10])
    assert times.seconds[10:, 10:] == pytest.approx(WAY[10:, 10:] / 10, abs=1)


@pytest.mark.parametrize(("status", "tries"), [(500, 3), (429, 3), (404, 1)])
def test_a_valhalla_that_fails_is_not_asked_for_every_block(status: int, tries: int) -> None:
    """Its own fault or too many requests, after all tries, and another program's answer end the asking."""
    spoil = lambda _, a: (status, b'{"detail": "Not Found"}')  # noqa: E731
    with running(FakeRouter(spoil=spoil)) as router:
        times = Valhalla(router.url, fallback=STRAIGHT, terms=_terms(block=10)).matrix(PLACES)
    assert len(router.asked) == tries
    assert np.array_equal(times.seconds, STRAIGHT.matrix(PLACES).seconds)


def test_a_server_with_smaller_tables_refuses_and_says_why() -> None:
    """More places than it allows in one request is told by its own code."""
    with running(FakeRouter(limit=20)) as router:
        times = Osrm(router.url, fallback=STRAIGHT, terms=_terms()).matrix(PLACES)
    assert _codes(times) == ["server-refused", "fallback-used"]
    assert "TooBig" in times.issues[0].value


def test_places_without_coordinates_are_never_sent() -> None:
    """A place that is nowhere is unreachable, the others are asked about."""
    places = PLACES.copy()
    places[4] = np.nan
    with running(FakeRouter()) as router:
        times = Osrm(router.url, terms=_terms()).matrix(places)
    assert router.asked == [(22, 22)]
    assert _codes(times) == ["not-a-coordinate"]
    assert times.unreachable.sum() == 2 * 23 - 1


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://host/", "localhost:5000", "", "http://", "http://host:99999", "http://h?x=1", "//host",
     "gopher://host", "http://h:0"],
)  # fmt: skip
def test_only_web_addresses_are_asked(url: str) -> None:
    """Files, other schemes and half addresses are refused before anything is sent."""
    with pytest.raises(InputError) as caught:
        Osrm(url)
    assert [one.code for one in caught.value.issues] == ["bad-server-url"]


def test_terms_are_checked() -> None:
    """No places in a block and no tries are two issues."""
    with pytest.raises(InputError) as caught:
        Valhalla("http://localhost", terms=ServerTerms(block=0, tries=0))
    assert [one.code for one in caught.value.issues] == ["bad-server-terms"] * 2
