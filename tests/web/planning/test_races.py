"""Many book the same hour at one moment: it has one use, whoever asks and however it is written."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from tests.ledger.worlds import HOURS, T0
from tests.web.planning.hours import at_once, claim, put, resources
from troth.core.errors import InputError
from troth.ledger import CapacityClaim, ClaimKind, book, check
from troth.web.planning import claims
from troth.web.planning.models import LedgerClaim, LedgerResource
from troth.web.planning.rows import ledger_of

pytestmark = pytest.mark.django_db(transaction=True)

_HANDS = 4
_ROUNDS = 40


def _everything() -> list[str]:
    """Return the conflicts of all that is written."""
    rows = list(LedgerResource.objects.select_related("calendar"))
    found = ledger_of(rows, claims=LedgerClaim.objects.select_related("resource", "inside"))
    return [issue.code for issue in check(found)]


def test_of_those_who_book_one_hour_at_once_one_wins() -> None:
    """The others are told what is in the way, in the ledger's own words."""
    resources()
    acts = [
        [lambda r=r, k=k: claims.book([claim(f"{r}-{k}", r, r + 1)], now=T0) for k in range(_HANDS)]
        for r in range(_ROUNDS)
    ]
    for ended in at_once(acts):
        assert Counter(type(one) for one in ended) == {type(None): 1, InputError: _HANDS - 1}
        assert {issue.code for one in ended if isinstance(one, InputError) for issue in one.issues} == {"used-twice"}
    assert LedgerClaim.objects.count() == _ROUNDS
    assert _everything() == []


def test_rows_written_past_the_ledger_meet_the_constraint() -> None:
    """Whoever asks nobody is kept out by the database, at the level of a person and inside a shift."""
    resources()
    claims.book([claim("s", 0, HOURS, kind=ClaimKind.SHIFT)], now=T0)
    around = [("ben", "") if r % 2 else ("ada", "s") for r in range(_ROUNDS)]
    acts = [
        [
            lambda r=r, k=k: put(claim(f"{r}-{k}", r, r + 1, who=around[r][0], inside=around[r][1]))
            for k in range(_HANDS)
        ]
        for r in range(_ROUNDS)
    ]
    for ended in at_once(acts):
        assert sum(one is None for one in ended) == 1
        assert all("planning_claim_apart" in str(one) for one in ended if one is not None)
    assert LedgerClaim.objects.count() == _ROUNDS + 1


def test_the_constraint_needs_no_lock_and_no_trigger() -> None:
    """With the trigger away nobody waits for anybody; still no hour has two uses, though the loser may be told of a deadlock."""
    resources()
    switch = "ALTER TABLE planning_ledgerclaim {} TRIGGER planning_claim_room"
    acts = [[lambda r=r, k=k: put(claim(f"{r}-{k}", r, r + 1)) for k in range(2)] for r in range(3)]
    with connection.cursor() as cursor:
        cursor.execute(switch.format("DISABLE"))
        try:
            ended = at_once(acts)
        finally:
            cursor.execute(switch.format("ENABLE"))
    assert [sum(one is None for one in row) for row in ended] == [1, 1, 1]
    assert all("planning_claim_apart" in str(one) or "deadlock" in str(one) for row in ended for one in row if one)
    assert _everything() == []


def test_a_room_for_two_lets_in_two() -> None:
    """Where several fit they are counted, under the same lock by whoever writes."""
    resources()
    acts = [
        [
            lambda r=r, k=k: (
                claims.book([claim(f"{r}-{k}", r, r + 1, who="room")], now=T0)
                if k % 2
                else put(claim(f"{r}-{k}", r, r + 1, who="room"))
            )
            for k in range(_HANDS)
        ]
        for r in range(_ROUNDS)
    ]
    for ended in at_once(acts):
        assert sum(one is None for one in ended) == 2
        assert all(isinstance(one, InputError | IntegrityError) for one in ended if one is not None)
    assert LedgerClaim.objects.count() == 2 * _ROUNDS
    assert _everything() == []


