"""The live benchmark on a sample: a site under load loses nothing, screens see every call, and a fault is noticed."""

from __future__ import annotations

import psycopg
import pytest

from benchmarks.quality import _live_runs as runs
from benchmarks.quality import live
from benchmarks.quality._live_judge import judge
from benchmarks.quality._live_site import site
from benchmarks.quality._live_streams import Call, Stream, seen
from tests.web import servers


@pytest.mark.slow
def test_actions_lose_nothing_and_a_lost_or_double_ticket_is_noticed() -> None:
    """About a hundred actions leave every ticket once; one taken away and one called again are faults."""
    with servers.place() as folder, site(folder, programs=servers.PROGRAMS) as here:
        found = runs.actions(here, rate=20, seconds=5, seed=1, branches=1)
        assert not any(found.faults.values()), found.faults
        assert 60 < found.told.actions < 150
        assert {"join", "call-next", "answer", "finish"} <= set(found.told.waits_s)
        with psycopg.connect(here.url) as connection:
            connection.execute("UPDATE flow_ticket SET calls = 2 WHERE id = (SELECT max(id) FROM flow_ticket)")
        found.told.joined.append("never-made")
        faults = judge(here.url, found.told)
    assert (faults["called twice"], faults["tickets lost"]) == (1, 1)


@pytest.mark.slow
def test_phones_and_displays_show_every_call() -> None:
    """Twenty screens see all calls of a few seconds, at most two messages a second each."""
    with servers.place() as folder, site(folder, programs=servers.PROGRAMS) as here:
        found = runs.streams(here, seconds=4, phones=17, displays=3)
    assert len(found.seen.phones_s) > 20
    assert len(found.seen.displays_s) > 20
    assert (found.seen.unseen, found.seen.lost, found.seen.same) == (0, 0, 0)
    assert found.seen.most <= 2 * 4 + 2


def test_a_screen_that_shows_a_call_late_or_never_is_told_so() -> None:
    """From the number a phone shows follows which calls it has seen; a call before a place shortens its line, later ones do not."""

    def screen(*messages: tuple[float, str]) -> Stream:
        made = Stream.__new__(Stream)
        made.messages, made.lost = [(at, text.encode()) for at, text in messages], False
        return made

    def phone(at: float, ahead: str, *, waiting: str = "true", calls: int = 0) -> tuple[float, str]:
        return at, f'{{"ahead": "{ahead}", "waiting": {waiting}, "calls": {calls}}}'

    first = screen(phone(0, "You are next."), phone(1.5, "", waiting="false", calls=1))
    second = screen(phone(0, "1 person is before you."), phone(1.75, "You are next."))
    stuck = screen(phone(0, "2 people are before you."))
    calls = [Call("a", "A001", 1.0)]
    found = seen({"a": first, "b": second, "c": stuck}, [], calls=calls, since=0.5, until=2.0)
    assert found.own_s == [0.5]
    assert found.phones_s == [0.75]
    assert found.unseen == 1


def test_the_median_lies_between_the_order_statistics_of_the_sign_test() -> None:
    """Of 16 the 4th and the 13th (below the 4th: 697 of 65,536, the half of a twentieth is 1,638), of 6 the ends; of fewer too."""
    for n, low, high in ((16, 4, 13), (24, 7, 18), (6, 1, 6), (3, 1, 3)):
        assert live.median_between([float(k) for k in range(1, n + 1)]) == (low, high)
