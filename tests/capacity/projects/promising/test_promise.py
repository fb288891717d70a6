"""Answers: dates that are kept as often as is said, who moves for them, and what earlier ones cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, timedelta
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

from tests.capacity.projects.promising.firms import DAY, day, person, phase, workshop
from troth.capacity.projects.portfolio import Deal, Portfolio, Project, ProjectPhase, SkillNeed
from troth.capacity.projects.promising import (
    Beliefs,
    HouseRule,
    PreparedFutures,
    SlipBelief,
    check,
    displaced,
    earlier,
    prepare,
    promise,
    without,
)
from troth.capacity.projects.promising._again import lived_with
from troth.capacity.projects.promising._guest import asked, placed
from troth.capacity.projects.promising.words import in_turn
from troth.core.decision import Stop
from troth.core.errors import InputError
from troth.promise import check as check_offer
from troth.promise import pit


@cache
def ready(seed: int = 1, *, futures: int = 600, load: float = 4.0, extra: int = 0) -> PreparedFutures:
    portfolio, beliefs = workshop(load=load, extra=extra)
    return prepare(portfolio, beliefs=beliefs, futures=futures, weeks=40, seed=seed)


def _there(days: Iterable[date | None]) -> list[date]:
    """Return the days, of which none may be missing."""
    found = list(days)
    assert None not in found
    return [one for one in found if one is not None]


def test_dates_come_later_the_surer_they_are() -> None:
    """Quantiles are in order, not before the client's day, and each is kept with at least its probability."""
    answer = promise(ready(), deal="d1", levels=(0.5, 0.8, 0.9))
    starts, finishes = _there(answer.starts), _there(answer.finishes)
    assert len(starts) == len(finishes) == 3 and starts == sorted(starts) and finishes[0] <= finishes[2]
    assert starts[0] >= day(28)
    for level, start in zip(answer.levels, starts, strict=True):
        assert answer.probability(start) >= level
        assert all(chance < level for at, chance in zip(answer.days, answer.chances, strict=True) if at < start)


def test_promised_starts_are_kept_as_said() -> None:
    """Against futures of another seed that are lived in full with the promise in them, 80 % dates are kept 75 to 85 % of the time.

    So the quick placing of one project into hours that are free agrees with living everything again.
    """
    kept, finished = list[float](), list[float]()
    for name in ("d0", "d1", "d2", "d3", "d4"):
        answer = promise(ready(), deal=name)
        truth = ready(2)
        question = asked(truth, name)
        start, finish = answer.start(0.8), answer.finish(0.8)
        assert start is not None and finish is not None
        lived = lived_with(truth, question, start=float((start - truth.origin).days), futures=600, weeks=40)
        weight = question.chance / question.chance.sum()
        kept.append(float(weight[lived.own_start - question.slip <= (start - truth.origin).days].sum()))
        finished.append(float(weight[lived.own_finish <= (finish - truth.origin).days].sum()))
    assert 0.75 <= np.mean(kept) <= 0.85 and min(kept) > 0.7, kept
    assert 0.7 <= np.mean(finished) <= 0.88, finished


def test_finishes_are_foreseen_within_days() -> None:
    """80 % finishes are those of the same futures lived in full with the promise in them, but for some days."""
    apart = list[int]()
    for name in ("d0", "d1", "d2", "d3", "d4"):
        answer, question = promise(ready(), deal=name), asked(ready(), name)
        start, finish = answer.start(0.8), answer.finish(0.8)
        assert start is not None and finish is not None
        lived = lived_with(ready(), question, start=float((start - DAY).days), futures=600, weeks=40)
        order = np.argsort(lived.own_finish)
        real = lived.own_finish[order][np.searchsorted(np.cumsum(question.chance[order]), 0.8 * question.chance.sum())]
        apart.append((finish - DAY).days - int(real))
    assert max(map(abs, apart)) <= 7 and abs(np.mean(apart)) <= 4, apart


