"""Cuts a delimited text into pieces of whole records, whatever is wrong with it, in bounded memory.

A record is what a spreadsheet shows as a row. A quoted field may hold line ends, but a quote that never
closes must not swallow the file: only its own line is given up. Pieces have a fixed size, so a file always
splits alike.
"""

from __future__ import annotations

import csv as _csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from troth.core.decision import Issue, Severity
from troth.log.readers._arrays import table_of
from troth.log.readers._streams import CHUNK, Text, error, to_utf8

#: A longer record is given up; so much of any record is held in memory at once.
RECORD: Final = 16 << 20
#: A quoted field with line ends in it may be this long.
QUOTED: Final = 1 << 20
#: So much of a record that was given up is kept.
KEPT: Final = 1000
DELIMITERS: Final = ",;\t|"

_LONG = "Maybe a quote or line end is missing there, or the file is not a text table."
_OPEN = 'Maybe a quotation mark (") was opened there and never closed; double it ("") if it belongs to the text.'
_CUT = "Maybe the file was cut off while it was written or copied; the row may be incomplete. Copy the file again."

Positions = npt.NDArray[np.int64]


class Bad(NamedTuple):
    """A record that was given up: its code, its text and what may mend it."""

    code: str
    raw: str
    advice: str


@dataclass(slots=True)
class Piece:
    """Whole records of a file, one after another.

    Parameters
    ----------
    data : their text in UTF-8, each record ending in a line end.
    first : row number of the first record; the header is row 1.
    ends : where the line end of each record is.
    bad : records given up, by their place in the piece; an empty line stands in `data` for each.
    """

    data: bytes
    first: int
    ends: Positions
    bad: dict[int, Bad] = field(default_factory=dict)

    @property
    def inner(self) -> bool:
        """Tell whether a quoted field holds a line end."""
        return self.data.count(b"\n") > len(self.ends)

    def raw(self, place: int) -> str:
        """Return the text of a record."""
        if place in self.bad:
            return self.bad[place].raw
        start = int(self.ends[place - 1]) + 1 if place else 0
        return self.data[start : int(self.ends[place])].rstrip(b"\r").decode("utf-8", "replace")

    def blank(self) -> Positions:
        """Return the places of empty lines, those standing for records given up included."""
        starts = np.concatenate(([0], self.ends[:-1] + 1))
        length = self.ends - starts
        array = np.frombuffer(self.data, np.uint8)
        lone = (length == 1) & (array[np.minimum(starts, len(array) - 1)] == 13)
        return np.flatnonzero((length == 0) | lone)


