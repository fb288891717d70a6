"""Opens a text file, plain or packed, as a stream of UTF-8 bytes that never raises on damage but reports it."""

from __future__ import annotations

import codecs
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

CHUNK: Final = 1 << 20

#: First bytes of other formats, what they are and which source reads them.
_MAGIC: Final = (
    (b"%PDF", "a PDF", ""),
    (b"PAR1", "a Parquet file", "parquet"),
    (b"SQLite format 3\x00", "an SQLite database", "ocel"),
    (b"\x89PNG", "a picture", ""),
    (b"\xff\xd8\xff", "a picture", ""),
    (b"\xd0\xcf\x11\xe0", "an old Excel (.xls) workbook", ""),
    (b"7z\xbc\xaf", "a 7z archive", ""),
    (b"Rar!", "a RAR archive", ""),
    (b"BZh", "a bzip2 file", ""),
    (b"\xfd7zXZ", "an xz file", ""),
    (b"\x28\xb5\x2f\xfd", "a zstd file", ""),
)


def error(code: str, where: str, advice: str, value: str = "") -> InputError:
    """Return the `InputError` with one issue."""
    return InputError([Issue(code, Severity.ERROR, where, value[:200], advice)])


class Member:
    """One text inside a file: `read` gives plain bytes until b"", `damage` then says what cut it short.

    Parameters
    ----------
    name : file name, with the member's name after a slash for an archive of several.
    read : returns at most so many bytes; b"" at the end.
    done : share of the packed file that was read.
    """

    def __init__(self, name: str, read: Callable[[int], bytes], done: Callable[[], float]) -> None:
        self.name = name
        self.damage = ""
        self.done = done
        self._read = read

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes; b"" at the end or where the file is damaged."""
        if self.damage:
            return b""
        try:
            return self._read(size)
        except (EOFError, zlib.error, zipfile.BadZipFile, OSError) as problem:
            self.damage = str(problem) or type(problem).__name__
            return b""


def members(path: Path) -> Iterator[Member]:
    """Yield the texts in a file: the file itself, what a gzip holds, or each data file of a zip."""
    try:
        size = path.stat().st_size
        stream = path.open("rb")
    except OSError as problem:
        raise error("no-file", str(path), "Maybe the path is misspelt or may not be read.", str(problem)) from problem
    with stream:
        head = stream.read(8)
        stream.seek(0)
        if not head:
            raise error("empty-file", path.name, "Maybe the export was cut off before it began; make it again.")

        def done() -> float:
            return min(1.0, stream.tell() / size) if not stream.closed else 1.0

        if head[:2] == b"\x1f\x8b":
            yield Member(path.name, _gzip(stream), done)
        elif head[:4] == b"PK\x03\x04":
            yield from _zip(path, stream, done)
        else:
            yield Member(path.name, stream.read, done)


def _gzip(stream: BinaryIO) -> Callable[[int], bytes]:
    """Unpack by hand: `gzip.GzipFile` loses what came just before a cut."""
    unpack = zlib.decompressobj(31)
    waiting = b""

    def read(size: int) -> bytes:
        nonlocal unpack, waiting
        while True:
            if unpack.eof:
                waiting = unpack.unused_data or stream.read(CHUNK)
                if not waiting.strip(b"\0"):
                    return b""
                unpack = zlib.decompressobj(31)
            packed = waiting or unpack.unconsumed_tail or stream.read(CHUNK)
            waiting = b""
            plain = unpack.decompress(packed, size)
            if plain:
                return plain
            if not packed and not unpack.eof:
                raise EOFError("the gzip ends in the middle")

    return read


def _zip(path: Path, stream: BinaryIO, done: Callable[[], float]) -> Iterator[Member]:
    try:
        archive = zipfile.ZipFile(stream)
    except zipfile.BadZipFile as problem:
        advice = "Maybe the zip was cut off while it was copied; copy it again."
        raise error("truncated-file", path.name, advice, str(problem)) from problem
    names = archive.namelist()
    if "[Content_Types].xml" in names:
        raise error("other-format", path.name, "Maybe this is an Excel workbook: use the source `excel`.")
    data = [n for n in sorted(names) if _is_data(n)]
    if not data:
        raise error(
            "other-format", path.name, "Maybe the zip holds no text table (.csv, .tsv, .txt).", ", ".join(names)
        )
    for name in data:
        shown = path.name if len(data) == 1 else f"{path.name}/{name}"
        try:
            inner = archive.open(name)
        except (RuntimeError, zipfile.BadZipFile, NotImplementedError) as problem:
            advice = "Maybe the zip has a password or is damaged; unpack it by hand first."
            raise error("damaged-file", shown, advice, str(problem)) from problem
        with inner:
            yield Member(shown, inner.read, done)


def _is_data(name: str) -> bool:
    if name.endswith("/") or name.startswith("__MACOSX/") or Path(name).name.startswith("."):
        return False
    return Path(name).suffix.lower() in {".csv", ".tsv", ".txt", ".tab", ".dat", ""}


def not_a_table(text: Text) -> InputError | None:
    """Return why a text is no table, or None if it may be one."""
    name = text.member.name
    if not text.head.strip():
        damage = text.member.damage
        if damage:
            return error("truncated-file", name, "Maybe the file was cut off while it was copied.", damage)
        return error("empty-file", name, "Maybe the export was cut off before it began; make it again.")
    return other_format(text.start, name) or other_format(text.head[:4096], name)


def other_format(head: bytes, name: str) -> InputError | None:
    """Return why these first bytes are not a text table, or None if they may be one."""
    for magic, what, source in _MAGIC:
        if head.startswith(magic):
            use = f"use the source `{source}`" if source else "export it as CSV"
            return error("other-format", name, f"Maybe this is {what}: {use}.")
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:4000].lower()
    if text.startswith((b"<!doctype html", b"<html")):
        advice = "Maybe the server answered with a web page (a log-in form?) instead of the export."
        return error("other-format", name, advice)
    if text.startswith(b"<"):
        source = "ocel" if b"<ocel" in text or b"object-type" in text else "xes"
        return error("other-format", name, f"Maybe this is XML: use the source `{source}`.")
    if text.startswith((b"{", b"[{")):
        return error("other-format", name, "Maybe this is JSON: use the source `ocel` if it is an OCEL log.")
    controls = sum(head.count(bytes([b])) for b in range(1, 32) if b not in {9, 10, 12, 13, 26})
    if head and controls > len(head) * 0.1:
        return error("other-format", name, "Maybe this is a binary file: export it as CSV, Parquet or Excel.")
    return None


def _latin(problem: UnicodeError) -> tuple[str, int]:
    """Decode the bytes that are not UTF-8 as Windows-1252, so that a mixed file loses nothing."""
    assert isinstance(problem, UnicodeDecodeError)
    return problem.object[problem.start : problem.end].decode("cp1252", "replace"), problem.end


codecs.register_error("troth-cp1252", _latin)


def to_utf8(data: bytes) -> tuple[bytes, bool]:
    """Return the text as valid UTF-8, and whether any byte of it had to be taken as Windows-1252."""
    if data.isascii():
        return data, False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("utf-8", "troth-cp1252").encode("utf-8"), True
    return data, False


class Text:
    """A member as UTF-8-like bytes: byte order marks and NULs removed, UTF-16 decoded, old line ends changed.

    Bytes that are not UTF-8 stay as they are here; `to_utf8` mends them a piece at a time.
    """

    def __init__(self, member: Member) -> None:
        self.member = member
        self.nuls = 0
        self.encoding = ""
        self._decoder: codecs.IncrementalDecoder | None = None
        self.head = self._fill(1 << 16)
        self.start = self.head[:4096]
        self._start()

    def _fill(self, size: int) -> bytes:
        parts = io.BytesIO()
        while parts.tell() < size and (part := self.member.read(size - parts.tell())):
            parts.write(part)
        return parts.getvalue()

    def _start(self) -> None:
        head = self.head
        even, odd = head[0::2].count(0), head[1::2].count(0)
        if head.startswith((b"\xff\xfe", b"\xfe\xff")):
            self.encoding = "utf-16"
        elif len(head) > 3 and max(even, odd) > len(head) * 0.2 and min(even, odd) < len(head) * 0.05:
            self.encoding = "utf-16-le" if odd > even else "utf-16-be"
        if self.encoding:
            self._decoder = codecs.getincrementaldecoder(self.encoding)("replace")
        elif head.startswith(b"\xef\xbb\xbf"):
            self.head = head[3:]
        self._returns = False
        self.head = self._clean(self.head)
        self._returns = b"\n" not in self.head and b"\r" in self.head
        if self._returns:
            self.head = self.head.replace(b"\r", b"\n")

    def _clean(self, data: bytes) -> bytes:
        if self._decoder is not None:
            data = self._decoder.decode(data).encode("utf-8", "replace")
        if 0 in data:
            self.nuls += data.count(0)
            data = data.replace(b"\0", b"")
        return data.replace(b"\r", b"\n") if self._returns else data

    def read(self, size: int) -> bytes:
        """Return about `size` bytes; b"" only at the end."""
        if self.head:
            data, self.head = self.head, b""
            return data
        while raw := self.member.read(min(size, CHUNK)):
            if data := self._clean(raw):
                return data
        return b""
