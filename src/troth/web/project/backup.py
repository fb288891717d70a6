"""Backup, restore and move of the whole database, between servers of any release from 14 on.

A backup is one ZIP file: every table as text of PostgreSQL's COPY, read in one snapshot, and ``manifest.json`` with
versions, migrations, counts and checksums. Not pg_dump: it refuses servers newer than itself, and what it writes does
not load into older ones; text of COPY means the same everywhere, and its content can be compared afterwards.

The form of the tables is not in the file: the site's migrations make it. A load happens in one transaction into a
database at the same migrations, is compared row for row by checksum, and either succeeds whole or changes nothing.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import importlib.metadata
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import Connection, IsolationLevel, sql

from troth.core import InputError, Issue
from troth.core.decision import Severity
from troth.web.project import backup_tables as tables
from troth.web.project.backup_tables import TableCopy
from troth.web.project.embedded_address import Address

FORMAT = 1
OLDEST_SERVER = 14

#: Tables that migrations fill by themselves: rows in them do not make a database used.
FILLED_BY_MIGRATIONS = frozenset(
    {
        "auth_group",
        "auth_group_permissions",
        "auth_permission",
        "django_content_type",
        "django_migrations",
        "django_site",
    }
)

_MANIFEST = "manifest.json"

_Pieces = Callable[[TableCopy], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds.

    Parameters
    ----------
    made_at : the moment of the snapshot, ISO 8601 in UTC.
    troth, server : the releases that wrote it.
    migrations : application and name of each migration of the tables' form.
    sequences : name, value, whether it was given out.
    checksums : SHA-256 of each table's text in the file.
    """

    made_at: str
    troth: str
    server: str
    migrations: tuple[tuple[str, str], ...]
    tables: tuple[TableCopy, ...]
    sequences: tuple[tuple[str, int, bool], ...]
    checksums: dict[str, str]

    @property
    def rows(self) -> int:
        """The number of rows in all tables."""
        return sum(table.rows for table in self.tables)


def _nothing(_target: Connection[Any]) -> contextlib.AbstractContextManager[None]:
    return contextlib.nullcontext()


def backup(url: str, *, path: Path, on_table: Callable[[str], None] | None = None) -> Manifest:
    """Write the database at `url` into the new file `path`, readable by its owner only, while the site goes on.

    Raises
    ------
    InputError
        ``backup-exists``, ``backup-file``, ``database-url``, ``database-version``, ``database-refused``.
    """
    if path.exists():
        raise _error("backup-exists", path, advice="Maybe choose another name: a backup is never overwritten.")
    half = path.with_name(f".{path.name}.part")
    try:
        with _session(url, read_only=True) as source, _new_file(half) as file:
            manifest = _write(_describe(source), file, pieces=lambda table: _told(source, table, on_table))
        half.rename(path)
    except OSError as error:
        raise _error("backup-file", path, value=str(error), advice="Maybe the disk is full.") from error
    finally:
        with contextlib.suppress(OSError):
            half.unlink()
    return manifest


def read_manifest(path: Path) -> Manifest:
    """Return what a backup holds, without reading its rows.

    Raises
    ------
    InputError
        ``backup-damaged`` or ``backup-format``.
    """
    with _opened(path) as archive:
        try:
            found = json.loads(archive.read(_MANIFEST))
        except (KeyError, ValueError):
            raise _damaged(path, "no manifest") from None
    if not isinstance(found, dict) or found.pop("format", None) != FORMAT:
        advice = "Maybe restore with the release of Troth that wrote it, or a later one."
        raise _error("backup-format", path, value=str(found)[:100], advice=advice)
    found["tables"] = tuple(
        TableCopy(one["name"], tuple(one["columns"]), one["rows"], one["fingerprint"]) for one in found["tables"]
    )
    for name in ("migrations", "sequences"):
        found[name] = tuple(tuple(one) for one in found[name])
    return Manifest(**found)


