"""Chances of parts are calibrated on weeks they did not see, and nothing of the future is looked at."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import numpy as np
import pytest

from troth.core.errors import InputError
from troth.demo.field import FieldWorld, field_service
from troth.demo.field.town import places
from troth.field.parts import PartCase, PartChances, PartHistory, PartRule, history_of, learn_parts
from troth.field.parts.history import TRAITS, traits
from troth.promise import brier

SERVICES = ("repair", "emergency", "inspection", "installation")
TRUTH = field_service("f", start="2025-09-01", days=182, size=0.6)
AS_OF = datetime(2026, 1, 12, tzinfo=UTC)


@lru_cache(maxsize=1)
def _lived() -> tuple[FieldWorld, PartHistory]:
    """Return the demo's field service after half a year, and what its log tells."""
    world = FieldWorld(TRUTH, seed=4)
    events = world.step(datetime(2026, 3, 1, tzinfo=UTC)).to_pylist()
    rows = [
        {
            "asset": f"af{one.number}",
            "kind": TRUTH.kinds[one.kind].kind,
            "installed_date": date.fromisoformat(one.installed_date),
        }
        for one in places(TRUTH)
    ]
    return world, history_of(events, tables={"assets": rows}, services=SERVICES)


@lru_cache(maxsize=1)
def _chances() -> PartChances:
    return learn_parts(_lived()[1], as_of=AS_OF, parts=[one.part for one in TRUTH.parts])


def _told(rule: PartRule | None) -> tuple[np.ndarray, np.ndarray]:
    """Return chances of the weeks held back, and what those cases truly needed by the world's own record."""
    world, history = _lived()
    cases = {one.case: one for one in history.cases if one.opened_at >= AS_OF}
    jobs = [one for one in world.ledger.jobs if world.case_id(one) in cases]
    told = _chances().of([cases[world.case_id(one)] for one in jobs], history=history, rule=rule)
    needed = np.array([[part in one.needs for part in _chances().parts] for one in jobs])
    return told.ravel(), needed.ravel()


def test_weeks_held_back_are_told_better_than_by_rates_of_the_service() -> None:
    """The Brier score is at least a twentieth lower than with the base rate by service, and honest in every tenth."""
    told, needed = _told(None)
    base, _ = _told(PartRule.SERVICE)
    assert float(((told - needed) ** 2).mean()) < 0.95 * float(((base - needed) ** 2).mean())
    assert brier(told, kept=needed).reliability < 0.0005
    for some in np.array_split(np.argsort(told, kind="stable"), 10):
        stated, came = float(told[some].mean()), float(needed[some].mean())
        assert abs(stated - came) < 3 * np.sqrt(stated * (1 - stated) / len(some)) + 0.005
    assert float(told.mean()) == pytest.approx(float(needed.mean()), abs=0.008)


def test_nothing_of_the_future_is_looked_at() -> None:
    """What comes after the instant, or after a case was opened, may be anything."""
    _, history = _lived()
    early = AS_OF - timedelta(days=63)
    spoiled = tuple(
        one if one.resolved_at is not None and one.resolved_at < early
        else replace(one, used=frozenset({"moon"}), resolved_at=None if one.opened_at < early else one.resolved_at)
        for one in history.cases if one.opened_at < early or one.opened_at > AS_OF
    )  # fmt: skip
    starts = {
        asset: tuple((at, value if at < early else 999.0) for at, value in some)
        for asset, some in history.starts.items()
    }
    wanted = ["igniter", "filter"]
    one = learn_parts(history, as_of=early, parts=wanted)
    other = learn_parts(replace(history, cases=spoiled, starts=starts), as_of=early, parts=wanted)
    cases = [case for case in history.cases if early - timedelta(days=20) < case.opened_at < early][:60]
    assert (one.of(cases, history=history) == other.of(cases, history=history)).all()
    seen, _ = traits(cases, history=history, parts=wanted)
    blind, _ = traits(cases, history=replace(history, cases=spoiled, starts=starts), parts=wanted)
    assert (seen == blind).all()


