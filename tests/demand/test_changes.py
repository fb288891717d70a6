"""Changes by people: what they do, that they can be undone, and what is said when they clash."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from tests.demand import made
from troth.core.decision import Status
from troth.core.errors import InputError
from troth.demand import (
    ChangeKind,
    DemandChange,
    DemandForecast,
    DemandKind,
    SeriesForecast,
    change,
    undo,
)

VILNIUS = ZoneInfo("Europe/Vilnius")
CALLS = made.day_forecast(days=3, key={"queue": "calls"})
CARDS = made.day_forecast(days=3, key={"queue": "cards"}, seed=2)
BOTH = DemandForecast((CALLS, CARDS), Status.FEASIBLE)


def at(day: int, hour: int = 0) -> datetime:
    """Return an hour of a day of March 2026."""
    return datetime(2026, 3, 2, hour, tzinfo=VILNIUS) + timedelta(days=day)


def one(
    kind: str = "multiply", value: float = 1.2, *, name: str = "A", hours: tuple[int, int] = (9, 12), **more: Any
) -> DemandChange:
    """Return a change of the calls on Tuesday."""
    said: dict[str, Any] = {
        "who": "Ana",
        "at": datetime(2026, 3, 1, 8, tzinfo=UTC),
        "why": "Letters go out",
        "key": {"queue": "calls"},
    }
    return DemandChange(name, ChangeKind(kind), value, at(1, hours[0]), at(1, hours[1]), **(said | more))


def laid(*changes: DemandChange, on: DemandForecast = BOTH) -> SeriesForecast:
    """Return the calls with changes on them."""
    return change(on, changes=changes).forecast.series[0]


def span(first: int = 9, last: int = 12) -> slice:
    """Return the cells of Tuesday."""
    return slice(24 + first, 24 + last)


def codes(*changes: DemandChange, on: DemandForecast = BOTH) -> set[str]:
    """Return the codes of the issues, whether refused or warned of."""
    try:
        return {issue.code for issue in change(on, changes=changes).issues}
    except InputError as error:
        return {issue.code for issue in error.issues}


@pytest.mark.parametrize(
    ("kind", "value", "total"),
    [("multiply", 1.2, lambda was: 1.2 * was), ("add", 50.0, lambda was: was + 50), ("set", 30.0, lambda was: 30.0)],
)
def test_a_change_does_what_its_kind_says(kind: str, value: float, total: Any) -> None:
    """The sum of the span is as said, its shape and everything else as before."""
    after = laid(one(kind, value))
    was = CALLS.mean[span()]
    assert after.mean[span()].sum() == pytest.approx(total(was.sum()))
    np.testing.assert_allclose(after.mean[span()] / after.mean[span()].sum(), was / was.sum())
    outside = np.ones(72, dtype=bool)
    outside[span()] = False
    np.testing.assert_array_equal(after.mean[outside], CALLS.mean[outside])
    np.testing.assert_array_equal(after.paths[:, outside], CALLS.paths[:, outside])


def test_paths_and_bands_go_with_the_means() -> None:
    """What is doubled is doubled in every possible future, and so are its limits."""
    after = laid(one("multiply", 2.0))
    np.testing.assert_allclose(after.paths[:, span()], 2 * CALLS.paths[:, span()])
    np.testing.assert_allclose(after.high[:, span()], 2 * CALLS.high[:, span()])
    np.testing.assert_allclose(after.point[span()], 2 * CALLS.point[span()])


def test_counts_that_shrink_stay_counts_with_the_spread_of_counts() -> None:
    """A tenth of Poisson arrivals is Poisson again, not Poisson squeezed to a tenth of its spread."""
    base = made.day_forecast(sd=0.0, days=3, paths=4000, key={"queue": "calls"})
    after = laid(one("multiply", 0.1), on=DemandForecast((base,), Status.FEASIBLE))
    few = after.paths[:, span()]
    assert (few == few.round()).all()
    np.testing.assert_allclose(few.var(0), few.mean(0), rtol=0.12)
    np.testing.assert_allclose(few.mean(0), after.mean[span()], rtol=0.06)


def test_a_move_loses_and_makes_nothing() -> None:
    """In every possible future the sum of all cells stays the same."""
    after = laid(one("move", 0.4, to=at(2, 9)))
    np.testing.assert_array_equal(after.paths.sum(1), CALLS.paths.sum(1))
    assert after.mean.sum() == pytest.approx(CALLS.mean.sum())
    assert after.mean[span()].sum() == pytest.approx(0.6 * CALLS.mean[span()].sum())
    assert after.mean[48 + 9 : 48 + 12].sum() == pytest.approx(1.4 * CALLS.mean[span()].sum())


def test_undoing_leaves_no_trace() -> None:
    """Without the change, or with it undone, the forecast is the computed one to the last digit; done again it is back."""
    changes = (one("add", 80.0), one("multiply", 0.7, name="B", layer=1))
    gone = undo(undo(changes, id="A"), id="B")
    for name in ("mean", "point", "low", "high", "paths"):
        np.testing.assert_array_equal(getattr(laid(*gone), name), getattr(CALLS, name))
        np.testing.assert_array_equal(
            getattr(laid(*undo(gone, id="A", active=True)), name), getattr(laid(changes[0]), name)
        )
    assert [c.active for c in gone] == [False, False] and gone[0].why == "Letters go out"
    with pytest.raises(KeyError):
        undo(changes, id="C")


def test_layers_are_laid_from_below() -> None:
    """A set below a factor is multiplied; a set above one is not."""
    below = laid(one("set", 30.0), one("multiply", 2.0, name="B", layer=1))
    above = laid(one("set", 30.0, layer=1), one("multiply", 2.0, name="B"))
    assert below.mean[span()].sum() == pytest.approx(60)
    assert above.mean[span()].sum() == pytest.approx(30)


def test_every_cell_tells_what_each_change_did_to_it() -> None:
    """The trace leads from the computed value to the last one, change by change."""
    found = change(BOTH, changes=(one("multiply", 1.5, name="B", layer=1), one("add", 50.0)))
    first, second = found.effects
    assert (first.change.id, second.change.id, first.key) == ("A", "B", {"queue": "calls"})
    np.testing.assert_array_equal(first.before, CALLS.mean[span()])
    np.testing.assert_array_equal(first.after, second.before)
    np.testing.assert_array_equal(second.after, found.forecast.series[0].mean[span()])


def test_a_factor_may_be_for_all_series() -> None:
    """Whom a change names, it is for; the chance of one series is not that of another."""
    found = change(BOTH, changes=(one("multiply", 0.5, key={}),))
    assert [effect.key["queue"] for effect in found.effects] == ["calls", "cards"]


def test_what_was_closed_is_opened_with_a_warning() -> None:
    """A planner who opens a Sunday may say what will come; it is drawn by chance and noted."""
    night = one("set", 40.0, hours=(0, 4))
    found = change(BOTH, changes=(night,))
    after = found.forecast.series[0]
    assert [issue.code for issue in found.issues] == ["opens-closed"]
    assert not after.closed[span(0, 4)].any() and after.closed[span(4, 8)].all()
    assert after.mean[span(0, 4)].tolist() == [10.0] * 4
    assert after.paths[:, 24].std() > 0 and after.paths[:, 24].mean() == pytest.approx(10, rel=0.1)


def test_an_amount_is_shared_among_open_cells_alone() -> None:
    """Opening hours are not stretched by an amount over a whole day."""
    after = laid(one("add", 70.0, hours=(0, 23)))
    np.testing.assert_array_equal(after.closed, CALLS.closed)


def test_means_are_not_added_up() -> None:
    """Of handle times an amount is for each cell, and closed cells have none."""
    base = made.forecast_of(
        np.full((50, 72), 200.0), first=made.MONDAY, days=3, key={"queue": "calls"}, kind=DemandKind.HANDLE_TIME
    )
    after = laid(one("add", 30.0), on=DemandForecast((base,), Status.FEASIBLE))
    assert set(after.mean[span()]) == {230.0}
    assert codes(one("move", 0.5, to=at(2)), on=DemandForecast((base,), Status.FEASIBLE)) == {"cannot-move"}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"why": " "}, "no-reason"),
        ({"who": ""}, "no-reason"),
        ({"at": datetime(2026, 3, 1)}, "naive-time"),  # noqa: DTZ001
        ({"hours": (12, 9)}, "end-before-start"),
        ({"value": -0.1}, "bad-value"),
        ({"value": float("nan")}, "bad-value"),
        ({"kind": "set", "value": -1.0}, "bad-value"),
        ({"kind": "move", "value": 1.2, "to": at(2, 9)}, "bad-value"),
        ({"kind": "move", "value": 0.5}, "no-goal"),
        ({"kind": "move", "value": 0.5, "to": at(2, 22)}, "goal-outside"),
        ({"key": {"queue": "mail"}}, "unknown-series"),
        ({"kind": "add", "key": {}}, "several-series"),
        ({"kind": "add", "value": -1e6}, "cut-off"),
        ({"kind": "multiply", "value": 2.0, "hours": (0, 4)}, "no-effect"),
    ],
)
def test_a_bad_change_is_named(changed: dict[str, Any], code: str) -> None:
    """Each way in which a change cannot be laid, or not in full, has its code."""
    assert code in codes(one(**changed))


def test_spans_are_cells_of_the_grid() -> None:
    """Half a cell cannot be changed; what is half outside has no known amount; what is wholly outside waits."""
    assert codes(replace(one(), end=at(1, 12) + timedelta(minutes=20))) == {"not-on-grid"}
    assert codes(replace(one("add", 5.0), start=at(-3))) == {"partly-outside"}
    assert codes(replace(one(), start=at(-3))) == set()
    assert codes(replace(one(), start=at(9), end=at(10))) == {"outside-horizon"}


def test_all_faults_are_said_at_once() -> None:
    """Two bad changes give two issues, and the good one beside them is not laid."""
    with pytest.raises(InputError) as caught:
        change(BOTH, changes=(one(why=""), one(name="B", value=-1.0), one(name="C"), one(name="C")))
    assert [issue.code for issue in caught.value.issues] == ["same-id", "no-reason", "bad-value"]
    assert all(issue.advice.startswith("Maybe") for issue in caught.value.issues)


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (one("set", 5.0, name="B"), "same-layer"),
        (one("add", 5.0, name="B"), "same-layer"),
        (one("multiply", 1.1, name="B"), None),
        (one("set", 5.0, name="B", layer=1), "hidden"),
        (one("add", 5.0, name="B", layer=1), None),
        (one("set", 5.0, name="B", hours=(13, 15)), None),
        (one("set", 5.0, name="B", key={"queue": "cards"}), None),
        (one("set", 5.0, name="B", active=False), None),
    ],
)
def test_changes_that_clash_are_named(second: DemandChange, code: str | None) -> None:
    """Where order decides, or one change hides another, a person should know."""
    assert codes(one(), second) == ({code} if code else set())


def test_a_share_cannot_pass_one() -> None:
    """What would go beyond all customers is cut off and said."""
    base = made.forecast_of(
        np.full((50, 72), 0.4), first=made.MONDAY, days=3, key={"queue": "calls"}, kind=DemandKind.NO_SHOW
    )
    found = change(DemandForecast((base,), Status.FEASIBLE), changes=(one("multiply", 3.0),))
    assert found.forecast.series[0].mean.max() == 1.0 and found.forecast.series[0].paths.max() == 1.0
    assert {issue.code for issue in found.issues} == {"cut-off"}
