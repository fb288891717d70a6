"""Facts of stock and cases from events and reference rows, as plain tables: what `read` takes from a lake."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from math import isfinite
from typing import Any, Final, cast

from troth.core.decision import Issue, Severity
from troth.core.time import start_of_day, zone
from troth.field.parts.check import check
from troth.field.parts.facts import StockCount, StockedPart, StockFacts, StockMove, StockPlace, StockPlaceKind
from troth.field.parts.history import PartCase, PartHistory
from troth.field.parts.stock import Stock

Row = Mapping[str, Any]
#: Kinds of the table `locations`, as places of parts.
_KINDS: Final = {
    "depot": StockPlaceKind.DEPOT, "van": StockPlaceKind.VAN, "customer": StockPlaceKind.SITE,
    "returns": StockPlaceKind.RETURNS,
}  # fmt: skip
_SUPPLIER: Final = "supplier"


def stock_of(events: Iterable[Row], *, tables: Mapping[str, Sequence[Row]]) -> tuple[Stock, list[Issue]]:
    """Return the stock that events and reference rows tell of, without the rows that cannot be used, which are named.

    What a technician uses comes from their van, unless the event says ``from``.

    Nothing is reserved in it, and no part is numbered: the log has no activity that sets a part aside for a visit, its moves have
    no key for a piece's number, and the table `parts` has no column that says whether pieces have one. Who knows adds it:
    ``replace(stock, reservations=..., parts=...)``. Events that come from elsewhere and say ``serial`` keep it.

    Parameters
    ----------
    events : rows of ``part_used`` and ``part_moved`` with occurred_at, activity, agent_id, subject_kind, subject_id, value,
        attributes (JSON text); others are passed over.
    tables : rows of ``locations``, ``parts``, ``stock_levels`` and ``sites``.
    """
    places = {
        row["location"]: StockPlace(row["location"], _KINDS[row["kind"]], row.get("holder") or "")
        for row in tables.get("locations", ())
        if row["kind"] in _KINDS
    }
    places.setdefault(_SUPPLIER, StockPlace(_SUPPLIER, StockPlaceKind.SUPPLIER))
    zones = {row["site"]: row["time_zone"] for row in tables.get("sites", ()) if row.get("time_zone")}
    sites = {row["location"]: row.get("site") for row in tables.get("locations", ())}
    vans = {one.holder: one.place for one in places.values() if one.kind is StockPlaceKind.VAN}
    counts = [_count(row, zones.get(sites.get(row["location"]) or "", "UTC")) for row in tables.get("stock_levels", ())]
    moves = [_move(row, vans) for row in events if row["activity"] in ("part_used", "part_moved")]
    facts = StockFacts(tuple(places.values()), _parts(tables.get("parts", ())), tuple(counts), tuple(moves))
    return _sound(facts)


def _sound(facts: StockFacts) -> tuple[Stock, list[Issue]]:
    """Leave out what cannot be used, and say so once for each kind of fault and value."""
    bad: dict[str, set[int]] = defaultdict(set)
    told: dict[tuple[str, str], Issue] = {}
    for issue in check(facts):
        name, _, rest = issue.where.partition("[")
        if name in ("counts", "moves"):
            bad[name].add(int(rest.partition("]")[0]))
        known = told.get((issue.code, issue.value))
        told[issue.code, issue.value] = (
            replace(issue, severity=Severity.WARNING) if known is None else replace(known, count=known.count + 1)
        )
    counts = tuple(one for k, one in enumerate(facts.counts) if k not in bad["counts"])
    moves = tuple(one for k, one in enumerate(facts.moves) if k not in bad["moves"])
    return Stock(facts.places, facts.parts, counts, moves), list(told.values())


def _parts(rows: Iterable[Row]) -> tuple[StockedPart, ...]:
    found = {
        row["part"]: StockedPart(
            row["part"], row.get("title") or "", row.get("cost_cents") or 0, timedelta(seconds=row.get("lead_s") or 0)
        )
        for row in rows
    }
    return tuple(found.values())


def _count(row: Row, time_zone: str) -> StockCount:
    since = row.get("valid_from") or date(1970, 1, 1)
    return StockCount(row["location"], row["part"], _pieces(row["quantity"]), start_of_day(since, tz=zone(time_zone)))


def _pieces(value: float | None) -> int:
    """Return a whole number; what is none stays as it is, for the check to name."""
    whole = value is not None and isfinite(value) and value == int(value)
    return int(value) if whole and value is not None else cast("int", value)


def _move(row: Row, vans: Mapping[str, str]) -> StockMove:
    more = json.loads(row["attributes"] or "{}")
    used = row["activity"] == "part_used"
    origin = more.get("from") or (vans.get(row["agent_id"] or "", f"van of {row['agent_id']}") if used else "")
    visit = row["subject_id"] if row["subject_kind"] == "visit" else None
    return StockMove(
        more.get("part") or "", _pieces(row["value"]), origin, "" if used else more.get("to") or "",
        row["occurred_at"], more.get("serial") or "", visit or "",
    )  # fmt: skip


def history_of(
    events: Iterable[Row], *, tables: Mapping[str, Sequence[Row]], services: Sequence[str] = ()
) -> PartHistory:
    """Return cases with the parts they took, and what is known of equipment.

    Parameters
    ----------
    events : rows of ``opened``, ``part_used``, ``resolved`` and ``counted`` with occurred_at, activity, case_id, service, step,
        value, attributes (JSON text); others are passed over.
    tables : rows of ``assets``.
    services : of cases that are visits; empty takes every case that names its equipment.
    """
    assets = {row["asset"]: row for row in tables.get("assets", ())}
    opened: dict[str, PartCase] = {}
    used: dict[str, set[str]] = defaultdict(set)
    resolved: dict[str, datetime] = {}
    starts: dict[str, list[tuple[datetime, float]]] = defaultdict(list)
    for row in events:
        activity, case, at = row["activity"], row["case_id"], row["occurred_at"]
        if activity == "opened" and (not services or row["service"] in services):
            more = json.loads(row["attributes"] or "{}")
            asset = more.get("asset") or ""
            if asset or services:
                kind = (assets.get(asset) or {}).get("kind") or more.get("topic") or ""
                opened[case] = PartCase(case, row["service"] or "", kind, asset, at, more.get("note") or "")
        elif activity == "part_used" and case:
            used[case].add(json.loads(row["attributes"] or "{}").get("part") or "")
        elif activity == "resolved":
            resolved[case] = max(at, resolved.get(case, at))
        elif activity == "counted" and row["step"] == "starts":
            starts[json.loads(row["attributes"] or "{}").get("asset") or ""].append((at, row["value"] or 0.0))
    cases = tuple(
        replace(one, used=frozenset(used[name] - {""}), resolved_at=resolved.get(name)) for name, one in opened.items()
    )
    installed = {name: row["installed_date"] for name, row in assets.items() if row.get("installed_date")}
    return PartHistory(cases, installed, {name: tuple(sorted(some)) for name, some in starts.items() if name})
