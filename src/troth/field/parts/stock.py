"""Stock: what is where at any instant, computed from facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from troth.field.parts.book import holdings
from troth.field.parts.facts import Holdings, StockFacts


@dataclass(frozen=True, slots=True)
class Stock(StockFacts):
    """All that is known of parts, and what follows from it. Nothing is stored as a number that could be computed.

    Examples
    --------
    >>> from datetime import UTC, datetime, timedelta
    >>> from troth.field.parts import Reservation, StockCount, StockedPart, StockMove, StockPlace, StockPlaceKind
    >>> monday = datetime(2026, 3, 2, 6, tzinfo=UTC)
    >>> stock = Stock(
    ...     places=(StockPlace("depot", StockPlaceKind.DEPOT), StockPlace("van", StockPlaceKind.VAN, "jonas")),
    ...     parts=(StockedPart("pump"),),
    ...     counts=(StockCount("depot", "pump", 5, monday),),
    ...     moves=(StockMove("pump", 2, "depot", "van", monday + timedelta(hours=1)),),
    ...     reservations=(Reservation("v1", "pump", "van", 1, monday),),
    ... )
    >>> noon = stock.at(monday + timedelta(hours=6))
    >>> noon.on_hand("depot", part="pump"), noon.on_hand("van", part="pump"), noon.available("van", part="pump")
    (3, 2, 1)
    """

    def at(self, time: datetime) -> Holdings:
        """Return what is where, with all that happened up to and including an instant.

        Stock is never negative: where more went out than was there, an unrecorded piece must have come in, and the
        holdings say so (``negative-stock``).

        Raises
        ------
        InputError
            All that is wrong with the facts, see `check`.
        """
        return holdings(self, at=time)
