"""Hours booked through the site: judged as the ledger judges them, written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from hypothesis import HealthCheck, Phase, given, settings

from tests.ledger.worlds import HOURS, RESOURCES, T0, claim_lists, sound
from tests.web import cast
from tests.web.planning.hours import claim, put, resources
from troth.core.errors import InputError
from troth.ledger import CapacityClaim, CapacityLedger, ClaimKind, book, check
from troth.web.common.audit import acting
from troth.web.people.models import Change
from troth.web.planning import claims
from troth.web.planning.models import LedgerClaim, LedgerResource

_END = T0 + timedelta(hours=HOURS)
_QUICK = settings(
    max_examples=12, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@contextmanager
def _undone() -> Iterator[None]:
    """Leave nothing of an example to the next."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.django_db
@given(claim_lists())
@_QUICK
def test_the_site_takes_what_the_ledger_takes_and_says_what_it_says(drawn: list[CapacityClaim]) -> None:
    """Booked in turn, rows and the engine's ledger agree on every claim, in every issue, and at the end."""
    with _undone():
        resources()
        known = CapacityLedger(RESOURCES)
        for one in drawn:
            said, told = [], []
            try:
                known = book(known, claims=[one])
            except InputError as error:
                said = [(issue.code, issue.where, issue.value) for issue in error.issues]
            try:
                claims.book([one], now=T0)
            except InputError as error:
                told = [(issue.code, issue.where, issue.value) for issue in error.issues]
            assert told == said
        found = claims.ledger(start=T0, end=_END)
        assert set(found.claims) == set(known.claims)
        assert sound(found.claims)
        assert [issue.code for issue in check(found)] == [issue.code for issue in check(known)]


@pytest.mark.django_db
@given(claim_lists())
@_QUICK
def test_the_database_alone_takes_exactly_what_fits(drawn: list[CapacityClaim]) -> None:
    """Rows written past the ledger are taken where counting hour by hour finds room; calendars are not its matter."""
    with _undone():
        resources()
        held: list[CapacityClaim] = []
        for one in drawn:
            if one.resource_id == "ben" or (one.inside and one.inside not in {other.claim_id for other in held}):
                continue
            try:
                with transaction.atomic():
                    put(one)
            except IntegrityError:
                assert not sound([*held, one])
            else:
                held.append(one)
                assert sound(held)


@pytest.mark.django_db
def test_what_was_booked_comes_back_whole() -> None:
    """Kind, share, units, holder and what a claim lies inside of survive; a ledger without conflicts has none after."""
    resources()
    given = [
        claim("v1", 9, 11, inside="s1"),  # before the shift around it: the order of a list is nobody's duty
        claim("s1", 8, 16, kind=ClaimKind.SHIFT, holder="roster-7"),
        claim("p1", 9, 12, kind=ClaimKind.PROJECT, probability=0.6, holder="project-3"),
        claim("r1", 8, 12, who="room", units=2),
        claim("b1", 6, 22, who="ben", kind=ClaimKind.SHIFT),
    ]
    rows = claims.book(given, now=T0)
    assert [row.claim_id for row in rows] == [one.claim_id for one in given]
    found = claims.ledger(start=T0, end=_END)
    assert set(found.claims) == set(given)
    # Ada's project is only likely: a warning at most, and it is nobody's error.
    assert {issue.code for issue in check(found)} <= {"expected-over"}
    assert check(claims.ledger(start=T0, end=_END, resource_ids=["ben", "room"])) == []
    assert [one.resource_id for one in claims.ledger(start=T0, end=_END, resource_ids=["ben"]).claims] == ["ben"]


