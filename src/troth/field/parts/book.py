"""From facts to holdings: events in order of time, a count resets."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.field.parts._issues import aware
from troth.field.parts.check import check
from troth.field.parts.facts import Holdings, StockCount, StockFacts, StockMove, StockPlaceKind


def holdings(stock: StockFacts, *, at: datetime) -> Holdings:
    """Return what is where at an instant; see `Stock.at`.

    Raises
    ------
    InputError
        All that is wrong with the facts.
    """
    issues = [*aware("at", at), *check(stock)]
    if issues:
        raise InputError(issues)
    book = _Book(stock)
    events: list[tuple[datetime, int, StockCount | StockMove]] = [(one.at, 0, one) for one in stock.counts]
    events += [(one.at, 1, one) for one in stock.moves]
    for _, _, event in sorted((one for one in events if one[0] <= at), key=lambda one: one[:2]):
        if isinstance(event, StockCount):
            book.count(event)
        else:
            book.move(event)
    kept, numbers = book.kept(at)
    return Holdings(
        at, stock.places, stock.parts, {key: n for key, n in book.pieces.items() if n}, kept, book.by_place(), numbers,
        tuple(book.issues.values()),
    )  # fmt: skip


class _Book:
    """The running state."""

    def __init__(self, stock: StockFacts) -> None:
        self.stock = stock
        self.outside = {one.place for one in stock.places if one.kind is StockPlaceKind.SUPPLIER}
        self.numbered = {one.part for one in stock.parts if one.serial}
        self.pieces: dict[tuple[str, str], int] = {}
        #: Where each piece with a number is: (part, serial) to place; an empty place is used up.
        self.where: dict[tuple[str, str], str] = {}
        self.issues: dict[tuple[str, str], Issue] = {}

    def doubt(self, code: str, where: str, value: object, advice: str) -> None:
        """Keep one issue for a code and place, and how often it came."""
        known = self.issues.get((code, where))
        count, value = (1, str(value)) if known is None else (known.count + 1, known.value)
        self.issues[code, where] = Issue(code, Severity.WARNING, where, value, advice, count)

    def count(self, one: StockCount) -> None:
        """Set what was counted; numbers written down replace those known, else those beyond the count are doubtful."""
        self.pieces[one.place, one.part] = one.quantity
        known = [number for (part, number), place in self.where.items() if (place, part) == (one.place, one.part)]
        if one.serials:
            for number in known:
                del self.where[one.part, number]
            for number in one.serials:
                self._arrive(one.part, number, one.place)
        elif len(known) > one.quantity:
            advice = "Maybe a piece left without being recorded; count by number."
            self.doubt("serials-beyond-count", f"{one.place} {one.part}", len(known), advice)

    def _arrive(self, part: str, number: str, place: str) -> None:
        before = self.where.get((part, number))
        if before:
            advice = f"Maybe the number was misread: it was at {before}."
            self.doubt("serial-twice", f"{place} {part}", number, advice)
        self.where[part, number] = place

    def move(self, one: StockMove) -> None:
        """Take pieces from one place to another."""
        if one.origin not in self.outside:
            self._take(one)
        if one.target and one.target not in self.outside:
            key = one.target, one.part
            self.pieces[key] = self.pieces.get(key, 0) + one.quantity
        if one.serial:
            self._number(one)
        elif one.part in self.numbered:
            advice = "Maybe the number was not scanned."
            self.doubt("no-serial", f"{one.origin} {one.part}", one.at.isoformat(), advice)

    def _take(self, one: StockMove) -> None:
        key = one.origin, one.part
        left = self.pieces.get(key, 0) - one.quantity
        if left < 0:
            advice = "Maybe a delivery was not recorded, or the piece came from another place."
            self.doubt("negative-stock", " ".join(key), left, advice)
        self.pieces[key] = max(0, left)

    def _number(self, one: StockMove) -> None:
        place = self.where.get((one.part, one.serial))
        if place is not None and place != one.origin:
            code = "serial-elsewhere" if place else "serial-used-up"
            advice = f"Maybe the number was misread: the piece was {f'at {place}' if place else 'used up'}."
            self.doubt(code, f"{one.origin} {one.part}", one.serial, advice)
        self.where[one.part, one.serial] = one.target

    def by_place(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """Return serial numbers by place and part."""
        found: dict[tuple[str, str], list[str]] = {}
        for (part, number), place in sorted(self.where.items()):
            if place and place not in self.outside:
                found.setdefault((place, part), []).append(number)
        return {key: tuple(numbers) for key, numbers in found.items()}

    def kept(self, at: datetime) -> tuple[dict[tuple[str, str], int], frozenset[str]]:
        """Return what is still reserved: what was reserved less what has left the place for the visit since."""
        found: Counter[tuple[str, str]] = Counter()
        numbers: set[str] = set()
        gone: Counter[tuple[str, str, str]] = Counter()
        for move in sorted((one for one in self.stock.moves if one.visit and one.at <= at), key=lambda one: one.at):
            gone[move.visit, move.part, move.origin] += move.quantity
        for one in self.stock.reservations:
            if one.at > at:
                continue
            key = one.visit, one.part, one.place
            taken = min(one.quantity, gone[key])
            gone[key] -= taken
            if one.quantity > taken:
                found[one.place, one.part] += one.quantity - taken
            numbers |= {n for n in one.serials if self.where.get((one.part, n)) == one.place and one.quantity > taken}
        for place_part, count in found.items():
            if count > self.pieces.get(place_part, 0):
                advice = "Maybe a visit is to be sourced again: more is promised than is there."
                self.doubt("over-reserved", " ".join(place_part), count, advice)
        return dict(found), frozenset(numbers)
