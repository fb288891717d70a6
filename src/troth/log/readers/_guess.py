"""Proposes a mapping for a table from its header and a sample of its rows, and says what is doubtful about it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from troth.core.terms import ACTIVITIES, Kind
from troth.log.readers._formats import fits, forms, has_offset, swapped
from troth.log.readers._streams import Text, error, members, not_a_table
from troth.log.readers._text import Pieces, delimiter_of, fields_of
from troth.log.readers._words import (
    ACTIVITY_WORDS,
    FIELD_WORDS,
    NULL_WORDS,
    TIME_ACTIVITIES,
    TIME_WORDS,
    VALUE_ACTIVITIES,
    plain,
)

SAMPLE: Final = 5_000
_CLOCK: Final = re.compile(r"\d{1,2}:\d\d(:\d\d)?$")
_SHOWN: Final = 40


@dataclass(slots=True)
class _Sample:
    """A table's header and some of its rows, with what was found about its columns."""

    name: str
    header: list[str]
    rows: list[list[str]]
    delimiter: str = ","
    times: dict[str, list[str]] = field(default_factory=dict)
    clocks: list[str] = field(default_factory=list)
    nulls: list[str] = field(default_factory=list)

    def values(self, column: str) -> list[str]:
        place = self.header.index(column)
        return [v for row in self.rows if place < len(row) and (v := row[place].strip()) and v not in self.nulls]


def guess(path: Path) -> str:
    """Return a proposed mapping as YAML text, with comments on what is doubtful.

    Parameters
    ----------
    path : a CSV, Parquet or Excel file, plain or packed.

    Raises
    ------
    InputError
        If the file is no table, or no column of times is found in it.
    """
    sample = _sample(path)
    if {"activity", "occurred_at"} <= set(sample.header):
        return f"# {sample.name} needs no mapping: its columns are named as the event schema.\n"
    _look(sample)
    if not sample.times:
        advice = "Maybe the times are in a form that is not known; write the mapping by hand (docs/guides/mapping.md)."
        raise error("no-time-column", sample.name, advice, ", ".join(sample.header))
    text = _Proposal(sample).text()
    from troth.log.readers._mapping_yaml import parse

    parse(text, where="proposal")
    return text


def _sample(path: Path) -> _Sample:
    try:
        with path.open("rb") as stream:
            head = stream.read(8)
    except OSError as problem:
        raise error("no-file", str(path), "Maybe the path is misspelt or may not be read.", str(problem)) from problem
    if head.startswith(b"PAR1"):
        return _parquet(path)
    if head.startswith(b"PK") and path.suffix.lower() in {".xlsx", ".xlsm"}:
        return _excel(path)
    for member in members(path):
        text = Text(member)
        if (unusable := not_a_table(text)) is not None:
            raise unusable
        delimiter = delimiter_of(text.head)
        pieces = Pieces(text, delimiter=delimiter, size=1 << 20)
        records = (p.raw(i) for p in islice(pieces, 8) for i in range(len(p.ends)) if i not in p.bad)
        rows = [fields_of(r, delimiter) for r in islice((r for r in records if r.strip()), SAMPLE)]
        return _Sample(member.name, pieces.header, rows, delimiter)
    raise error("empty-file", path.name, "Maybe the archive is empty.")


def _parquet(path: Path) -> _Sample:
    import pyarrow as pa
    from pyarrow import parquet

    from troth.log.readers.parquet import plain as as_text

    part = next(parquet.ParquetFile(path).iter_batches(batch_size=SAMPLE), None)
    if part is None:
        raise error("empty-file", path.name, "Maybe the export's filter matched nothing.")
    columns = [as_text(c).cast(pa.string()).to_pylist() for c in part.columns]
    return _Sample(path.name, part.schema.names, [[v or "" for v in row] for row in zip(*columns, strict=True)])


def _excel(path: Path) -> _Sample:
    from troth.log.readers.excel import first_rows

    rows = first_rows(path, count=SAMPLE + 1)
    if not rows:
        raise error("empty-file", path.name, "Maybe the data is on another sheet.")
    return _Sample(path.name, rows[0], rows[1:])


