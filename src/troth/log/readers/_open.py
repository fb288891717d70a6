"""Opening files that may be packed, and lines of them that stay whole when the packing is broken."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.log.schema import DRAFTS, REJECTS

#: A single line longer than this is no record but a broken quote or another format.
LINE_LIMIT = 4 * 1024 * 1024
_BLOCK = 1024 * 1024
_BROKEN = (EOFError, zlib.error, zipfile.BadZipFile, OSError)
_SKIPPED = ("__MACOSX/", ".")


def reject_table(rows: list[dict[str, Any]]) -> pa.Table:
    """Return rejects as a table; a key that is missing becomes null."""
    return pa.Table.from_pylist(rows, schema=REJECTS)


def draft_table(rows: list[dict[str, Any]], file: str, numbers: list[int]) -> pa.Table:
    """Return events as drafts of a file, with their row numbers; a key that is missing becomes null."""
    table = pa.Table.from_pylist(rows, schema=DRAFTS)
    table = table.set_column(len(DRAFTS) - 2, DRAFTS.field("_file"), [pa.repeat(pa.scalar(file), len(rows))])
    return table.set_column(len(DRAFTS) - 1, DRAFTS.field("_row"), [pa.array(numbers, pa.int64())])


def zone_of(name: str | None) -> ZoneInfo | None:
    """Return the time zone of a name, or None without one; `InputError` if there is no such zone."""
    try:
        return None if name is None else ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        advice = "Maybe write it as in Europe/Lisbon."
        issue = Issue("unknown-time-zone", Severity.ERROR, "time_zone", str(name), advice)
        raise InputError([issue]) from error


def unusable(code: str, path: Path, advice: str, value: str = "") -> InputError:
    """Return the error for a file of which nothing can be used."""
    return InputError([Issue(code, Severity.ERROR, path.name, value, advice)])


@dataclass(slots=True)
class Opened:
    """One readable part of a file: the file itself, or a member of an archive.

    Reading never fails: a broken packing ends the stream early and is told in `issues`.
    """

    name: str
    stream: IO[bytes]
    raw: IO[bytes]
    size: int
    issues: list[Issue] = field(default_factory=list)

    @property
    def done(self) -> float:
        """Share of the packed file that has been read."""
        return min(1.0, self.raw.tell() / self.size) if self.size else 1.0

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes; fewer at the end, or where the packing breaks."""
        if self.issues:
            return b""
        wanted = size if size >= 0 else 1 << 62
        pieces: list[bytes] = []
        while wanted > 0:
            try:
                piece = self.stream.read1(min(wanted, _BLOCK))  # type: ignore[attr-defined]
            except _BROKEN as error:
                # Nothing is asked of the stream after this: what it says then would be wrong.
                if not self.issues:
                    advice = "Maybe the file was cut on its way; fetch it again. What came before the break was used."
                    self.issues.append(Issue("truncated-file", Severity.ERROR, self.name, str(error), advice))
                break
            if not piece:
                break
            pieces.append(piece)
            wanted -= len(piece)
        return b"".join(pieces)


def head_of(part: Opened, size: int) -> bytes:
    """Return the first bytes of a part; `InputError` if there are none but blanks."""
    head = part.read(size)
    if not head.strip():
        if part.issues:
            raise InputError(part.issues)
        raise unusable("empty-file", Path(part.name), "Maybe the export failed; write the file again.")
    return head


def parts(path: Path) -> Iterator[Opened]:
    """Yield the readable parts of a file: itself, unpacked if it is gzip, or each member of a zip archive.

    What it is goes by its first bytes, not by its name.

    Raises
    ------
    InputError
        If it cannot be opened, is empty, or is an archive without a readable member.
    """
    try:
        size = path.stat().st_size
        raw = path.open("rb")
    except OSError as error:
        raise unusable("no-file", path, "Maybe the path is wrong or the rights are missing.", str(error)) from error
    with raw:
        magic = raw.read(4)
        raw.seek(0)
        if not magic:
            raise unusable("empty-file", path, "Maybe the export failed; write the file again.")
        if magic[:2] == b"\x1f\x8b":
            yield Opened(path.name, io.BufferedReader(_Gunzip(raw), _BLOCK), raw, size)
        elif magic == b"PK\x03\x04":
            yield from _members(path, raw, size)
        else:
            yield Opened(path.name, raw, raw, size)


