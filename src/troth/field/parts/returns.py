"""What goes back after visits: pieces that were not used, and faulty ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from troth.core.decision import Issue
from troth.core.errors import InputError
from troth.field.parts._issues import aware, error, whole
from troth.field.parts.facts import Holdings, StockMove, StockPlaceKind


@dataclass(frozen=True, slots=True)
class FaultyPiece:
    """A piece that was found faulty on a van or taken out at a customer's place."""

    part: str
    place: str
    serial: str = ""
    visit: str = ""


def returns(
    holdings: Holdings,
    *,
    depot: str,
    keep: Mapping[tuple[str, str], int],
    at: datetime,
    faulty: Sequence[FaultyPiece] = (),
    returns_place: str = "",
) -> tuple[StockMove, ...]:
    """Return the moves that bring back what a van no longer needs, and what is faulty.

    A van keeps what is reserved, and of the rest up to its level; what is beyond goes to the depot. Faulty pieces go to
    the place of returns, from where nothing is available. Of parts with numbers the last go back first.

    Parameters
    ----------
    keep : by (van, part) how many unreserved pieces stay; all of a part that is not named stays.
    depot, returns_place : where to.
    at : when.

    Raises
    ------
    InputError
        ``unknown-place``, ``wrong-place``, ``unknown-part``, ``negative-quantity``, ``serial-twice``, ``not-there``, all at once.

    Examples
    --------
    >>> from datetime import UTC
    >>> from troth.field.parts import Stock, StockCount, StockedPart, StockPlace
    >>> now = datetime(2026, 3, 2, 16, tzinfo=UTC)
    >>> places = (StockPlace("depot", StockPlaceKind.DEPOT), StockPlace("van", StockPlaceKind.VAN, "jonas"))
    >>> stock = Stock(places, (StockedPart("pump"),), (StockCount("van", "pump", 3, now),))
    >>> [(m.quantity, m.target) for m in returns(stock.at(now), depot="depot", keep={("van", "pump"): 1}, at=now)]
    [(2, 'depot')]
    """
    issues = _check(holdings, depot=depot, keep=keep, at=at, faulty=faulty, returns_place=returns_place)
    if issues:
        raise InputError(issues)
    moves = [StockMove(one.part, 1, one.place, returns_place, at, one.serial, one.visit) for one in faulty]
    bad = {(one.part, one.serial) for one in faulty if one.serial}
    for (van, part), level in sorted(keep.items()):
        gone = sum(1 for one in faulty if (one.place, one.part) == (van, part))
        beyond = holdings.available(van, part=part) - gone - level
        if beyond <= 0:
            continue
        numbers = [n for n in holdings.serials(van, part=part) if (part, n) not in bad][-beyond:]
        moves += [StockMove(part, 1, van, depot, at, number) for number in numbers]
        if beyond > len(numbers):
            moves.append(StockMove(part, beyond - len(numbers), van, depot, at))
    return tuple(moves)


def _check(
    holdings: Holdings,
    *,
    depot: str,
    keep: Mapping[tuple[str, str], int],
    at: datetime,
    faulty: Sequence[FaultyPiece],
    returns_place: str,
) -> list[Issue]:
    kinds = {one.place: one.kind for one in holdings.places}
    parts = {one.part for one in holdings.parts}
    places = [("depot", depot, StockPlaceKind.DEPOT)]
    places += [(f"keep[{van} {part}]", van, StockPlaceKind.VAN) for van, part in keep]
    places += [("returns_place", returns_place, StockPlaceKind.RETURNS)] if faulty else []
    found = [*aware("at", at)]
    for where, place, kind in places:
        if place not in kinds:
            found.append(error("unknown-place", where, place, f"Maybe one of {', '.join(sorted(kinds)[:8])}."))
        elif kinds[place] is not kind:
            found.append(error("wrong-place", where, place, f"Maybe a {kind} is meant; this is a {kinds[place]}."))
    for (van, part), level in keep.items():
        found += whole(f"keep[{van} {part}]", level)
    for where, part in [(f"keep[{van} {part}]", part) for van, part in keep] + [("faulty", one.part) for one in faulty]:
        if part not in parts:
            found.append(error("unknown-part", where, part, f"Maybe one of {', '.join(sorted(parts)[:8])}."))
    seen = set[tuple[str, str]]()
    for k, one in enumerate(faulty):
        if one.place not in kinds:
            found.append(
                error("unknown-place", f"faulty[{k}]", one.place, f"Maybe one of {', '.join(sorted(kinds)[:8])}.")
            )
        if one.serial and (one.part, one.serial) in seen:
            found.append(error("serial-twice", f"faulty[{k}]", one.serial, "Maybe one piece was written down twice."))
        seen.add((one.part, one.serial))
        there = holdings.numbers.get((one.place, one.part), ())
        if one.serial and there and one.serial not in there:
            found.append(error("not-there", f"faulty[{k}]", one.serial, f"Maybe one of {', '.join(there[:8])}."))
    return found