def _look(sample: _Sample) -> None:
    """Find the words for nothing, and the columns of times with the forms they fit."""
    counted = Counter(v.strip() for row in sample.rows for v in row)
    sample.nulls = [w for w in NULL_WORDS if counted[w]]
    for column in dict.fromkeys(sample.header):
        values = list(dict.fromkeys(sample.values(column)))
        if not column or not values:
            continue
        spread = values[:: max(1, len(values) // 300)]
        if all(_CLOCK.match(v) for v in spread):
            sample.clocks.append(column)
            continue
        found = [f for f in forms(spread) if f != "%Y%m%d" or re.search(r"date|day|time", plain(column))]
        if found := [f for f in found if all(fits(v, f) for v in values)]:
            sample.times[column] = found


def _matching(columns: Iterable[str], words: Sequence[str]) -> str | None:
    """Return the column with the most telling name."""
    named = {plain(c): c for c in reversed(list(columns))}
    for word in words:
        if word in named:
            return named[word]
    return None


class _Proposal:
    """Writes the mapping, line by line."""

    def __init__(self, sample: _Sample) -> None:
        self.sample = sample
        free = [h for h in sample.header if h and h not in sample.times and h not in sample.clocks]
        self.fields: dict[str, str] = {}
        for name, words in FIELD_WORDS.items():
            if found := _matching([h for h in free if h not in self.fields.values()], words):
                self.fields[name] = found
        if "contact_id" in self.fields and plain(self.fields.get("case_id", "id")) == "id":
            self.fields.pop("case_id", None)
        activity = _matching([h for h in free if h not in self.fields.values()], ACTIVITY_WORDS)
        few = activity is not None and len(set(sample.values(activity))) <= 200
        repeated = "case_id" in self.fields and self._repeats(self.fields["case_id"])
        # A status column makes a table an event log only if a case has several rows.
        self.activity = activity if few and activity and (repeated or plain(activity) in ACTIVITY_WORDS[:8]) else None

    def _repeats(self, column: str) -> bool:
        values = self.sample.values(column)
        return len(set(values)) < 0.9 * len(values)

    def text(self) -> str:
        """Return the whole proposal."""
        sample = self.sample
        lines = [
            f"# Proposed for {sample.name} from its header and {len(sample.rows)} rows. Look it over; ??? marks doubts."
        ]
        lines.append(
            f"source: {_quoted(re.sub(r'[^0-9A-Za-z]+', '-', sample.name.split('.')[0].split('/')[-1]).strip('-').lower() or 'table')}"
        )
        if {"sys_mod_count", "incident_state"} <= set(sample.header):
            lines.insert(
                1,
                "# This looks like a ServiceNow incident log: `troth import servicenow` reads it better without a mapping.",
            )
        lines += self._zone()
        lines += self._formats()
        if sample.delimiter != ",":
            lines.append(f"delimiter: {'tab' if sample.delimiter == chr(9) else _quoted(sample.delimiter)}")
        if sample.nulls:
            lines.append(f"nulls: [{', '.join(_quoted(w) for w in sample.nulls)}]  # texts that mean nothing")
        lines += self._id()
        lines += self._each()
        lines.append("events:")
        lines += self._log() if self.activity else self._wide()
        unused = [h for h in sample.header if h and h not in "\n".join(lines)]
        if unused:
            lines.append(f"# Not used: {', '.join(_comment(h) for h in unused)}")
        return "\n".join(lines) + "\n"

    def _zone(self) -> list[str]:
        bare = [c for c in self.sample.times if not any(has_offset(v) for v in self.sample.values(c)[:50])]
        if not bare:
            return []
        return [
            "# ??? The times name no zone. Put the place's zone here, or they are taken as UTC with a warning.",
            "# time_zone: Europe/Paris",
        ]

    def _formats(self) -> list[str]:
        chosen: dict[str, None] = {}
        lines = []
        for column, found in self.sample.times.items():
            form = found[0]
            if form == "iso":
                continue
            chosen[form] = None
            if swapped(form) in found:
                lines.append(
                    f"# ??? {_comment(column)}: no day above 12 in the sample; if the month comes first, use {swapped(form)!r}."
                )
        if chosen:
            listed = ", ".join(
                _quoted(f) for f in [*chosen, *(["iso"] if any("iso" in f for f in self.sample.times.values()) else [])]
            )
            lines.append(f"times: [{listed}]")
        return lines

    def _id(self) -> list[str]:
        if self.activity:
            for column in self.sample.header:
                values = self.sample.values(column)
                name = plain(column)
                if len(values) == len(self.sample.rows) == len(set(values)) and re.search(
                    r"\b(id|instance|key|number|uuid)\b", name
                ):
                    return [f"id: [{_quoted(column)}]  # unique in the sample"]
            return [
                "# ??? No column identifies a row: rows are told apart by their content. If some do together: id: [a, b]"
            ]
        own = self.fields.get("case_id") or self.fields.get("contact_id")
        if own and not self._repeats(own) and len(self.sample.values(own)) == len(self.sample.rows):
            return [f"id: [{_quoted(own)}]"]
        return [
            "# ??? No column identifies a row: rows are told apart by their content. If some do together: id: [a, b]"
        ]

    def _each(self) -> list[str]:
        lines = []
        for name, column in self.fields.items():
            if column == self.activity:
                continue
            doubt = "  # ???" if plain(column) not in FIELD_WORDS[name][:3] else ""
            lines.append(f"  {name}: {_quoted(column)}{doubt}")
        return ["each:", *lines] if lines else []

    def _kinds_ok(self, activity: str) -> bool:
        kind = ACTIVITIES[activity].kind
        if kind is Kind.CASE:
            return "case_id" in self.fields
        if kind in {Kind.CONTACT, Kind.MESSAGE}:
            return "contact_id" in self.fields or "case_id" in self.fields
        return True

    def _log(self) -> list[str]:
        assert self.activity is not None
        time = _matching(self.sample.times, TIME_WORDS) or next(iter(self.sample.times))
        lines = [f"  - activity:\n      column: {_quoted(self.activity)}", "      map:"]
        counted = Counter(self.sample.values(self.activity))
        found = 0
        for value, count in counted.most_common(_SHOWN):
            for pattern, activity in VALUE_ACTIVITIES:
                if re.search(pattern, plain(value)) and self._kinds_ok(activity):
                    lines.append(f"        {_quoted(value)}: {activity}  # {count} in the sample")
                    found += 1
                    break
            else:
                if value in ACTIVITIES and self._kinds_ok(value):
                    lines.append(f"        {_quoted(value)}: {value}")
                    found += 1
                else:
                    lines.append(f"        # {_comment(_quoted(value))}: stepped  # {count} in the sample")
        if not found:
            lines[1] = "      map: {}"
        lines += [
            "      other: stepped  # what is not named above keeps its own name in `step`",
            f"    step: {_quoted(self.activity)}",
        ]
        lines.append(f"    at: {_quoted(time)}")
        others = [c for c in self.sample.times if c != time]
        if others:
            lines.append(f"    # ??? Other times in each row: {', '.join(map(_comment, others))}")
        return lines

    def _wide(self) -> list[str]:
        lines: list[str] = []
        contact = "contact_id" in self.fields and "case_id" not in self.fields
        given: set[str] = set()
        ordered = sorted(self.sample.times, key=lambda c: self._rank(c, contact=contact))
        for column in ordered:
            activity = self._activity(column, contact=contact)
            if activity and activity not in given and self._kinds_ok(activity):
                given.add(activity)
                lines.append(f"  - activity: {activity}")
            else:
                doubt = "" if activity is None else f", or {activity}?"
                lines.append(f"  - activity: stepped  # ??? what happened at this time{doubt}")
                lines.append(f"    name: {_quoted(column)}")
                step = self._step() if len(self.sample.times) == 1 else None
                lines.append(f"    step: {_quoted(step) if step else f'{{constant: {_quoted(column)}}}'}")
            lines.append(f"    at: {_quoted(column)}")
        hint = "is a time of day; with a date column: at: {date: COLUMN, time: "
        return lines + [f"# ??? {_comment(c)} {hint}{_comment(_quoted(c))}}}" for c in self.sample.clocks]

    def _step(self) -> str | None:
        """Return a column of few different texts that may say what happened."""
        named = [self.fields[n] for n in ("service", "channel") if n in self.fields]
        for column in [*named, *(h for h in self.sample.header if h not in self.sample.times)]:
            values = self.sample.values(column)
            if values and 1 < len(set(values)) <= max(2, len(values) // 5) and not values[0].replace(".", "").isdigit():
                return column
        return None

    def _activity(self, column: str, *, contact: bool) -> str | None:
        for pattern, for_case, for_contact in TIME_ACTIVITIES:
            if re.search(pattern, plain(column)):
                return (for_contact if contact else for_case) or None
        return None

    def _rank(self, column: str, *, contact: bool) -> int:
        order = [
            "arrived",
            "opened",
            "queued",
            "assigned",
            "message_sent",
            "answered",
            "abandoned",
            "resolved",
            "ended",
            "reopened",
            "closed",
        ]
        activity = self._activity(column, contact=contact)
        return order.index(activity) if activity in order else len(order)


def _quoted(word: str) -> str:
    """Return a word as YAML, in quotation marks where it could be read as anything else."""
    return (
        word
        if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", word)
        and word.lower() not in {"null", "yes", "no", "true", "false", "on", "off", "y", "n"}
        else json.dumps(word, ensure_ascii=False)
    )


def _comment(word: str) -> str:
    return " ".join(word.split())[:80]
