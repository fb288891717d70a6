"""The way to the lake: reference rows with effective dates, and what erasure asks of old files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from troth.log import reference
from troth.log.lake import Lake
from troth.log.references import read_reference
from troth.log.rejects import read_rejects
from troth.web.people.models import ErasureRequest

#: Columns that are the same for all time: a new name, or a corrected zone, is for the past as well, and an old name must
#: be erasable.
_NAMES: Final = frozenset({"title", "time_zone"})
_ALWAYS: Final = date(1, 1, 1)
#: Versions of the site are instants, far above those of imported files; so it is known which rows the site wrote.
_OURS: Final = 10**15
#: Tables whose rows are about a time themselves, with the columns that say which: a change is for that time, whenever
#: it is made. Rows of one time are written together, for their readers take the newest version of it whole.
_OF_A_TIME: Final = {"calendar_days": ("calendar", "day"), "leave": ("agent_id", "starts_at")}

Rows = Iterable[Mapping[str, Any]]
_Known = dict[str, Any]


def write_reference(lake_path: str | Path, *, table: str, rows: Rows, today: date, now: datetime) -> int:
    """Make a reference table of the lake say what holds now, and keep what held before; return the rows written.

    A row without `valid_from` holds for all time when it is seen first. When it differs later, the old one ends today
    and the new one begins today. A row with `valid_from` is its own history and is put as it is. What the site wrote
    and has no more ends today; what was imported from elsewhere and is unknown to the site stays. Done twice it writes
    nothing the second time.

    Parameters
    ----------
    lake_path : the lake.
    table : a name of `reference.TABLES`.
    rows : all that holds, columns of the table; those left out are null.
    today : the day changes begin and end.
    now : numbers the versions; later calls need later instants.
    """
    lake = Lake(lake_path)
    spec = reference.TABLES[table]
    groups = _OF_A_TIME.get(table, spec.key)
    known: dict[tuple[Any, ...], list[_Known]] = {}
    for row in read_reference(lake, table):
        known.setdefault(tuple(row[name] for name in groups), []).append(row)
    wanted: dict[tuple[Any, ...], list[_Known]] = {}
    for given in rows:
        row = {name: given.get(name) for name in spec.schema.names}
        wanted.setdefault(tuple(row[name] for name in groups), []).append(row)
    version = round(now.timestamp() * 1_000_000)
    changed = [
        {**row, "version": version}
        for key in dict.fromkeys([*known, *wanted])
        for row in (
            _anew(known.get(key, []), wanted.get(key, []), spec.key)
            if table in _OF_A_TIME
            else _changes(known.get(key, []), wanted.get(key, []), today)
        )
    ]
    if changed:
        columns = pa.Table.from_pylist(changed, schema=spec.schema)
        lake.reference(table).append(columns, batch=("site", version))
    return len(changed)


def _anew(known: list[_Known], wanted: list[_Known], key: tuple[str, ...]) -> list[_Known]:
    """Return all rows of one time to write if anything about it changed; those that are gone never held."""
    if not wanted and not any(row["version"] >= _OURS for row in known):
        return []
    holding = [row for row in known if row["valid_to"] is None]
    if len(holding) == len(wanted) and all(any(not _differs(old, row) for old in holding) for row in wanted):
        return []
    there = {tuple(row[name] for name in (*key, "valid_from")) for row in wanted}
    gone = [row for row in holding if tuple(row[name] for name in (*key, "valid_from")) not in there]
    return [*wanted, *({**row, "valid_to": _ALWAYS} for row in gone)]


def _changes(known: list[_Known], wanted: list[_Known], today: date) -> list[_Known]:
    """Return the rows of one key to write: new, changed, ended."""
    old = {row["valid_from"]: row for row in known}
    new = {row["valid_from"]: row for row in _dated(known, wanted, today)}
    found = [row for start, row in new.items() if start not in old or _differs(old[start], row)]
    for start, row in old.items():
        if start not in new and (wanted or row["version"] >= _OURS):
            ended = row if _ended(row, today) else row | {"valid_to": _end(row, today)}
            ended = _renamed(ended, wanted)
            if _differs(row, ended):
                found.append(ended)
    return found


def _dated(known: list[_Known], wanted: list[_Known], today: date) -> list[_Known]:
    """Return the wanted rows with the day they begin, where they say nothing of their time themselves."""
    found: list[_Known] = []
    running = [row for row in known if not _ended(row, today)]
    for row in wanted:
        if row["valid_from"] is not None or row["valid_to"] is not None or not known:
            found.append(row)
        elif not running:
            found.append(row | {"valid_from": today})
        else:
            last = max(running, key=lambda one: one["valid_from"] or _ALWAYS)
            same = not _differs(_renamed(last, [row]), row | {"valid_from": last["valid_from"]})
            found.append(row | {"valid_from": last["valid_from"] if same else today})
    return found


def _ended(row: _Known, today: date) -> bool:
    return row["valid_to"] is not None and row["valid_to"] <= today


def _end(row: _Known, today: date) -> date:
    """Return the day a row that is gone ends: today, or at once if it would begin later."""
    return max(today, row["valid_from"] or _ALWAYS)


def _renamed(row: _Known, wanted: list[_Known]) -> _Known:
    return row | {name: wanted[-1][name] for name in _NAMES if wanted and name in row}


def _differs(one: _Known, other: _Known) -> bool:
    return any(one[name] != other[name] for name in one if name != "version")


def finish_erasures(lake_path: str | Path, *, now: datetime, keep: timedelta = timedelta(days=1)) -> int:
    """Do for every erasure asked what takes long: drop raw texts of rejects, old rows of reference, files nobody needs.

    Files stay for `keep`, for those who read them now; so it takes a second run, that much later, until all is gone.

    Returns
    -------
    How many erasures are done: none of their old files is left.
    """
    waiting = ErasureRequest.objects.filter(done_at=None)
    if not waiting.exists():
        return 0
    lake = Lake(lake_path)
    if lake.exists() or lake.rejects.table() is not None:
        lake.purge(before=now)
        _settle_reference(lake)
        lake.vacuum(now=now, keep=keep)
        if _left_over(lake):
            return 0
    return waiting.filter(asked_at__lte=now).update(done_at=now)


def purge_rejects(lake_path: str | Path, *, before: datetime) -> int:
    """Drop the raw texts of rows that could not be taken, imported before an instant; return how many."""
    lake = Lake(lake_path)
    return lake.purge(before=before) if lake.rejects.table() is not None else 0


def rejects_naming(lake_path: str | Path, *, words: Iterable[str]) -> list[dict[str, str]]:
    """Return the rows that could not be taken whose text has one of some words in it, as texts by column."""
    lake, wanted = Lake(lake_path), [one.lower() for one in words if one]
    if not wanted or lake.rejects.table() is None:
        return []
    rows = read_rejects(lake).to_pylist()
    named = [row for row in rows if any(word in f"{row['raw']} {row['value']}".lower() for word in wanted)]
    return [{name: str(value) for name, value in row.items() if value is not None} for row in named]


def _settle_reference(lake: Lake) -> None:
    """Write reference tables anew without the rows that newer ones replaced."""
    for table in reference.TABLES:
        shelf = lake.reference(table)
        files = shelf.files()
        if files["tail"]:
            with lake.session() as con:
                shelf.put(con, [lake.settled_reference(table)], tier="base", remove=files["base"] + files["tail"])


def _left_over(lake: Lake) -> bool:
    """Tell whether files that were replaced, which may name somebody, are still there."""
    for shelf in [lake.rejects, *(lake.reference(table) for table in reference.TABLES)]:
        files = shelf.files()
        if shelf.stored() - {*files["base"], *files["tail"]}:
            return True
    return False