def test_traits_are_those_before_the_case() -> None:
    """Age, earlier faults and parts, and how much oftener it starts of late."""
    at = datetime(2026, 3, 1, tzinfo=UTC)
    old = PartCase(
        "1",
        "repair",
        "boiler",
        "a",
        at - timedelta(days=30),
        used=frozenset({"fan"}),
        resolved_at=at - timedelta(days=9),
    )
    late = replace(
        old, case="2", opened_at=at - timedelta(days=300), resolved_at=at + timedelta(days=1), used=frozenset({"pump"})
    )
    case = PartCase("3", "repair", "boiler", "a", at)
    readings = tuple((at - timedelta(days=k), 20.0 if k <= 3 else 10.0) for k in range(25, 0, -1))
    history = PartHistory((old, late, case), {"a": date(2020, 3, 1)}, {"a": readings})
    (row,), before = traits([case], history=history, parts=["fan", "pump"])
    assert dict(zip(TRAITS, np.round(row, 3), strict=True)) == {
        "age_years": 1.946, "age_unknown": 0, "faults_half_year": 0.693, "earlier_cases": 1.099, "starts_ratio": 0.669,
        "no_sensor": 0,
    }  # fmt: skip
    assert before.tolist() == [[1, 0]]
    (bare,), _ = traits([replace(case, asset="")], history=history, parts=[])
    assert bare.tolist() == [0, 1, 0, 0, 0, 1]


def test_words_and_past_are_used_where_they_tell_more() -> None:
    """With texts that tell, the regression is chosen and is honest on later cases; without, the rates are."""
    rng = np.random.default_rng(3)
    start, said = (
        datetime(2026, 1, 1, tzinfo=UTC),
        ["ne šildo vandens", "it clicks but does not ignite", "strange noise of the fan"],
    )

    def case(k: int, telling: bool) -> PartCase:
        what = int(rng.integers(3))
        needs = rng.random() < (0.7 if what == 1 else 0.06)
        at = start + timedelta(hours=3 * k)
        text = said[what] if telling else ""
        return PartCase(
            str(k), "repair", "boiler", "", at, text, frozenset({"igniter"} if needs else ()), at + timedelta(hours=9)
        )

    for telling, expected in ((True, PartRule.LOGISTIC), (False, PartRule.SERVICE)):
        cases = tuple(case(k, telling) for k in range(900))
        history = PartHistory(cases)
        learned = learn_parts(
            history, as_of=start + timedelta(hours=3 * 600), ripe=timedelta(days=2), parts=["igniter"]
        )
        assert learned.scores[0].rule is expected
        later = cases[620:]
        told = learned.of(later, history=history)[:, 0]
        needed = np.array([bool(one.used) for one in later])
        assert told.mean() == pytest.approx(needed.mean(), abs=0.07)
        if telling:
            sure = told > 0.5
            assert told[sure].mean() == pytest.approx(needed[sure].mean(), abs=0.12)
            assert brier(told, kept=needed).score < 0.75 * needed.mean() * (1 - needed.mean())


def test_cases_that_took_long_are_not_lost() -> None:
    """Parts that come late are told rightly: fresh cases are only learned from once the slow ones are resolved, too."""
    start, rng = datetime(2026, 1, 1, tzinfo=UTC), np.random.default_rng(1)
    cases = []
    for k in range(1200):
        needs, at = rng.random() < 0.2, start + timedelta(hours=2 * k)
        cases.append(
            PartCase(str(k), "repair", "boiler", "", at, "", frozenset({"compressor"} if needs else ()),
                     at + timedelta(days=12 if needs else 1))
        )  # fmt: skip
    as_of = start + timedelta(days=65)
    told = [
        float(
            learn_parts(PartHistory(tuple(cases)), as_of=as_of, ripe=timedelta(days=ripe)).of(
                cases[-1:], history=PartHistory(())
            )[0, 0]
        )
        for ripe in (15, 0)
    ]
    truth = np.mean([bool(one.used) for one in cases])
    assert told[0] == pytest.approx(truth, abs=0.02)
    assert told[1] < truth - 0.01


def test_too_little_is_told() -> None:
    """Without resolved cases nothing can be learned; with few it is said."""
    at = datetime(2026, 3, 1, tzinfo=UTC)
    with pytest.raises(InputError) as caught:
        learn_parts(PartHistory((PartCase("1", "repair", "boiler", "a", at),)), as_of=at)
    assert [one.code for one in caught.value.issues] == ["no-cases"]
    with pytest.raises(InputError, match="naive-time"):
        learn_parts(PartHistory(()), as_of=at.replace(tzinfo=None))
    few = PartHistory((PartCase("1", "repair", "boiler", "a", at, "", frozenset({"fan"}), at),))
    learned = learn_parts(few, as_of=at + timedelta(days=1))
    assert [one.code for one in learned.issues] == ["few-cases"]
    assert 0 < learned.of([PartCase("2", "other", "other", "", at)], history=few)[0, 0] < 1
