"""A lake in an S3-compatible bucket: where its files are, how they get there, and copies of those used lately here.

Data files never change once they are written, so a copy of a file is good for as long as there is room for it. DuckDB
reads the copies; only the log of commits is asked for each time. Timelines lie in the bucket as everything else.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from troth.core.decision import Issue, Severity
from troth.core.errors import BucketError, InputError

if TYPE_CHECKING:
    from deltalake import DeltaTable

#: A path object has one slash less than the address it was made of.
_ADDRESS: Final = re.compile(r"s3:/{1,2}(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?P<prefix>(/[\w.=+-]+)*)/?")
_KEYS: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
#: Files moved at a time; each waits for the network most of the while.
_AT_ONCE: Final = 8
_PIECE: Final = 8 << 20
_GIB: Final = 2**30
_ROOM_GIB: Final = 20.0
#: A copy used since stays, whatever the room: somebody may be reading it.
_IN_USE_S: Final = 3600.0
_PART: Final = ".part"


class Copy(str):
    """Path of the copy of a file of a bucket; the copy is made when somebody is about to read it, see `bring`."""

    __slots__ = ("bucket", "size")
    bucket: Bucket
    size: int


def bring(files: Iterable[str]) -> None:
    """See to it that files lie where their paths say; those of a folder do anyway."""
    far: dict[Bucket, list[Copy]] = {}
    for file in files:
        if isinstance(file, Copy):
            far.setdefault(file.bucket, []).append(file)
    for bucket, copies in far.items():
        bucket.bring(copies)


def in_bucket(address: str) -> bool:
    """Tell whether an address is one of a bucket."""
    return address.startswith("s3:/")


class Bucket:
    """A prefix of a bucket.

    Parameters
    ----------
    address : such as ``s3://bucket/prefix``.
    environment : where keys, region and endpoint are found, under the usual names; they are kept nowhere else.

    Raises
    ------
    InputError : all that is wrong with the address and the environment.
    """

    def __init__(self, address: str, *, environment: Mapping[str, str]) -> None:
        found = _ADDRESS.fullmatch(address)
        issues = [] if found else [_wrong("bad-lake-address", "--lake", address, _LIKE_THIS)]
        self._options, more = _options(environment)
        if found is None or issues or more:
            raise InputError([*issues, *more])
        self.address = f"s3://{found['bucket']}{found['prefix']}"
        endpoint = self._options.get("aws_endpoint_url", "")
        name = hashlib.blake2b(f"{endpoint}|{self.address}".encode(), digest_size=8).hexdigest()
        #: Where the copies are; below it everything has the path it has in the bucket.
        self.home = _copies(environment) / f"{found['bucket']}-{name}"
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)  # events are about people
        self.room = _room(environment)
        self._tables: dict[str, DeltaTable] = {}
        self._trusted = False

    def __repr__(self) -> str:
        return f"Bucket({self.address!r})"

    # Tables ----------------------------------------------------------------------------------------------------------

    def table(self, root: Path) -> DeltaTable | None:
        """Return a Delta table at its newest version, by its folder among the copies; None if there is none."""
        from deltalake import DeltaTable

        uri = self._uri(root)
        with self.reached():
            if (known := self._tables.get(uri)) is not None:
                known.update_incremental()
                return known
            if not DeltaTable.is_deltatable(uri, self._options):
                return None
            self._tables[uri] = DeltaTable(uri, storage_options=self._options)
            return self._tables[uri]

    def create(self, root: Path, *, schema: Any, partition_by: list[str]) -> None:
        """Make a Delta table unless it is there; the first time, see whether the store is one to trust with commits."""
        from deltalake import DeltaTable

        from troth.log._conditional import keeps_conditions

        with self.reached():
            if not self._trusted and not keeps_conditions(self.address, options=self._options):
                raise BucketError(_wrong("no-atomic-writes", self.address, "", _MEANINGS["no-atomic-writes"][0]))
            self._trusted = True
            DeltaTable.create(
                self._uri(root), schema, mode="ignore", partition_by=partition_by, storage_options=self._options
            )

    def _uri(self, root: Path) -> str:
        return f"{self.address}/{root.relative_to(self.home).as_posix()}"

    # Files -----------------------------------------------------------------------------------------------------------

    def send(self, paths: Iterable[Path]) -> None:
        """Put files that were written among the copies where they belong.

        If one fails, no copy stays; what got there is named by no commit and is swept.
        """
        from pyarrow import BufferedOutputStream

        paths = list(paths)
        if not paths:
            return
        store = self._store()

        def put(path: Path) -> None:
            # The client's own stream takes bytes alone, which is what Arrow's buffer passes on.
            with (
                path.open("rb") as here,
                BufferedOutputStream(store.open_output_stream(self._key(path)), _PIECE) as there,
            ):
                shutil.copyfileobj(here, there, _PIECE // 8)

        try:
            with self.reached(), ThreadPoolExecutor(_AT_ONCE) as pool:
                list(pool.map(put, paths))
        except BucketError:
            for path in paths:
                path.unlink(missing_ok=True)
            raise

    def bring(self, copies: Iterable[Copy]) -> None:
        """Copy files here that are not; those used longest ago make room."""
        missing = []
        for copy in copies:
            try:
                os.utime(copy)
            except FileNotFoundError:
                missing.append(copy)
        if not missing:
            return
        store = self._store()

        def get(copy: Copy) -> None:
            path = Path(copy)
            path.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=path.parent, prefix=".", suffix=_PART, delete=False) as part:
                try:
                    with store.open_input_file(self._key(path)) as there:
                        shutil.copyfileobj(there, part, _PIECE)
                    if part.tell() != copy.size:
                        raise BucketError(_wrong("damaged-file", self._key(path), f"{part.tell()} bytes", _CUT))
                    part.close()
                    Path(part.name).replace(path)
                except BaseException:
                    Path(part.name).unlink(missing_ok=True)
                    raise

        with self.reached(), ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(get, missing))
        self.trim()

    def drop(self, paths: Iterable[Path]) -> None:
        """Delete files and their copies."""
        paths = list(paths)
        for path in paths:
            path.unlink(missing_ok=True)
        with self.reached():
            for path in paths:
                self._store().delete_file(self._key(path))

    def read(self, path: Path) -> bytes:
        """Return the content of a small file."""
        with self.reached(), self._store().open_input_file(self._key(path)) as there:
            return bytes(there.read())

    def listed(self, below: Path) -> dict[Path, float]:
        """Return the files below a folder, by the path of their copies, with the times they were written."""
        from pyarrow.fs import FileSelector, FileType

        key = "" if below == self.home else self._key(below)
        with self.reached():
            found = self._store().get_file_info(FileSelector(key, allow_not_found=True, recursive=True))
        return {self.home / one.path: one.mtime.timestamp() for one in found if one.type == FileType.File}

    def trim(self) -> None:
        """Delete the copies used longest ago until the rest fits, and what a killed process left half copied."""
        with TemporaryFile(dir=self.home) as marker:  # the time, as the file system has it
            limit = os.fstat(marker.fileno()).st_mtime - _IN_USE_S
        found = []
        for path in self.home.rglob("*"):
            try:
                at = path.stat()
            except FileNotFoundError:  # another process makes room as well
                continue
            if path.suffix == _PART and at.st_mtime < limit:
                path.unlink(missing_ok=True)
            elif path.suffix == ".parquet":
                found.append((at.st_mtime, at.st_size, path))
        total = sum(size for _, size, _ in found)
        for used, size, path in sorted(found):
            if total <= self.room or used >= limit:
                break
            path.unlink(missing_ok=True)
            total -= size

    def _key(self, path: Path) -> str:
        return path.relative_to(self.home).as_posix()

    def _store(self) -> Any:
        """Return the bucket as a file system; that of deltalake, so that one client holds the keys."""
        from deltalake.fs import DeltaStorageHandler
        from pyarrow.fs import PyFileSystem

        return PyFileSystem(DeltaStorageHandler(self.address, options=self._options))

    @contextmanager
    def reached(self) -> Iterator[None]:
        """Turn whatever the bucket's client raises into a `BucketError` that says what is wrong, and none of the keys."""
        from deltalake.exceptions import CommitFailedError, DeltaError

        try:
            yield
        except (BucketError, CommitFailedError):
            raise
        except (OSError, DeltaError) as error:
            # The client's own words hold addresses, headers and answers of the server: nothing of that goes on.
            told = _told(str(error), self.address)
        else:
            return
        raise BucketError(told) from None