@pytest.mark.django_db
def test_spans_that_touch_do_not_meet() -> None:
    """One ends as the other begins, in `book` and in the database; a moment of overlap is too much for both."""
    resources()
    claims.book([claim("a", 8, 10), claim("b", 10, 12)], now=T0)
    put(claim("c", 12, 13))
    with pytest.raises(InputError, match="used-twice"):
        claims.book([claim("d", 9, 11)], now=T0)
    with pytest.raises(IntegrityError, match="planning_claim_apart"), transaction.atomic():
        put(claim("d", 9, 11))
    assert [one.claim_id for one in claims.ledger(start=T0 + timedelta(hours=10), end=_END).claims] == [
        "b",
        "c",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("bounds", ["[]", "()", "(]"])
def test_only_half_open_spans_are_kept(bounds: str) -> None:
    """Another kind of edge would let neighbours meet."""
    row = resources()["ada"]
    span = DateTimeTZRange(T0, T0 + timedelta(hours=1), bounds)
    with pytest.raises(IntegrityError, match="planning_claim_half_open"):
        LedgerClaim.objects.create(claim_id="a", resource=row, kind="visit", span=span, booked_at=T0)


@pytest.mark.django_db
def test_all_or_none() -> None:
    """One claim that does not fit keeps out all others, and every issue is told."""
    resources()
    claims.book([claim("a", 8, 10), claim("x", 1, 2, who="room")], now=T0)
    with pytest.raises(InputError) as caught:
        claims.book(
            [claim("b", 12, 13), claim("c", 9, 11), claim("x", 20, 21), claim("d", 1, 2, who="nobody"),
             claim("e", 2, 3, who="ben")],
            now=T0,
        )  # fmt: skip
    assert sorted(issue.code for issue in caught.value.issues) == [
        "claim-twice", "outside-calendar", "unknown-resource", "used-twice",
    ]  # fmt: skip
    assert set(LedgerClaim.objects.values_list("claim_id", flat=True)) == {"a", "x"}
    assert claims.book([], now=T0) == []


@pytest.mark.django_db
def test_what_leaves_the_claim_around_it_is_told_with_its_span() -> None:
    """A visit outside its shift, however far away, is `outside-claim`, as in the ledger."""
    resources()
    claims.book([claim("s1", 8, 12, kind=ClaimKind.SHIFT)], now=T0)
    with pytest.raises(InputError) as caught:
        claims.book([claim("v1", 30, 31, inside="s1")], now=T0)
    assert [issue.code for issue in caught.value.issues] == ["outside-claim"]
    with pytest.raises(IntegrityError, match="lies within"):
        put(claim("v1", 30, 31, inside="s1"))


@pytest.mark.django_db
def test_released_hours_are_free_again() -> None:
    """A shift goes with the visits inside it; a name that is not there keeps all."""
    resources()
    claims.book([claim("s1", 8, 16, kind=ClaimKind.SHIFT), claim("v1", 9, 11, inside="s1"), claim("a", 20, 21)], now=T0)
    with pytest.raises(KeyError, match="nobody"):
        claims.release(["s1", "nobody"])
    assert LedgerClaim.objects.count() == 3
    assert claims.release(["s1"]) == 2
    claims.book([claim("l1", 8, 16, kind=ClaimKind.LEAVE)], now=T0)
    assert set(LedgerClaim.objects.values_list("claim_id", flat=True)) == {"a", "l1"}


@pytest.mark.django_db
def test_who_booked_and_released_is_in_the_audit_trail() -> None:
    """The database notes the person, whatever the way of writing."""
    resources()
    with acting("p-7"):
        claims.book([claim("a", 8, 10)], now=T0)
        claims.release(["a"])
    found = Change.objects.filter(noun="planning_ledgerclaim").order_by("pk").values_list("actor", "action")
    assert list(found) == [("p-7", "insert"), ("p-7", "delete")]


@pytest.mark.django_db
def test_limits_are_not_moved_under_what_was_booked() -> None:
    """Spans, units and shares of a claim stay, and so does a capacity with claims; what nobody counts may change."""
    rows = resources()
    claims.book([claim("a", 8, 10), claim("r", 8, 10, who="room")], now=T0)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        LedgerClaim.objects.filter(claim_id="a").update(units=2)
    with pytest.raises(IntegrityError, match="capacity"), transaction.atomic():
        LedgerResource.objects.filter(code="room").update(capacity=1)
    LedgerClaim.objects.filter(claim_id="a").update(holder="visit-9")
    claims.release(["r"])
    LedgerResource.objects.filter(code="room").update(capacity=3)
    assert LedgerResource.objects.get(pk=rows["room"].pk).capacity == 3


@pytest.mark.django_db
def test_resources_are_seen_in_their_units() -> None:
    """Whoever has no role in a unit sees none of its resources."""
    bank = cast.build()
    LedgerResource.objects.create(code="van", kind="vehicle", unit=bank.vilnius)
    LedgerResource.objects.create(code="crane", kind="equipment")
    assert [str(one) for one in LedgerResource.objects.visible_to(bank.tom)] == ["van"]
    assert not LedgerResource.objects.visible_to(bank.dan).exists()