def record_ends(data: bytes, delimiter: bytes, *, final: bool) -> tuple[Positions, list[int]]:
    """Find where each record ends, and which of them are lines whose quote never closes.

    Parameters
    ----------
    data : text that begins at the start of a record.
    final : whether nothing follows; otherwise an open record at the end is left out.

    Returns
    -------
    positions of the line ends that end a record, and the places of the broken ones among them.
    """
    array = np.frombuffer(data, np.uint8)
    lines = np.flatnonzero(array == 10)
    quotes = np.flatnonzero(array == 34) if b'"' in data else lines[:0]
    if not len(quotes):
        return lines, []
    fits = _fits(array, quotes, ord(delimiter))
    if fits.all() and (not final or len(quotes) % 2 == 0):
        opens, closes = quotes[: len(quotes) // 2 * 2 : 2], quotes[1::2]
        tail = len(data) - int(quotes[-1]) if len(quotes) % 2 else 0
        if tail <= QUOTED and (not len(closes) or int((closes - opens).max()) <= QUOTED):
            outside = np.searchsorted(quotes, lines) % 2 == 0
            return lines[outside], []
    return _slowly(data, delimiter, lines, quotes, final=final)


def _fits(array: npt.NDArray[np.uint8], quotes: Positions, delimiter: int) -> npt.NDArray[np.bool_]:
    """Tell of each quote whether it stands where an opening (even) or closing (odd) one may."""
    edge = table_of(delimiter, 10, 13, 34)
    opening = edge[array[np.maximum(quotes - 1, 0)]] | (quotes == 0)
    closing = edge[array[np.minimum(quotes + 1, len(array) - 1)]] | (quotes == len(array) - 1)
    even = np.arange(len(quotes)) % 2 == 0
    fits: npt.NDArray[np.bool_] = np.where(even, opening, closing)
    return fits


def _slowly(
    data: bytes, delimiter: bytes, lines: Positions, quotes: Positions, *, final: bool
) -> tuple[Positions, list[int]]:
    """Do the same where quotes stand oddly: look closely at each line whose quotes do not pair up by themselves."""
    array = np.frombuffer(data, np.uint8)
    starts = np.concatenate(([0], lines + 1))
    line_of = np.searchsorted(lines, quotes)
    first = np.searchsorted(line_of, np.arange(len(starts)))
    ordinal = np.arange(len(quotes)) - first[line_of]
    edge = table_of(ord(delimiter), 10, 13, 34)
    before, after = edge[array[np.maximum(quotes - 1, 0)]], edge[array[np.minimum(quotes + 1, len(array) - 1)]]
    fits = np.where(ordinal % 2 == 0, before | (quotes == starts[line_of]), after)
    odd = np.bincount(line_of, minlength=len(starts)) % 2 == 1
    odd[line_of[~fits]] = True
    keep = np.ones(len(lines), bool)
    broken: list[int] = []
    resume, cut = 0, len(lines)
    for line in np.flatnonzero(odd).tolist():
        if line < resume or line >= len(lines):
            continue
        end = _record_end(data, int(starts[line]), delimiter)
        if end is None:
            broken.append(line)
        elif end < 0:
            if not final:
                cut = line
                break
            broken.append(line)
        else:
            last = int(np.searchsorted(lines, end))
            keep[line:last] = False
            resume = last + 1
    keep[cut:] = False
    place = np.cumsum(keep) - 1
    return lines[keep], [int(place[line]) for line in broken]


def _record_end(data: bytes, start: int, delimiter: bytes) -> int | None:
    """Return where the record from `start` ends; None if a quote stays open, -1 if the data ends before that is known."""
    at, size = start, len(data)
    while True:
        if at < size and data[at] == 34:
            closed = _closing(data, at + 1)
            if closed < 0:
                return None if size - at > QUOTED else -1
            if closed + 1 >= size:
                return -1
            spans = data.find(b"\n", at, closed) >= 0
            if spans and (data[closed + 1 : closed + 2] not in {delimiter, b"\r", b"\n"} or closed - at > QUOTED):
                return None
            at = closed + 1
        line = data.find(b"\n", at)
        comma = data.find(delimiter, at, line if line >= 0 else size)
        if comma < 0:
            return line
        at = comma + 1


def _closing(data: bytes, at: int) -> int:
    """Return where the quote that was opened before `at` closes; -1 if it does not."""
    while True:
        found = data.find(b'"', at, at + QUOTED)
        if found < 0 or data[found + 1 : found + 2] != b'"':
            return found
        at = found + 2


def delimiter_of(head: bytes) -> str:
    """Return the delimiter that the first lines agree on best; a comma if there is none."""
    lines = [line for line in head.decode("utf-8", "replace").splitlines()[:20] if line.strip()]
    if len(lines) > 1:
        lines = lines[:-1] if len(head) >= 1 << 16 else lines
    best, best_score = ",", (0.0, 0)
    for candidate in DELIMITERS:
        rows = list(_csv.reader(lines[:10], delimiter=candidate))
        width = len(rows[0]) if rows else 0
        agree = sum(len(row) == width for row in rows) / max(len(rows), 1)
        if width > 1 and (agree, width) > best_score:
            best, best_score = candidate, (agree, width)
    return best


def fields_of(record: str, delimiter: str) -> list[str]:
    """Return the fields of one record."""
    row = next(_csv.reader(io.StringIO(record, newline=""), delimiter=delimiter), [])
    return [name.strip() for name in row]


class Pieces:
    """The records of a text after its header, a piece at a time.

    Parameters
    ----------
    text : the text.
    delimiter : what stands between fields.
    size : about how many bytes a piece has.
    """

    def __init__(self, text: Text, *, delimiter: str, size: int) -> None:
        self.text = text
        self.delimiter = delimiter.encode()
        self.size = max(size, 256)
        self.foreign_bytes = 0
        self._waiting = b""
        self._over = False
        self._row = 1
        self.header = self._header()

    def _fill(self, size: int) -> None:
        parts = [self._waiting]
        held = len(self._waiting)
        while held < size and not self._over:
            part = self.text.read(min(CHUNK, size - held))
            self._over = not part
            parts.append(part)
            held += len(part)
        self._waiting = b"".join(parts)

    def _header(self) -> list[str]:
        size = 1 << 16
        while True:
            self._fill(size)
            skipped = len(self._waiting) - len(self._waiting.lstrip(b"\r\n"))
            self._row += self._waiting[:skipped].count(b"\n")
            self._waiting = self._waiting[skipped:]
            window = self._waiting[:size]
            ends, _ = record_ends(window, self.delimiter, final=self._over)
            if len(ends) or (self._over and len(self._waiting) <= size):
                break
            if size >= RECORD:
                raise error(
                    "row-too-long",
                    f"{self.text.member.name}, row {self._row}",
                    _LONG,
                    window[:80].decode("utf-8", "replace"),
                )
            size *= 4
        end = int(ends[0]) if len(ends) else len(self._waiting)
        record, self._waiting = self._waiting[:end], self._waiting[end + 1 :]
        self._row += 1
        names = fields_of(to_utf8(record)[0].decode("utf-8").rstrip("\r"), self.delimiter.decode())
        if not any(names):
            raise error("empty-file", self.text.member.name, "Maybe the export has no rows; make it again.")
        return names

    def __iter__(self) -> Iterator[Piece]:
        size = self.size
        while True:
            self._fill(size)
            window = self._waiting[:size]
            final = self._over and len(self._waiting) <= size
            if not window:
                return
            if final and not window.endswith(b"\n"):
                cut_short = bool(self.text.member.damage)
                window += b"\n"
            else:
                cut_short = False
            ends, broken = record_ends(window, self.delimiter, final=final)
            if not len(ends):
                if size < RECORD:
                    size = min(size * 4, RECORD)
                    continue
                yield self._too_long(window)
            else:
                end = int(ends[-1]) + 1
                self._waiting = self._waiting[end:]
                yield self._piece(window[:end], ends, broken, cut_short=cut_short)
            size = self.size

    def _too_long(self, window: bytes) -> Piece:
        """Give up a record that is too long for memory: read on to its line end and forget it."""
        kept = window[: KEPT * 4].decode("utf-8", "replace")[:KEPT]
        rest = self._waiting
        while (end := rest.find(b"\n")) < 0 and not self._over:
            rest = self.text.read(CHUNK)
            self._over = not rest
        self._waiting = rest[end + 1 :] if end >= 0 else b""
        piece = Piece(b"\n", self._row, np.zeros(1, np.int64), {0: Bad("row-too-long", kept, _LONG)})
        self._row += 1
        return piece

    def _piece(self, data: bytes, ends: Positions, broken: list[int], *, cut_short: bool) -> Piece:
        starts = np.concatenate(([0], ends[:-1] + 1))
        away = dict.fromkeys(broken, ("unclosed-quote", _OPEN))
        away |= dict.fromkeys(np.flatnonzero(ends - starts > RECORD).tolist(), ("row-too-long", _LONG))
        if cut_short:
            away[len(ends) - 1] = ("truncated-file", _CUT)
        bad: dict[int, Bad] = {}
        if away:
            parts, last = [], 0
            for place in sorted(away):
                start, end = int(starts[place]), int(ends[place])
                code, advice = away[place]
                kept = to_utf8(data[start : min(end, start + KEPT * 4)])[0].decode("utf-8", "replace").rstrip("\r")
                bad[place] = Bad(code, kept[:KEPT], advice)
                parts.append(data[last:start])
                last = end
            data = b"".join([*parts, data[last:]])
            removed = np.zeros(len(ends), np.int64)
            removed[sorted(away)] = (ends - starts)[sorted(away)]
            ends = ends - np.cumsum(removed)
        clean, foreign = to_utf8(data)
        if foreign:
            self.foreign_bytes += 1
            ends = _moved(data, clean, ends)
        piece = Piece(clean, self._row, ends, bad)
        self._row += len(ends)
        return piece

    def issues(self) -> list[Issue]:
        """Return what was doubtful about the text as a whole; complete after the last piece."""
        name = self.text.member.name
        found = []
        if self.foreign_bytes:
            advice = "Maybe the file is in Windows-1252 (Western European): it was read so where it is not UTF-8."
            found.append(Issue("other-encoding", Severity.WARNING, name, "", advice))
        if self.text.nuls:
            advice = "Maybe the disk was full or the file was damaged: the NUL bytes in it were left out."
            found.append(Issue("nul-bytes", Severity.WARNING, name, "", advice, self.text.nuls))
        if self.text.member.damage:
            found.append(Issue("truncated-file", Severity.ERROR, name, self.text.member.damage, _CUT))
        return found


def _moved(data: bytes, clean: bytes, ends: Positions) -> Positions:
    """Return the record ends in the mended text: its line ends are the same ones in the same order."""
    old = np.flatnonzero(np.frombuffer(data, np.uint8) == 10)
    new = np.flatnonzero(np.frombuffer(clean, np.uint8) == 10)
    return new[np.searchsorted(old, ends)]
