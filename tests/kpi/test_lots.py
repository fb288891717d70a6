"""A question is compiled once, whatever days it is asked of, and each gets the figures of its own days."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.kpi.logs import lake_of, story
from troth.core.time import Step
from troth.kpi import _lots
from troth.kpi.plan import grouped
from troth.kpi.query import Query, query

#: Contacts that come on each day from the second of March on.
_A_DAY = (1, 4, 2, 0, 3)
_FIRST = date(2026, 3, 2)


def _day(number: int) -> date:
    return _FIRST + timedelta(days=number)


@pytest.mark.parametrize("every", [None, Step.DAY])
def test_the_same_figures_of_other_days_are_compiled_no_more(
    lake: Path, monkeypatch: pytest.MonkeyPatch, every: Step | None
) -> None:
    """Of every stretch of days the volume is what came on them, the stock at its end what had come until then."""
    came = [
        event
        for number, count in enumerate(_A_DAY)
        for k in range(count)
        for event in story((f"{_day(number)} 10:00", "queued"), case_id=f"c{number}{k}", contact_id=f"k{number}{k}")
        + story((f"{_day(number)} 10:00", "opened"), case_id=f"c{number}{k}")
    ]
    found = lake_of(lake, came)
    compiled: list[Any] = []

    def counted(*asked: Any) -> Any:
        compiled.append(asked)
        return grouped(*asked)

    monkeypatch.setattr(_lots, "grouped", counted)
    monkeypatch.setattr(_lots, "_COMPILED", {})
    for a, b in ((0, 2), (1, 5), (2, 4), (0, 5), (3, 5)):
        asked = Query(kpis=("flow.volume/", "flow.backlog/"), start=_day(a), end=_day(b), every=every)
        told = query(found, asked)
        edges = list(pairwise(range(a, b + 1))) if every else [(a, b)]
        assert [f.value or 0 for f in told if f.id == "flow.volume"] == [sum(_A_DAY[k:m]) for k, m in edges]
        assert [f.value or 0 for f in told if f.id == "flow.backlog"] == [sum(_A_DAY[:m]) for _, m in edges]
    assert len(compiled) == 1