def test_of_two_who_book_the_same_people_one_has_all_of_them() -> None:
    """The other has none, whatever their orders; no deadlock, and nothing half-written."""
    resources()
    names = ("ada", "ben")
    acts = [
        [
            lambda r=r, k=k: claims.book(
                [claim(f"{r}-{k}-{who}", 6 + r, 7 + r, who=who) for who in names[:: 1 if k else -1]], now=T0
            )
            for k in range(2)
        ]
        for r in range(8)
    ]
    for ended in at_once(acts):
        assert Counter(type(one) for one in ended) == {type(None): 1, InputError: 1}
    assert LedgerClaim.objects.count() == 16
    assert _everything() == []


@pytest.mark.parametrize(
    ("theirs", "code"), [(claim("theirs", 9, 11), "used-twice"), (claim("ours", 9, 11, who="ben"), "claim-twice")]
)
def test_what_comes_in_behind_its_back_is_told_as_the_ledger_tells_it(theirs: CapacityClaim, code: str) -> None:
    """An hour or a name that somebody else takes in the same moment, not yet committed: the ledger's own issues."""
    resources()
    ours = [claim("free", 12, 13), claim("ours", 10, 12)]
    with _in_the_making(theirs), pytest.raises(InputError) as caught:
        claims.book(ours, now=T0)
    before = claims.ledger(start=T0, end=T0.replace(day=4))
    assert before.claims == (theirs,)
    with pytest.raises(InputError) as plain:
        book(before, claims=ours)
    assert caught.value.issues == plain.value.issues
    assert [issue.code for issue in caught.value.issues] == [code]


def test_a_capacity_does_not_shrink_under_a_claim_in_the_making() -> None:
    """Whoever lowers it waits for whoever is writing, and is refused."""
    resources()
    with _in_the_making(claim("r", 8, 10, who="room", units=2)), pytest.raises(IntegrityError, match="capacity"):
        LedgerResource.objects.filter(code="room").update(capacity=1)
    assert _everything() == []


def test_people_are_waited_for_in_one_order() -> None:
    """Whoever waits for Ada does not hold Ben meanwhile, whom the one who holds Ada may still need."""
    resources()

    def more() -> None:
        claims.book([claim("late", 9, 10, who="ben")], now=T0)

    with _in_the_making(claim("early", 9, 10), then=more):
        claims.book([claim("b", 11, 12, who="ben"), claim("a", 11, 12)], now=T0)
    assert set(LedgerClaim.objects.values_list("claim_id", flat=True)) == {"early", "late", "a", "b"}


def test_seats_taken_in_the_making_are_counted() -> None:
    """Whoever writes into a room past the ledger waits for whoever is writing there, and finds it full."""
    resources()
    with (
        _in_the_making(claim("both", 8, 10, who="room", units=2)),
        pytest.raises(IntegrityError, match="More is claimed"),
    ):
        put(claim("third", 9, 11, who="room"))
    assert _everything() == []


@contextmanager
def _in_the_making(one: CapacityClaim, *, then: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Have a claim written that is committed, after something more, only when somebody has come to wait for it."""
    written = threading.Event()
    failed: list[BaseException] = []

    def other() -> None:
        try:
            with transaction.atomic():
                put(one)
                written.set()
                _wait_for_somebody_waiting()
                then()
        except (AssertionError, DatabaseError) as error:
            failed.append(error)
        finally:
            connection.close()

    hand = threading.Thread(target=other)
    hand.start()
    assert written.wait(30)
    try:
        yield
    finally:
        hand.join()
    assert failed == []


def _wait_for_somebody_waiting() -> None:
    """Return when another connection waits for this transaction: then it has looked and found nothing."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    pause = threading.Event()
    for _ in range(1000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(query)
            if cursor.fetchone() != (0,):
                return
        pause.wait(0.01)
    raise AssertionError("nobody came to wait")
