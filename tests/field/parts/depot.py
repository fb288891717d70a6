"""A small company's stock for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from troth.field.parts import Holdings, Stock, StockCount, StockedPart, StockPlace, StockPlaceKind

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
PLACES = (
    StockPlace("depot", StockPlaceKind.DEPOT),
    StockPlace("depot-2", StockPlaceKind.DEPOT),
    StockPlace("van-a", StockPlaceKind.VAN, "asta"),
    StockPlace("van-b", StockPlaceKind.VAN, "bronius"),
    StockPlace("bin", StockPlaceKind.RETURNS),
    StockPlace("supplier", StockPlaceKind.SUPPLIER),
)
PARTS = (StockedPart("pump"), StockedPart("fan"), StockedPart("board", serial=True))


def stock(*counts: StockCount) -> Stock:
    """Return stock with what was counted."""
    return Stock(PLACES, PARTS, counts)


def held(pieces: dict[tuple[str, str], int]) -> Holdings:
    """Return holdings of so many pieces by place and part."""
    return stock(*(StockCount(place, part, n, NOW) for (place, part), n in pieces.items())).at(NOW)