def test_a_sold_project_that_is_promised_anew_waits_for_who_comes_before_it_then() -> None:
    """80 % dates of sold projects that lie far behind their places in the line are kept as said by futures lived in full.

    Their own hours cannot be given back to them: who is before them now would have had those.
    """
    portfolio, beliefs = workshop(load=14.0)
    mine, truth = (prepare(portfolio, beliefs=beliefs, futures=600, weeks=60, seed=seed) for seed in (1, 2))
    kept, later = list[float](), list[int]()
    for k in range(1, 4):
        start, question = promise(mine, deal=f"p{k}").start(0.8), asked(truth, f"p{k}", lift=False)
        assert start is not None
        at = (start - truth.origin).days
        lived = lived_with(truth, question, start=float(at), futures=600, weeks=60)
        kept.append(float((lived.own_start - question.slip <= at).mean()))
        later.append((start - day(7 * k + 4)).days)
    assert min(later) > 14, later
    assert 0.75 <= np.mean(kept) <= 0.85, kept


def test_starts_are_uniform_among_those_foreseen() -> None:
    """Starts of a world drawn from the same beliefs lie anywhere among the sampled ones (probability integral transform)."""
    answer = promise(ready(), deal="d2")
    start = answer.start(0.8)
    assert start is not None
    truth = ready(2)
    question = asked(truth, "d2")
    lived = lived_with(truth, question, start=float((start - truth.origin).days), futures=300, weeks=40)
    draws = np.random.default_rng(1)
    came = np.where(lived.own_start < 1 << 20, lived.own_start - question.slip[:300], 10_000) - DAY.weekday()
    came = draws.choice(came, 300, p=question.chance[:300] / question.chance[:300].sum())
    foreseen = np.where(np.isfinite(answer.samples[0]), answer.samples[0], 10_000)
    foreseen = draws.choice(foreseen, 4000, p=answer.samples[2])
    jitter = draws.random(300)
    place = pit(np.tile(foreseen, (300, 1)), values=came, jitter=jitter)
    assert kstest(place, "uniform").statistic < 1.63 / 300**0.5 + 0.05  # 1 % of chance, and the placing's own roughness


def test_the_quick_placing_agrees_future_by_future() -> None:
    """At the end of the line, placing a project gives the day that living everything again gives in most futures."""
    base = ready()
    question = asked(base, "d0")
    late = 10_000.0  # behind everybody
    quick = placed(question.prepared, question.in_line(late), whole=True)
    full = lived_with(base, question, start=late, futures=600, weeks=40)
    used = question.weight > 0
    assert used.mean() > 0.4
    both = used & (quick.start < 1 << 20) & (full.own_start < 1 << 20)
    apart = np.abs(quick.start - full.own_start)[both]
    assert (
        both.sum() > 0.9 * used.sum()
        and (apart <= 1).mean() > 0.8
        and abs((quick.start - full.own_start)[both].mean()) < 2
    )


def test_reactive_work_left_out_promises_too_early() -> None:
    """Who leaves the reactive work out of its beliefs promises earlier dates, which true futures break."""
    naive = without(ready(), part="reactive")
    levels = [(promise(naive, deal=name).start(0.8), name) for name in ("d1", "d2", "d3")]
    kept = list[float]()
    for start, name in levels:
        assert start is not None
        truth = ready(2)
        question = asked(truth, name)
        lived = lived_with(truth, question, start=float((start - truth.origin).days), futures=300, weeks=40)
        weight = question.chance[:300] / question.chance[:300].sum()
        kept.append(float(weight[lived.own_start - question.slip[:300] <= (start - truth.origin).days].sum()))
    assert np.mean(kept) < 0.75, kept


def test_an_answer_becomes_a_promise() -> None:
    """An answer's day is an offer with its probability, ends with the local day, and passes the check of promises."""
    answer = promise(ready(), deal="d1")
    start = answer.start(0.8)
    assert start is not None
    offer = answer.offer(start, time_zone="Europe/Vilnius")
    assert offer.probability is not None and offer.probability >= 0.8 and offer.kind == "start"
    assert offer.due_at.astimezone(UTC).date() == start and not check_offer(offer, at=offer.due_at - timedelta(days=9))
    finish = answer.finish(0.8)
    assert finish is not None
    assert (answer.offer(finish, kind="finish").probability or 0.0) >= 0.8
    with pytest.raises(ValueError, match="never kept"):
        answer.offer(DAY)