def restore(
    url: str,
    *,
    path: Path,
    replace: bool = False,
    filled: Collection[str] = FILLED_BY_MIGRATIONS,
    on_table: Callable[[str], None] | None = None,
    around: Callable[[Connection[Any]], contextlib.AbstractContextManager[None]] = _nothing,
) -> Manifest:
    """Load a backup into the migrated, otherwise empty database at `url`; whole or not at all.

    Parameters
    ----------
    replace : throw away what the database holds.
    filled : tables whose rows do not make it used, because migrations wrote them.
    around : what happens in the same transaction before the load and after its comparison, see `backup_access`.

    Raises
    ------
    InputError
        All of ``backup-migrations``, ``backup-tables``, ``database-used`` that apply; ``backup-damaged``,
        ``backup-format``, ``backup-differs``, ``database-url``, ``database-version``, ``database-refused``.
    """
    manifest = read_manifest(path)
    with _opened(path) as archive, _session(url) as target:
        issues = [*_form_issues(target, manifest), *([] if replace else _used_issues(target, filled))]
        _refuse(issues)
        with around(target):
            _load(target, manifest, pieces=lambda table: _unpacked(archive, table, manifest, path, on_table))
    _analyze(url)
    return manifest


def move_database(
    source_url: str,
    target_url: str,
    *,
    replace: bool = False,
    filled: Collection[str] = FILLED_BY_MIGRATIONS,
    on_table: Callable[[str], None] | None = None,
) -> Manifest:
    """Copy the whole database to another, migrated one, which then may take its place; the source keeps its rows.

    Writers of the source wait until the copy is done, so that none of their rows stays behind; stop the site before.

    Raises
    ------
    InputError
        As `restore`; also ``database-refused`` if writers do not let go of the source within ten seconds.
    """
    with _session(source_url) as source, _session(target_url) as target:
        names = list(tables.columns_of(source))
        source.commit()
        if names:  # before the first query: the snapshot must see what the last writer wrote
            listed = sql.SQL(", ").join(sql.Identifier(name) for name in names)
            source.execute(sql.SQL("LOCK TABLE {} IN SHARE MODE").format(listed))
        manifest = _describe(source)
        issues = [*_form_issues(target, manifest), *([] if replace else _used_issues(target, filled))]
        _refuse(issues)
        _load(target, manifest, pieces=lambda table: _told(source, table, on_table))
    _analyze(target_url)
    return manifest


@contextlib.contextmanager
def _session(url: str, *, read_only: bool = False) -> Iterator[Connection[Any]]:
    """Give a connection in one snapshot; commits at the end, and says what the server refuses as an issue."""
    address = Address.parse(url)
    where = f"{address.database} at {address.host}"
    try:
        with psycopg.connect(address.url) as connection:
            if connection.info.server_version < OLDEST_SERVER * 10_000:
                advice = f"Maybe update the server: PostgreSQL {OLDEST_SERVER} is the oldest that works."
                raise _error("database-version", where, value=str(connection.info.server_version), advice=advice)
            connection.isolation_level = IsolationLevel.REPEATABLE_READ
            connection.read_only = read_only
            tables.prepare(connection)
            connection.commit()
            yield connection
    except psycopg.Error as error:
        # The first line only: details hold values of rows.
        said = error.diag.message_primary or str(error).splitlines()[0]
        advice = "Maybe the role does not own the tables, the site still runs, or the disk is full."
        raise _error("database-refused", where, value=said, advice=advice) from error


def _describe(source: Connection[Any]) -> Manifest:
    found = [tables.fingerprint(source, name, columns=columns) for name, columns in tables.columns_of(source).items()]
    return Manifest(
        made_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        troth=importlib.metadata.version("troth"),
        server=str(source.info.server_version),
        migrations=tuple(tables.migrations(source)),
        tables=tuple(found),
        sequences=tuple(tables.sequences(source)),
        checksums={},
    )


def _write(manifest: Manifest, file: IO[bytes], *, pieces: _Pieces) -> Manifest:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        for table in manifest.tables:
            digest = hashlib.sha256()
            with archive.open(_member(table), "w", force_zip64=True) as member:
                for piece in pieces(table):
                    digest.update(piece)
                    member.write(piece)
            manifest.checksums[table.name] = digest.hexdigest()
        archive.writestr(_MANIFEST, json.dumps({"format": FORMAT, **asdict(manifest)}, indent=1))
    return manifest


