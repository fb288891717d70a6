"""Plain data on its way to records: each value is read at its place, and everything wrong gathers."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from troth.core.json_input import FaultError, Faults, near
from troth.core.lengths import parse_length
from troth.core.spans import Span
from troth.queueing.twin import _most as most
from troth.queueing.twin._clock import ReversedError, WallClock, empty_clock
from troth.queueing.twin.times import Times

#: Reads a value at a place; what is wrong raises `FaultError` when it has been told.
Reader = Callable[[Any, str], Any]
#: The written forms of a distribution, each with what it takes beside its first value.
SHAPES: Final[dict[str, str | None]] = {
    "exponential": None, "lognormal": "spread", "gamma": "shape", "seen": None, "quantiles": None,
}  # fmt: skip
_LENGTHS: Final = "Maybe a time such as 90s, 5min or 1.5h."


class Reading(Faults):
    """The reading of one file.

    Parameters
    ----------
    clock : by which times are written, once known.
    """

    def __init__(self) -> None:
        super().__init__()
        self.clock: WallClock = empty_clock()

    # Whole rows -------------------------------------------------------------------------------------------------------

    def row(
        self, value: Any, *, where: str, fields: Mapping[str, Reader], needs: Collection[str] = ()
    ) -> dict[str, Any]:
        """Return what can be read of an object; unknown and missing keys are told."""
        if not isinstance(value, Mapping):
            self.wrong("wrong-type", where=where, value=value, advice="Maybe put it in braces.")
        dot, found = f"{where}." if where else "", {}
        for key in value:
            if key not in fields:
                self.tell("unknown-key", where=f"{dot}{key}", value=value[key], advice=near(str(key), known=fields))
        for key in needs:
            if value.get(key) is None:
                self.tell("missing-key", where=f"{dot}{key}", value="", advice=f"Maybe add {key}: it has no default.")
        for key, read in fields.items():
            if value.get(key) is not None:
                try:
                    found[key] = read(value[key], f"{dot}{key}")
                except FaultError:
                    continue
        return found

    def many(self, read: Reader) -> Reader:
        """Return a reader of lists; what cannot be read of one is left out."""

        def read_all(value: Any, where: str) -> tuple[Any, ...]:
            if not isinstance(value, list | tuple):
                self.wrong("wrong-type", where=where, value=value, advice="Maybe put it in brackets.")
            found = []
            for k, one in enumerate(value):
                try:
                    found.append(read(one, f"{where}[{k}]"))
                except FaultError:
                    continue
            return tuple(found)

        return read_all

    # Single values ----------------------------------------------------------------------------------------------------

    def text(self, value: Any, where: str) -> str:
        """Return a text."""
        if not isinstance(value, str):
            self.wrong("wrong-type", where=where, value=value, advice="Maybe put it in quotes.")
        return value

    def truth(self, value: Any, where: str) -> bool:
        """Return true or false."""
        if not isinstance(value, bool):
            self.wrong("wrong-type", where=where, value=value, advice="Maybe true or false.")
        return value

    def number(self, value: Any, where: str) -> float:
        """Return a number that is one."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.wrong("wrong-type", where=where, value=value, advice="Maybe a number is meant.")
        # Whole numbers of JSON have no end, and the largest cannot even be asked whether they are finite.
        if isinstance(value, float) and not math.isfinite(value):
            self.wrong("not-a-number", where=where, value=value, advice="Maybe leave it out.")
        self._within(value, where, most.SECONDS)
        return float(value)

    def integer(self, value: Any, where: str) -> int:
        """Return a whole number of any size."""
        if isinstance(value, bool) or not isinstance(value, int):
            self.wrong("wrong-type", where=where, value=value, advice="Maybe a whole number is meant.")
        return value

    def whole(self, value: Any, where: str) -> int:
        """Return a whole number that can be counted with."""
        self._within(self.integer(value, where), where, most.WHOLE)
        return int(value)

    def identity(self, value: Any, where: str) -> int:
        """Return a whole number that only tells apart."""
        self._within(self.integer(value, where), where, most.ID)
        return int(value)

    def _within(self, value: float, where: str, limit: int) -> None:
        if not -limit <= value <= limit:
            sign = "-" if value < 0 else ""
            advice = f"Maybe fewer zeros: {sign}{limit} is the {'least' if sign else 'most'}."
            self.wrong("out-of-range", where=where, value=value, advice=advice)

    def word(self, kind: Any) -> Reader:
        """Return a reader of the words of an enum."""

        def read(value: Any, where: str) -> Any:
            words = [str(one) for one in kind]
            if value not in words:
                self.wrong("unknown-word", where=where, value=value, advice=near(str(value), known=words))
            return kind(value)

        return read

    def length(self, value: Any, where: str) -> float:
        """Return a length of time in seconds: a number of them, or a text."""
        found = self.signed(value, where)
        if found < 0:
            self.wrong("negative-time", where=where, value=value, advice="Maybe drop the minus.")
        return found

    def signed(self, value: Any, where: str) -> float:
        """Return a length of time that may be negative."""
        if not isinstance(value, str):
            return self.number(value, where)
        try:
            found = parse_length(value)
        except (ValueError, OverflowError):
            self.wrong("bad-time", where=where, value=value, advice=_LENGTHS)
        return self.number(found, where)

    def instant(self, value: Any, where: str) -> datetime:
        """Return an instant by the clock of the file."""
        try:
            return self.clock.instant(self.text(value, where))
        except (ValueError, OverflowError) as error:
            self.wrong("bad-time", where=where, value=value, advice=_advice(error, "such as 09:30 or 2026-03-02 09:30"))

    def hours(self, value: Any, where: str) -> tuple[Span, ...]:
        """Return stretches of time: one text, or a list of them."""
        if not isinstance(value, str):
            return tuple(span for part in self.many(self.hours)(value, where) for span in part)
        try:
            return tuple(self.clock.spans(value))
        except ReversedError as error:
            self.wrong("span-reversed", where=where, value=value, advice=str(error))
        except (ValueError, OverflowError) as error:
            self.wrong(
                "bad-hours",
                where=where,
                value=value,
                advice=_advice(error, "such as 09:00-17:00 or mon-fri 09:00-17:00"),
            )

    def instants(self, value: Any, where: str) -> NDArray[np.int64]:
        """Return instants as microseconds since 1970; a number is seconds after the start."""
        from troth.core.spans import to_micros

        begins = to_micros(self.clock.span.start)

        def read(one: Any, place: str) -> int:
            if isinstance(one, str):
                return to_micros(self.instant(one, place))
            return begins + round(self.number(one, place) * 1e6)

        return np.array(self.many(read)(value, where), dtype=np.int64)

    # Distributions ----------------------------------------------------------------------------------------------------

    def times(self, value: Any, where: str) -> Times:
        """Return a distribution of lengths of time: one length, or an object that names its shape."""
        return self._times(value, where, self.length)

    def lateness(self, value: Any, where: str) -> Times:
        """Return a distribution of lengths of time that may be negative."""
        return self._times(value, where, self.signed)

    def _times(self, value: Any, where: str, length: Reader) -> Times:
        if not isinstance(value, Mapping):
            return Times.constant(length(value, where))
        shapes = [name for name in SHAPES if name in value]
        if len(shapes) != 1:
            unknown = next((str(key) for key in value if key not in SHAPES), "")
            advice = near(unknown, known=SHAPES) if not shapes else f"Maybe only one of {', '.join(shapes)}."
            self.wrong("times", where=where, value=value, advice=advice)
        (shape,), more = shapes, SHAPES[shapes[0]]
        tables = shape in {"seen", "quantiles"}
        fields: dict[str, Reader] = {shape: self.many(length) if tables else self.length}
        fields |= {more: self.number} if more else {}
        told = len(self.issues)
        found = self.row(value, where=where, fields=fields, needs=fields)
        if more and found.get(more, 1.0) <= 0:
            self.tell("out-of-range", where=f"{where}.{more}", value=found[more], advice="Maybe 1: it must be above 0.")
        if tables and not found.get(shape, [0]):
            self.tell("no-times", where=f"{where}.{shape}", value="[]", advice="Maybe leave it out.")
        if len(self.issues) > told:
            raise FaultError
        return _made(shape, found[shape], found.get(more) if more else None)


def _made(shape: str, first: Any, more: float | None) -> Times:
    if shape == "quantiles":
        return Times(np.array(first, dtype=np.float64))
    if shape == "seen":
        return Times.seen(np.array(first, dtype=np.float64))
    if shape == "lognormal":
        return Times.lognormal(first, spread=more or 1.0)
    return Times.gamma(first, shape=more or 1.0) if shape == "gamma" else Times.exponential(first)


def _advice(error: Exception, usual: str) -> str:
    return f"Maybe {error}." if str(error).startswith("such as") else f"Maybe {usual}."