def test_more_people_promise_no_later_on_average() -> None:
    """One more person of the skill makes no promised start later on average, though a single one may (see the docs)."""
    plain, helped = ready(), ready(extra=1)
    gains = [
        (a - b).days for name in ("d0", "d1", "d2", "d3", "d4")
        for a, b in zip(_there(promise(plain, deal=name).starts), _there(promise(helped, deal=name).starts), strict=True)
    ]  # fmt: skip
    assert np.mean(gains) > 0


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 3), st.integers(0, 50))
def test_less_work_before_it_promises_no_later(gone: int, seed: int) -> None:
    """Without one of the projects before it, a deal's start is promised no later on average over the levels."""
    portfolio, beliefs = workshop()
    less = replace(portfolio, projects=tuple(one for k, one in enumerate(portfolio.projects) if k != gone))
    one, two = (
        promise(
            prepare(of, beliefs=beliefs, futures=150, weeks=30, seed=seed), deal="d0", levels=(0.3, 0.5, 0.7)
        ).starts
        for of in (portfolio, less)
    )
    assert sum((a - b).days for a, b in zip(one, two, strict=True) if a and b) >= -3


def test_a_clients_own_delay_breaks_nothing() -> None:
    """If the client is late, the promise moves as far: the promised day is the same as without delays where people are free."""
    deal = Deal("d", (phase("all", ("carving", 20.0)),), 1.0, day(14))
    portfolio = Portfolio(DAY, (person("a", "carving"),), (), (deal,))
    for slips in (SlipBelief(), SlipBelief(0.9, 10.0)):
        answer = promise(prepare(portfolio, beliefs=Beliefs(slips=slips), futures=300, weeks=20), deal="d")
        assert answer.starts[0] == day(14)


def test_what_is_not_in_the_portfolio_can_be_asked() -> None:
    """A new deal is answered as it would be in the portfolio; what cannot be is told with all that is wrong."""
    base = ready()
    phases = (phase("cut", ("carving", 60.0)), phase("join", ("joining", 50.0), after=("cut",)))
    new = Deal("new", phases, 0.5, day(35), closes=day(20))
    answer = promise(base, deal=new)
    start = answer.start()
    assert start is not None and start >= day(35) and abs(answer.win - 0.5) < 0.05
    bad = replace(new, phases=(phase("x", ("flying", 1.0), after=("y",)),), probability=1.2)
    with pytest.raises(InputError) as caught:
        promise(base, deal=bad)
    assert {one.code for one in caught.value.issues} == {
        "unknown-phase",
        "bad-probability",
        "unknown-skill",
    }
    with pytest.raises(InputError, match="unknown-job"):
        promise(base, deal="nothing")


def test_an_impossible_start_is_said_to_be() -> None:
    """Work of a skill nobody holds is never promised, with the skill named."""
    portfolio = Portfolio(DAY, (person("a", "carving"),), (), (Deal("d", (phase("all", ("paint", 9.0)),), 1.0, DAY),))
    assert [(one.code, one.value) for one in check(portfolio)] == [("nobody-holds", "paint")]
    answer = promise(prepare(portfolio, futures=10, weeks=6), deal="d")
    assert answer.starts == (None, None, None) and answer.within == 0.0 and answer.probability(day(30)) == 0.0
    assert answer.binds.parameters["first"] == "waits-for-skill"
    assert answer.binds.parts[0].parameters["skill"] == "paint"


def test_who_moves_is_who_needs_the_same_people() -> None:
    """A start promised before others moves those that need the same people, never one of another skill, and costs its price."""
    wood = (phase("all", ("carving", 60.0)),)
    projects = (
        Project("wood", wood, earliest=day(7), promised_start=day(11), price_cents=100_000),
        Project(
            "walls", (phase("all", ("paint", 60.0)),), earliest=day(7), promised_start=day(11), price_cents=100_000
        ),
    )
    deal = Deal("rush", wood, 0.9, day(6), closes=day(2))
    portfolio = Portfolio(DAY, (person("a", "carving"), person("b", "paint")), projects, (deal,))
    beliefs = replace(Beliefs().without("estimates"), house=HouseRule(lag_days=20.0))
    base = prepare(portfolio, beliefs=beliefs, futures=100, weeks=12)
    moved = displaced(base, deal="rush", start=day(9), futures=50)
    assert [one.job_id for one in moved] == ["wood"] and moved[0].sold
    assert moved[0].probability > 0.5 and moved[0].finish_days is not None and moved[0].finish_days >= 5
    assert moved[0].kept_before == 1.0 and moved[0].kept_after is not None and moved[0].kept_after < 1.0
    assert moved[0].at_risk_cents == pytest.approx(100_000 * (1.0 - moved[0].kept_after))
    assert not displaced(base, deal="rush", start=day(60), futures=50)


