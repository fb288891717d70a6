"""A promise goes from offered to kept, broken or waived, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.core.terms import ACTIVITIES, Kind
from troth.promise import MOVES, RUNNING, SETTLED, Offer, PromiseState, advance, check, due

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OFFER = Offer("wait", due_at=NOON + timedelta(minutes=25), window_start=NOON + timedelta(minutes=15), probability=0.8)
LATER = replace(OFFER, due_at=NOON + timedelta(minutes=40))


def _at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def test_every_promise_activity_of_the_log_is_a_move() -> None:
    """The moves are the vocabulary's activities about promises, no more and no fewer."""
    assert set(MOVES) == {name for name, term in ACTIVITIES.items() if term.kind is Kind.PROMISE}
    assert set(PromiseState) == {PromiseState.OFFERED, *RUNNING, *SETTLED}


@given(st.lists(st.tuples(st.sampled_from(sorted(MOVES)), st.integers(0, 60)), max_size=8))
def test_any_history_ends_in_a_state_that_its_legal_moves_explain(moves: list[tuple[str, int]]) -> None:
    """Whatever is told in whatever order: settled stays settled, an illegal move changes nothing and is explained."""
    state, offer, since = PromiseState.OFFERED, OFFER, NOON
    for activity, minutes in moves:
        new = LATER if activity == "promise_changed" else None
        before = state
        state, issues = advance(state, activity=activity, at=_at(minutes), offer=offer, new=new, since=since)
        if issues:
            assert state is before
            assert all(issue.advice.startswith("Maybe") for issue in issues)
        else:
            assert before not in SETTLED
            assert (before is PromiseState.OFFERED) == (activity == "promised") or activity == "promise_waived"
            assert activity != "promise_kept" or _at(minutes) <= offer.due_at
            since, offer = _at(minutes), new or offer


@pytest.mark.parametrize(
    ("state", "activity", "minutes", "new", "code"),
    [
        ("offered", "promise_kept", 1, None, "illegal-move"),
        ("promised", "promised", 1, None, "illegal-move"),
        ("kept", "promise_broken", 1, None, "already-settled"),
        ("broken", "promise_kept", 1, None, "already-settled"),
        ("promised", "promise_kept", 26, None, "too-late"),
        ("promised", "promise_kept", -1, None, "before-last"),
        ("promised", "promise_changed", 1, None, "offer-and-change"),
        ("promised", "promise_broken", 1, LATER, "offer-and-change"),
        ("promised", "promise_changed", 50, LATER, "due-in-the-past"),
        ("offered", "promised", 30, None, "due-in-the-past"),
        ("promised", "promise_forgotten", 1, None, "unknown-move"),
    ],
)
def test_illegal_moves_are_named(state: str, activity: str, minutes: int, new: Offer | None, code: str) -> None:
    """Each wrong move has its code and leaves the state."""
    found, issues = advance(PromiseState(state), activity=activity, at=_at(minutes), offer=OFFER, new=new, since=NOON)
    assert (str(found), [issue.code for issue in issues]) == (state, [code])


def test_early_keeps_the_word_but_not_the_interval() -> None:
    """Called before the interval nobody is let down; the stated probability was of the interval."""
    said = {m: (OFFER.kept(_at(m)), OFFER.inside(_at(m))) for m in (14, 15, 25, 26)}
    assert said == {14: (True, False), 15: (True, True), 25: (True, True), 26: (False, False)}


def test_what_is_due_follows_from_the_clock_and_the_event() -> None:
    """Kept when it happened in time, broken when late or overdue, nothing while it may still come or is settled."""
    promised = PromiseState.PROMISED
    assert due(promised, offer=OFFER, now=_at(25)) is None
    assert due(promised, offer=OFFER, now=_at(25.01)) == "promise_broken"
    assert due(promised, offer=OFFER, now=_at(90), happened_at=_at(3)) == "promise_kept"
    assert due(promised, offer=OFFER, now=_at(90), happened_at=_at(26)) == "promise_broken"
    assert due(PromiseState.WAIVED, offer=OFFER, now=_at(90)) is None


@pytest.mark.parametrize(
    ("offer", "codes"),
    [
        (OFFER, []),
        (replace(OFFER, due_at=OFFER.due_at.replace(tzinfo=None)), ["naive-time"]),
        (replace(OFFER, window_start=_at(30)), ["window-after-due"]),
        (replace(OFFER, kind="", probability=80.0), ["no-kind", "bad-probability"]),
        (replace(OFFER, due_at=_at(-1), window_start=None, probability=0.0), ["due-in-the-past", "bad-probability"]),
    ],
)
def test_bad_offers_are_refused_with_every_mistake(offer: Offer, codes: list[str]) -> None:
    """All that is wrong with an offer is said at once."""
    assert [issue.code for issue in check(offer, at=NOON)] == codes