_LIKE_THIS: Final = "Maybe s3://bucket/prefix is meant: letters, digits, dots, hyphens and underscores."
_CUT: Final = "Maybe it was overwritten or cut: files of a lake never change."
#: What the words of an error mean: code, advice.
_MEANINGS: Final[Mapping[str, tuple[str, Collection[str]]]] = {
    "no-bucket": (
        "Maybe the name is misspelt, or the bucket must be made first.",
        ("nosuchbucket",),
    ),
    "missing-file": (
        "Maybe somebody swept it away while it was read, or deleted it by hand; run it again.",
        ("nosuchkey", "404 not found", "no such file", "not found"),
    ),
    "bad-credentials": (
        "Maybe the keys (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN) are of somebody else, have expired or may not read and write here; a wrong AWS_REGION is answered alike.",
        ("403 forbidden", "401 unauthorized", "accessdenied", "signaturedoesnotmatch", "invalidaccesskeyid", "expiredtoken"),
    ),
    "no-atomic-writes": (
        "Maybe another store: it must know conditional writes (If-None-Match), or two writers would undo each other.",
        ("501 not implemented", "notimplemented"),
    ),
    "store-unreachable": (
        "Maybe the server is down, or AWS_ENDPOINT_URL names another one; what was committed is safe, run it again.",
        ("connect", "dns error", "timed out", "sending request", "error decoding response", "5xx", "502 bad", "503 service", "504 gateway", "500 internal"),
    ),
}  # fmt: skip