def test_an_earlier_date_has_a_price() -> None:
    """Hours of the skill it waits for make an earlier start as likely as is wanted; what is kept anyway costs nothing."""
    base = ready()
    answer = promise(base, deal="d2")
    start = answer.start(0.8)
    assert start is not None
    sooner = start - timedelta(days=7)
    assert answer.probability(sooner) < 0.8
    found = earlier(base, deal="d2", by=sooner, level=0.8, cents={"carving": 9000})
    if answer.asked + timedelta(days=40) < sooner:
        assert found and found[0].skills == ("carving",) and found[0].probability >= 0.8 > found[0].before
        assert found[0].cents == pytest.approx(found[0].hours * 9000)
    assert earlier(base, deal="d2", by=start + timedelta(days=60))[0].hours == 0.0


def test_a_date_before_the_client_is_ready_has_none() -> None:
    """No hours bought bring a start before the day the client wants."""
    assert earlier(ready(), deal="d2", by=day(20)) == ()
    with pytest.raises(ValueError, match="start"):
        earlier(ready(), deal="d2", by=day(50), of="end")


def test_being_stopped_leaves_fewer_futures() -> None:
    """A stop keeps the futures lived until then, and answers rest on them."""
    portfolio, beliefs = workshop()
    told = list[tuple[int, int]]()
    short = prepare(
        portfolio, beliefs=beliefs, futures=400, weeks=20, stop=Stop(steps=100),
        on_progress=lambda done, of: told.append((done, of)),
    )  # fmt: skip
    assert short.futures == 100 and told[-1] == (100, 400)
    assert promise(short, deal="d1").futures <= 100


def test_everything_wrong_is_told_at_once() -> None:
    """All faults of a portfolio come in one list, each with advice."""
    loop = (phase("a", ("carving", 1.0), after=("b",)), phase("b", after=("a",)), phase("c", after=("z",)))
    many = tuple(ProjectPhase(f"f{k}", (SkillNeed("carving", 1.0),)) for k in range(61))
    portfolio = Portfolio(DAY, (), (Project("p", loop), Project("p", many)), (Deal("d", loop[2:], 1.2, DAY),))
    found = {one.code for one in check(portfolio, futures=0, weeks=0)}
    assert found >= {
        "no-people", "bad-futures", "bad-weeks", "cyclic-phases", "unknown-phase", "too-many-phases", "double-id",
        "bad-probability",
    }  # fmt: skip
    with pytest.raises(InputError) as caught:
        prepare(portfolio, futures=0)
    assert len(caught.value.issues) > 5 and all(one.advice.startswith("Maybe") for one in caught.value.issues)


def test_a_start_that_is_over_is_not_asked() -> None:
    """A project that has begun has no start to be promised; its finish is in the futures."""
    portfolio = Portfolio(
        DAY, (person("a", "carving"),), (Project("p", (phase("all", ("carving", 30.0)),), started=date(2026, 5, 20)),)
    )
    base = prepare(portfolio, futures=10, weeks=6)
    assert all(base.finishes("p"))
    with pytest.raises(InputError, match="already-started"):
        promise(base, deal="p")


def test_where_no_day_can_be_promised_it_is_told_when_it_starts_in_its_turn() -> None:
    """In an overfull house a later promise is a later place: the answer says by when it starts in its usual turn instead."""
    portfolio, beliefs = workshop(load=22.0)
    mine = prepare(portfolio, beliefs=beliefs, futures=120, weeks=60, seed=1)
    answer = promise(mine, deal="d0", levels=(0.9999,))
    assert answer.starts == (None,) and answer.within > 0.8
    begun = [(day_, w) for day_, w in zip(answer.samples[0], answer.samples[2], strict=True) if np.isfinite(day_)]
    for share in (0.5, 0.8):
        told = answer.begun(share)
        assert told is not None
        assert sum(w for day_, w in begun if DAY + timedelta(days=int(day_)) <= told) >= share - 1e-9
        assert sum(w for day_, w in begun if DAY + timedelta(days=int(day_)) < told) < share
    assert "in its usual turn" in in_turn(answer)
    assert answer.begun(1.0) is None or answer.within > 0.999
    easy = promise(ready(), deal="d0")
    assert in_turn(easy) == ""