class _Gunzip(io.RawIOBase):
    """Unpacks gzip, members in a row included, and gives all there is before a cut, as `gzip` does not."""

    def __init__(self, packed: IO[bytes]) -> None:
        self._packed = packed
        self._unpack = zlib.decompressobj(31)
        self._waiting = b""

    def readable(self) -> bool:
        """Tell that this is for reading."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer with the next bytes; 0 at the end."""
        while True:
            if self._unpack.eof:
                self._waiting = self._unpack.unused_data.lstrip(b"\0") or self._packed.read(_BLOCK).lstrip(b"\0")
                if not self._waiting:
                    return 0
                self._unpack = zlib.decompressobj(31)
            packed = self._waiting or self._packed.read(64 * 1024)
            plain = self._unpack.decompress(packed, len(buffer))
            self._waiting = self._unpack.unconsumed_tail
            if plain:
                buffer[: len(plain)] = plain
                return len(plain)
            if not packed and not self._unpack.eof:
                raise EOFError("the gzip ends in the middle")


def _members(path: Path, raw: IO[bytes], size: int) -> Iterator[Opened]:
    try:
        archive = zipfile.ZipFile(raw)
    except zipfile.BadZipFile as error:
        raise unusable(
            "truncated-file", path, "Maybe the file was cut on its way; fetch it again.", str(error)
        ) from error
    with archive:
        infos = [i for i in archive.infolist() if not i.is_dir() and not i.filename.startswith(_SKIPPED)]
        if not infos:
            raise unusable("empty-file", path, "Maybe the archive was packed without its files.")
        for info in sorted(infos, key=lambda i: i.filename):
            name = path.name if len(infos) == 1 else f"{path.name}/{info.filename}"
            try:
                stream = archive.open(info)
            except (RuntimeError, NotImplementedError) as error:
                advice = "Maybe the archive has a password or a rare packing; unpack it first."
                raise unusable("no-file", path, advice, str(error)) from error
            with stream:
                yield Opened(name, stream, raw, size)


class Lines(io.RawIOBase):
    """A part as a stream of whole lines.

    A line longer than `LINE_LIMIT` is left out and its number remembered in `too_long`; the piece of a line
    before a broken packing is left out, because nobody can tell how it went on.
    """

    def __init__(self, part: Opened, head: bytes = b"") -> None:
        self.part = part
        self.too_long: list[int] = []
        self._held = head
        self._ready = b""
        self._line = 1
        self._skipping = False

    def readable(self) -> bool:
        """Tell that this is for reading."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer with the next bytes; 0 at the end."""
        while not self._ready:
            if not self._advance():
                return 0
        piece = self._ready[: len(buffer)]
        self._ready = self._ready[len(piece) :]
        buffer[: len(piece)] = piece
        return len(piece)

    def _advance(self) -> bool:
        piece = self.part.read(_BLOCK)
        if not piece:
            whole = 0 if self._skipping else len(self._held)
            end = self._held.rfind(b"\n") + 1 if self.part.issues else whole
            self._ready, self._held = self._held[:end], b""
            return bool(self._ready)
        if self._skipping:
            piece = self._after_long(piece)
        data = self._held + piece
        cut = data.rfind(b"\n") + 1
        self._ready, self._held = data[:cut], data[cut:]
        self._line += self._ready.count(b"\n")
        if len(self._held) > LINE_LIMIT:
            self.too_long.append(self._line)
            self._held, self._skipping = b"", True
        return True

    def _after_long(self, piece: bytes) -> bytes:
        end = piece.find(b"\n") + 1
        if not end:
            return b""
        self._skipping = False
        self._line += 1
        return piece[end:]
