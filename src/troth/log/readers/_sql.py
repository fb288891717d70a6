"""Compiles a mapping into DuckDB expressions. Names and texts of the input only ever appear quoted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from troth.log.readers._mapping import UNITS, Column, Constant, Field, Join, Mapped, Time, When


def text(value: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + value.replace("'", "''").replace("\0", "") + "'"


@dataclass(frozen=True, slots=True)
class Compiler:
    """Turns the parts of a mapping into SQL.

    Parameters
    ----------
    column : gives the SQL of a column by its name in the file.
    time : gives the SQL of the instant of a `Time`.
    decimal : the decimal mark of numbers.
    """

    column: Callable[[str], str]
    time: Callable[[Time], str]
    decimal: str = "."

    def known(self, column: str, nulls: Sequence[str] = ()) -> str:
        """Return a column's text, with the words that mean nothing made null."""
        sql = self.column(column)
        words = [text(n) for n in nulls if n]
        return f"CASE WHEN {sql} NOT IN ({', '.join(words)}) THEN {sql} END" if words else sql

    def field(self, item: Field) -> str:
        """Return the text a field has."""
        match item:
            case Constant():
                return text(item.text)
            case Join():
                between = f" || {text(item.between)} || " if item.between else " || "
                return "(" + between.join(self.field(part) for part in item.parts) + ")"
            case Time():
                return f"strftime({self.time(item)} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')"
            case Column():
                return self._column(item)

    def _column(self, item: Column) -> str:
        sql = self.known(item.name, item.nulls)
        if item.map is None:
            return sql
        blank = item.map.get("")
        cases = [f"WHEN {sql} IS NULL THEN {_or_null(blank)}"]
        cases += [f"WHEN {sql} = {text(k)} THEN {_or_null(v)}" for k, v in item.map.items() if k]
        other = sql if item.keep_other else _or_null(item.other)
        return f"CASE {' '.join(cases)} ELSE {other} END"

    def unmapped(self, item: Field) -> str | None:
        """Return the condition that a value has no translation and should have one; None if that cannot be."""
        if not isinstance(item, Column) or item.map is None or not item.strict:
            return None
        sql = self.known(item.name, item.nulls)
        words = [text(k) for k in item.map if k] or ["''"]
        return f"{sql} IS NOT NULL AND {sql} NOT IN ({', '.join(words)})"

    def number(self, sql: str, kind: str = "DOUBLE") -> str:
        """Return a text as a number, null if it is none."""
        if self.decimal == ",":
            sql = f"replace(replace({sql}, '.', ''), ',', '.')"
        return f"try_cast({sql} AS {kind})"

    def when(self, test: When) -> str:
        """Return the condition, never null."""
        sql = self.column(test.column)
        words = ", ".join(text(v) for v in test.values)
        match test.op:
            case "is":
                return f"coalesce({sql}, '') IN ({words})"
            case "not":
                return f"coalesce({sql}, '') NOT IN ({words})"
            case "present":
                return f"{sql} IS {'NOT ' if test.values == ('true',) else ''}NULL"
            case op:
                sign = ">" if op == "above" else "<"
                return f"coalesce({self.number(sql)} {sign} {float(test.values[0])!r}, false)"

    def all(self, tests: Sequence[When]) -> str:
        """Return the condition that all tests hold."""
        return " AND ".join(f"({self.when(t)})" for t in tests) or "true"


def _or_null(word: str | None) -> str:
    return "NULL" if word is None else text(word)


def clock_text(time: Time, compiler: Compiler) -> str:
    """Return the text of a time, date and clock put together."""
    date = compiler.known(time.column, time.nulls)
    return date if time.clock is None else f"({date} || ' ' || {compiler.known(time.clock, time.nulls)})"


def local(sql: str, time: Time) -> str:
    """Return the clock time a text without an offset says, null if it has none of the allowed forms."""
    tries: list[str] = []
    plain = [f.replace("%-", "%").replace("%z", "").strip() for f in time.formats if "%" in f]
    for form in time.formats:
        if form == "iso":
            tries.append(
                f"CASE WHEN {sql} < ':' AND {sql} >= '0' THEN try_cast(replace({sql}, ',', '.') AS TIMESTAMP) END"
            )
        elif form in {"unix_s", "unix_ms"}:
            scale = 1_000_000 if form == "unix_s" else 1_000
            tries.append(f"make_timestamp(try_cast(round(try_cast({sql} AS DOUBLE) * {scale}) AS BIGINT))")
    if plain:
        tries.append(f"try_strptime({sql}, [{', '.join(text(f) for f in plain)}])")
    return tries[0] if len(tries) == 1 else f"coalesce({', '.join(tries)})"


def moved(mapped: Mapped) -> str:
    """Return the SQL that adds the mapping's shift to a clock time."""
    parts = [f"to_{unit}({int(count)})" for unit, count in mapped.shift.items() if count]
    return "".join(f" + {part}" for part in parts)


def duration(time: Time, compiler: Compiler) -> str:
    """Return the microseconds a `plus` column says."""
    assert time.plus is not None
    return f"CAST(round({compiler.number(compiler.known(time.plus, time.nulls))} * {UNITS[time.unit]}) AS BIGINT)"