def _load(target: Connection[Any], manifest: Manifest, *, pieces: _Pieces) -> None:
    """Fill the emptied tables and compare them with what they ought to hold."""
    with tables.relaxed(target, [table.name for table in manifest.tables]):
        for table in manifest.tables:
            tables.rows_in(target, table, pieces=pieces(table))
        tables.set_sequences(target, manifest.sequences)
    loaded = (tables.fingerprint(target, table.name, columns=table.columns) for table in manifest.tables)
    pairs = list(zip(manifest.tables, loaded, strict=True))
    advice = "Maybe the file was changed by hand; nothing was loaded."
    _refuse(
        [
            _issue("backup-differs", was.name, f"{was.rows} rows, {now.rows} loaded", advice)
            for was, now in pairs
            if was != now
        ]
    )


def _told(source: Connection[Any], table: TableCopy, on_table: Callable[[str], None] | None) -> Iterator[bytes]:
    if on_table:
        on_table(table.name)
    return tables.rows_out(source, table)


def _unpacked(
    archive: zipfile.ZipFile, table: TableCopy, manifest: Manifest, path: Path, on_table: Callable[[str], None] | None
) -> Iterator[bytes]:
    if on_table:
        on_table(table.name)
    digest = hashlib.sha256()
    try:
        with archive.open(_member(table)) as member:
            while piece := member.read(1 << 20):
                digest.update(piece)
                yield piece
    except (KeyError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise _damaged(path, f"{table.name}: {error}") from error
    if digest.hexdigest() != manifest.checksums.get(table.name):
        raise _damaged(path, f"{table.name}: checksum")


def _form_issues(target: Connection[Any], manifest: Manifest) -> list[Issue]:
    """Compare migrations, tables and columns of the target with the backup's."""
    there, wanted = set(tables.migrations(target)), set(manifest.migrations)
    issues = []
    if there != wanted:
        lacking, more = (", ".join(".".join(one) for one in sorted(some)) for some in (wanted - there, there - wanted))
        value = "; ".join(
            f"{word}: {some}" for word, some in (("not applied", lacking), ("not in the backup", more)) if some
        )
        advice = "Maybe migrate the database to the backup's migrations first, restore, then migrate on."
        issues.append(_issue("backup-migrations", "django_migrations", value, advice))
    columns = tables.columns_of(target)
    for table in manifest.tables:
        if columns.get(table.name) != table.columns:
            value = ", ".join(sorted(set(columns.get(table.name, ())) ^ set(table.columns)))
            issues.append(_issue("backup-tables", table.name, value, "Maybe the database was changed by hand."))
    return issues


def _used_issues(target: Connection[Any], filled: Collection[str]) -> list[Issue]:
    """Return an issue for every table that already holds rows."""
    issues = []
    for name in tables.columns_of(target):
        if name not in filled:
            row = target.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(name))).fetchone()
            if row == (True,):
                advice = "Maybe make a new database, or say that its content may be replaced."
                issues.append(_issue("database-used", name, "", advice))
    return issues


def _analyze(url: str) -> None:
    """Let the server learn what it now holds; nothing is lost if it does so later."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE")


@contextlib.contextmanager
def _new_file(path: Path) -> Iterator[IO[bytes]]:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    with path.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise _damaged(path, str(error)) from error
    with archive:
        yield archive


def _member(table: TableCopy) -> str:
    return f"tables/{table.name}.copy"


def _refuse(issues: Sequence[Issue]) -> None:
    if issues:
        raise InputError(issues)


def _damaged(path: Path, said: str) -> InputError:
    return _error("backup-damaged", path, value=said, advice="Maybe the file was cut short; try another backup.")


def _error(code: str, where: str | Path, *, value: str = "", advice: str) -> InputError:
    return InputError([_issue(code, str(where), value, advice)])


def _issue(code: str, where: str, value: str, advice: str) -> Issue:
    return Issue(code, Severity.ERROR, where, value, advice)
