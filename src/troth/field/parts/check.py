"""Everything wrong with the facts of stock, at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from troth.core.decision import Issue
from troth.field.parts._issues import aware, error, twice, whole
from troth.field.parts.facts import StockCount, StockFacts, StockMove


def check(stock: StockFacts) -> list[Issue]:
    """Return every issue of the facts of stock, each an error.

    Examples
    --------
    >>> from troth.field.parts.facts import StockedPart, StockFacts
    >>> [one.code for one in check(StockFacts((), (StockedPart("pump"), StockedPart("pump"))))]
    ['part-twice']
    """
    found = [*twice("place", [one.place for one in stock.places]), *twice("part", [one.part for one in stock.parts])]
    known = _Known(stock)
    for k, count in enumerate(stock.counts):
        found += known.count(f"counts[{k}]", count)
    for k, move in enumerate(stock.moves):
        found += known.move(f"moves[{k}]", move)
    for k, kept in enumerate(stock.reservations):
        where = f"reservations[{k}]"
        found += [*known.part(where, kept.part), *known.place(where, kept.place)]
        found += [*whole(where, kept.quantity, least=1), *aware(where, kept.at), *known.serials(where, kept.serials)]
    return found


class _Known:
    """What places and parts there are."""

    def __init__(self, stock: StockFacts) -> None:
        self.places = {one.place for one in stock.places}
        self.parts = {one.part: one for one in stock.parts}

    def part(self, where: str, name: str) -> Iterator[Issue]:
        if name not in self.parts:
            yield error(
                "unknown-part", where, name, f"Maybe one of {', '.join(sorted(self.parts)[:8]) or 'none known'}."
            )

    def place(self, where: str, name: str) -> Iterator[Issue]:
        if name not in self.places:
            advice = f"Maybe one of {', '.join(sorted(self.places)[:8]) or 'none known'}."
            yield error("unknown-place", where, name, advice)

    def serials(self, where: str, names: tuple[str, ...]) -> Iterator[Issue]:
        for name, count in Counter(names).items():
            if count > 1:
                yield error("serial-twice", where, name, "Maybe one piece was written down twice.")

    def count(self, where: str, one: StockCount) -> Iterator[Issue]:
        yield from (*self.part(where, one.part), *self.place(where, one.place))
        yield from (*whole(where, one.quantity), *aware(where, one.at), *self.serials(where, one.serials))
        if one.serials and len(one.serials) != one.quantity:
            advice = f"Maybe {len(one.serials)}, or a number is missing."
            yield error("serials-differ", where, one.quantity, advice)

    def move(self, where: str, one: StockMove) -> Iterator[Issue]:
        yield from (*self.part(where, one.part), *self.place(where, one.origin))
        if one.target:
            yield from self.place(where, one.target)
        if one.target == one.origin:
            yield error("no-move", where, one.target, "Maybe the other place was meant.")
        yield from (*whole(where, one.quantity, least=1), *aware(where, one.at))
        if one.serial and one.quantity != 1:
            yield error("serial-of-many", where, one.quantity, "Maybe 1: a number is that of one piece.")
