"""The files `troth forecast` reads: rows of a table, named days, regressors, changes by people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from troth.demand import DemandChange, Occasion, Regressor

_CHANGE = ("id", "kind", "value", "start", "end", "who", "at", "why")
_MORE = ("to", "layer", "active")


def table(path: Path) -> pd.DataFrame:
    """Return the rows of a CSV (also .gz and .zip) or Parquet file; of a CSV all as texts.

    Raises
    ------
    InputError
        ``bad-table`` with what the file's reader said.
    """
    import pandas as pd

    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        return pd.read_csv(path, dtype="string", skipinitialspace=True)
    except Exception as error:  # noqa: BLE001  # whatever a reader of foreign files may raise
        advice = "Maybe it is empty, cut, or neither CSV in UTF-8 nor Parquet."
        raise InputError([Issue("bad-table", Severity.ERROR, str(path), str(error)[:200], advice)]) from None


def occasions(path: Path) -> tuple[Occasion, ...]:
    """Return named days from a CSV with columns day, name, and if wanted like and closed (yes or no)."""
    from troth.demand import Occasion

    def made(row: Mapping[str, Any], read: Read) -> Occasion:
        closed = read("closed", _truth) if row.get("closed") else None
        return Occasion(read("day", date.fromisoformat), read("name", _some), row.get("like") or "", closed)

    return tuple(_all(path, made, needed=("day", "name"), known=("day", "name", "like", "closed")))


def regressors(path: Path) -> tuple[Regressor, ...]:
    """Return a regressor for each column of a CSV but the first, which is the day; days follow each other without a gap."""
    import numpy as np

    from troth.demand import Regressor

    frame = table(path)
    head, *names = [str(one) for one in frame.columns]
    if not names:
        raise InputError([_wrong("missing-column", str(path), head, "Maybe one column of days and one of numbers.")])
    rows = list(
        _all(
            path,
            lambda _, read: (read(head, date.fromisoformat), [read(n, float) for n in names]),
            needed=(head, *names),
            known=(head, *names),
        )
    )
    rows.sort(key=lambda row: row[0])
    issues = [
        _wrong(
            "missing-day" if b > a else "same-day", f"{path}", f"{a} then {b}", "Maybe one row a day, none left out."
        )
        for (a, _), (b, _) in pairwise(rows)
        if b - a != timedelta(days=1)
    ]
    if issues or not rows:
        raise InputError(issues or [_wrong("no-data", str(path), "", "Maybe the file has only its head.")])
    return tuple(
        Regressor(name, rows[0][0], np.array([values[k] for _, values in rows])) for k, name in enumerate(names)
    )


def changes(path: Path, *, time_zone: str) -> tuple[DemandChange, ...]:
    """Return changes from a CSV; columns that are none of a change are the members they are for.

    Times without an offset are the clock's on the wall of `time_zone`.
    """
    from troth.core.time import zone
    from troth.demand import ChangeKind, DemandChange

    tz = zone(time_zone)

    def at(text: str) -> datetime:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=tz)

    def made(row: Mapping[str, Any], read: Read) -> DemandChange:
        key = {name: value for name, value in row.items() if name not in (*_CHANGE, *_MORE) and value}
        return DemandChange(
            read("id", _some), read("kind", ChangeKind), read("value", float), read("start", at), read("end", at), read("who", _some),
            read("at", at), read("why", _some), key, read("to", at) if row.get("to") else None,
            read("layer", int) if row.get("layer") else 0, read("active", _truth) if row.get("active") else True,
        )  # fmt: skip

    return tuple(_all(path, made, needed=_CHANGE))


Read = Callable[[str, Callable[[str], Any]], Any]


def _all(
    path: Path,
    made: Callable[[Mapping[str, Any], Read], Any],
    *,
    needed: tuple[str, ...],
    known: tuple[str, ...] | None = None,
) -> Iterator[Any]:
    """Return what is made of every row; all that cannot be read is raised at once."""
    frame = table(path)
    names = [str(name) for name in frame.columns]
    issues = [
        _wrong("missing-column", str(path), name, f"Maybe one of {', '.join(names)}.")
        for name in needed
        if name not in names
    ]
    if known is not None:
        issues += [
            _wrong("unknown-column", str(path), name, f"Maybe one of {', '.join(known)}.")
            for name in names
            if name not in known
        ]
    if issues:
        raise InputError(issues)
    found = []
    for number, cells in enumerate(frame.itertuples(index=False), 2):
        row = {name: _plain(cell) for name, cell in zip(names, cells, strict=True)}
        faults: list[Issue] = []

        def read(
            name: str,
            how: Callable[[str], Any],
            row: Mapping[str, str] = row,
            faults: list[Issue] = faults,
            number: int = number,
        ) -> Any:
            try:
                return how(row.get(name, ""))
            except ValueError:
                faults.append(
                    _wrong(
                        "bad-value",
                        f"{path}, row {number}, {name}",
                        row.get(name, ""),
                        _ADVICE.get(name, "Maybe a number with a point."),
                    )
                )
                return how("1") if how in {float, int} else None

        one = made(row, read)
        issues += faults
        found.append(one)
    if issues:
        raise InputError(issues)
    return iter(found)


_ADVICE = {
    "day": "Maybe a day such as 2026-12-24.", "kind": "Maybe multiply, add, set or move.", "closed": "Maybe yes or no.",
    "active": "Maybe yes or no.", "name": "Maybe what people call it.", "who": "Maybe who made it.", "why": "Maybe the reason.",
    "id": "Maybe a name to undo it by.", **dict.fromkeys(("start", "end", "at", "to"), "Maybe a time such as 2026-03-02T09:00."),
}  # fmt: skip


def _plain(cell: Any) -> str:
    import pandas as pd

    return "" if pd.isna(cell) else str(cell).strip()


def _some(text: str) -> str:
    if not text:
        raise ValueError(text)
    return text


def _truth(text: str) -> bool:
    if text.lower() not in _WORDS:
        raise ValueError(text)
    return _WORDS[text.lower()]


_WORDS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def _wrong(code: str, where: str, value: str, advice: str) -> Issue:
    return Issue(code, Severity.ERROR, where, value, advice)
