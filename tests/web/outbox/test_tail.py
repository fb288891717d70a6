"""Figures of the lake and the hot tail are those of the lake after the export."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.web.outbox.days import NOW, day, settled, write
from troth.kpi.explain import explain
from troth.kpi.query import Query, query
from troth.log.lake import Lake
from troth.web.outbox import bridge, exporter
from troth.web.outbox.models import Fact
from troth.web.outbox.tail import live_lake, tail

pytestmark = pytest.mark.django_db(transaction=True)

KPIS = (
    "flow.volume", "speed.answer", "flow.abandonment", "promise.kept", "promise.kept/stated", "speed.handle",
    "flow.served_per_hour", "worst.wait", "worst.broken_promises",
)  # fmt: skip
DAY = Query(kpis=KPIS, start=NOW.date(), end=NOW.date().replace(day=NOW.day + 1), by=("site",))


@pytest.fixture
def store(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def figures(lake: Lake) -> list[dict[str, Any]]:
    return [figure.as_dict() for figure in query(lake, DAY)]


def test_with_an_empty_lake_all_figures_come_from_the_tail(store: Lake) -> None:
    """With an empty lake all figures come from the tail."""
    write(day(1, customers=80))
    before = figures(live_lake(store))
    assert {f["id"] for f in before if f["n"]} >= {"flow.volume", "speed.answer", "flow.abandonment", "promise.kept"}
    exporter.export_once(store, now=NOW)
    assert len(tail()) == 0
    assert figures(live_lake(store)) == before == figures(store)


def test_contacts_half_in_the_lake_and_half_in_the_tail_are_whole(store: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts of one contact are split at random places between base, tail and hot tail."""
    facts = day(3, customers=60) + day(4, customers=60, site="jelgava")
    facts.sort(key=lambda one: one.occurred_at)
    monkeypatch.setattr(bridge, "_FILES", 2)
    seen: list[list[dict[str, Any]]] = []
    for lot in range(5):
        write(facts[lot::5])
        before = figures(live_lake(store))
        exporter.export_once(store, now=NOW)
        if lot == 2:
            assert bridge.tend(store, now=NOW)
        assert before == figures(store)
        seen.append(before)
    assert all(one != other for one, other in pairwise(seen))


def test_a_fact_that_comes_into_the_lake_between_two_looks_counts_once(store: Lake) -> None:
    """A fact that comes into the lake between two looks counts once."""
    write(day(1, customers=30))
    live = live_lake(store)
    exporter.export_once(store, now=NOW)
    assert figures(live) == figures(store)
    assert settled(live) == settled(store)


def test_a_batch_in_hand_is_still_in_the_tail(store: Lake) -> None:
    """A batch in hand is still in the tail."""
    write(day(1, customers=10))
    assert exporter._take(NOW)
    write(day(2, customers=10))
    assert len(tail()) == Fact.objects.count()


def test_explanations_see_the_tail(store: Lake) -> None:
    """Explanations see the tail."""
    write(day(1, customers=10))
    one = Fact.objects.filter(activity="answered").first()
    assert one is not None
    contact = one.event["contact_id"]
    before = explain(live_lake(store), kpi="speed.answer", case=contact)
    assert [e.activity for e in before.events if e.activity in {"queued", "answered"}] == ["queued", "answered"]
    exporter.export_once(store, now=NOW)
    assert explain(store, kpi="speed.answer", case=contact) == before