def _told(text: str, address: str) -> Issue:
    words = text.lower()
    for code, (advice, signs) in _MEANINGS.items():
        if any(sign in words for sign in signs):
            return _wrong(code, address, "", advice)
    answer = re.search(r"\b[45]\d\d [A-Z][A-Za-z ]{2,30}", text)
    advice = "Maybe AWS_ENDPOINT_URL is no S3-compatible store, or a table there is damaged."
    return _wrong("store-failed", address, answer[0].strip() if answer else "", advice)


def _options(environment: Mapping[str, str]) -> tuple[dict[str, str], list[Issue]]:
    """Return what the client is told, and what is wrong with it."""
    issues = [
        _wrong(
            "no-credentials", one, "", f"Maybe export {one}: a lake in a bucket takes its keys from the environment."
        )
        for one in _KEYS
        if not environment.get(one)
    ]
    endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL") or ""
    plain = environment.get("AWS_ALLOW_HTTP", "").lower() in {"1", "true", "yes"}
    options = {
        "aws_access_key_id": environment.get(_KEYS[0], ""),
        "aws_secret_access_key": environment.get(_KEYS[1], ""),
        "aws_region": environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or "us-east-1",
        "aws_allow_http": str(plain).lower(),
        # A commit is a file that must not be there yet; the store itself sees to it.
        "aws_conditional_put": "etag",
        "max_retries": "5", "retry_timeout": "30s", "connect_timeout": "5s", "timeout": "120s",
    }  # fmt: skip
    if endpoint:
        options["aws_endpoint_url"] = endpoint.rstrip("/")
        issues += _endpoint_issues(endpoint, plain=plain)
    if token := environment.get("AWS_SESSION_TOKEN"):
        options["aws_session_token"] = token
    return options, issues


def _endpoint_issues(endpoint: str, *, plain: bool) -> list[Issue]:
    parts = urlsplit(endpoint)
    where = "AWS_ENDPOINT_URL"
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
        # Not shown: somebody may have put a key into it.
        return [_wrong("bad-endpoint", where, "", "Maybe https://host or https://host:port, without name or password.")]
    if parts.scheme == "http" and not plain:
        advice = "Maybe https is meant; or set AWS_ALLOW_HTTP=true where nobody can listen."
        return [_wrong("plain-endpoint", where, endpoint, advice)]
    return []


def _copies(environment: Mapping[str, str]) -> Path:
    if given := environment.get("TROTH_CACHE"):
        return Path(given).absolute()
    cache = environment.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "troth" / "lakes"


def _room(environment: Mapping[str, str]) -> float:
    given = environment.get("TROTH_CACHE_GIB", "")
    try:
        return (float(given) if given else _ROOM_GIB) * _GIB
    except ValueError:
        advice = "Maybe a number such as 20: how many GiB of a bucket's files are kept here."
        raise InputError([_wrong("bad-number", "TROTH_CACHE_GIB", given, advice)]) from None


def _wrong(code: str, where: str, value: str, advice: str) -> Issue:
    return Issue(code, Severity.ERROR, where, value, advice)
