"""Travel times that somebody else computed: tables checked cell by cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.field.travel.places import Floats, Places, check_places, degrees, straight_m, usable
from troth.field.travel.times import TravelPattern, TravelTimes, told

#: A day on the way, the earth's half circumference: whoever says more has mistaken a unit.
_LONGEST_S: Final = 7 * 86_400.0
_LONGEST_M: Final = 20_100_000.0
#: A table without lengths is taken to be driven at this speed.
_USUAL_MPS: Final = 32.0 / 3.6
#: A place farther than this from those of the table is none of them, in metres.
_SAME_M: Final = 50.0
_NAMES: Final = {
    "seconds": ("seconds", "durations", "duration", "travel_s"),
    "metres": ("metres", "meters", "distances", "distance"),
}


@dataclass(frozen=True, slots=True, eq=False)
class GivenTimes:
    """Travel times between places known beforehand, such as a table from a file.

    Parameters
    ----------
    times : square table.
    places : where its rows are, in degrees; without, places are taken to be those of the table, in its order.
    """

    times: TravelTimes
    places: Places | None = None

    def matrix(self, places: Places, *, destinations: Places | None = None) -> TravelTimes:
        """Return the rows and columns of the places.

        Raises
        ------
        InputError
            If the table is of another number of places, and it is not known where those are.
        """
        rows, issues = self._rows(places)
        columns, more = (rows, []) if destinations is None else self._rows(destinations)
        pick = np.ix_(np.maximum(rows, 0), np.maximum(columns, 0))
        known = (rows >= 0)[:, None] & (columns >= 0)[None, :]
        seconds = np.where(known, self.times.seconds[pick], np.inf).astype(np.float32)
        metres = np.where(known, self.times.metres[pick], np.inf).astype(np.float32)
        return replace(self.times, seconds=seconds, metres=metres, issues=(*self.times.issues, *issues, *more))

    def _rows(self, places: Places) -> tuple[NDArray[np.int64], list[Issue]]:
        at, names = degrees(places)
        size = len(self.times.seconds)
        if self.places is None:
            if len(at) != size:
                raise InputError([_size(f"{size} x {size}", len(at), "travel times")])
            return np.arange(size), []
        issues, fine = check_places(places), usable(at)
        found = np.full(len(at), -1, dtype=np.int64)
        if fine.any():
            away = straight_m(at[fine], degrees(self.places)[0])
            nearest = away.argmin(axis=1)
            found[fine] = np.where(away[np.arange(len(nearest)), nearest] <= _SAME_M, nearest, -1)
        advice = "Maybe the table was computed before this place was added."
        return found, issues + told(at, names=names, fine=~fine | (found >= 0), code="not-in-matrix", advice=advice)


def table(
    data: Mapping[str, Any], *, size: int | None = None, where: str = "matrix", pattern: TravelPattern | None = None
) -> TravelTimes:
    """Return travel times from arrays by name, as a file has them.

    Parameters
    ----------
    data : ``seconds`` (or ``durations``), and if known ``metres`` (or ``distances``), each n lists of n numbers; null or infinite where no
        way leads.
    size : how many places there are, if known.
    where : what issues call it.

    Raises
    ------
    InputError
        With every fault: wrong size, not a number, negative, too great.

    Examples
    --------
    >>> table({"durations": [[0, 60], [70, 0]], "distances": [[0, 500], [500, 0]]}).seconds.tolist()
    [[0.0, 60.0], [70.0, 0.0]]
    """
    issues: list[Issue] = []
    seconds = _numbers(data, "seconds", where, issues)
    if seconds is None:
        advice = "Maybe it is named otherwise: seconds, or durations."
        raise InputError(issues or [Issue("no-matrix", Severity.ERROR, where, ", ".join(map(str, data))[:80], advice)])
    metres = _numbers(data, "metres", where, issues)
    for name, found, most in (("seconds", seconds, _LONGEST_S), ("metres", metres, _LONGEST_M)):
        if found is not None:
            _judge(found, f"{where}, {name}", size if size is not None else len(seconds), most, issues)
    if any(one.severity is Severity.ERROR for one in issues):
        raise InputError(issues)
    if metres is None:
        metres = seconds * _USUAL_MPS
        advice = "Maybe add distances: costs by kilometre rest on 32 km/h."
        issues.append(Issue("no-metres", Severity.INFO, where, "", advice))
    gone = ~np.isfinite(seconds) | ~np.isfinite(metres)
    seconds, metres = np.where(gone, np.inf, seconds), np.where(gone, np.inf, metres)
    if (away := int(gone.sum())) > 0:
        i, j = (int(one[0]) for one in np.nonzero(gone))
        advice = "Maybe an island, or a place the map does not have."
        issues.append(Issue("unreachable", Severity.WARNING, f"{where}, row {i} column {j}", "", advice, away))
    kept = tuple(issues)
    return TravelTimes(seconds.astype(np.float32), metres.astype(np.float32), pattern or TravelPattern(), kept)


def _numbers(data: Mapping[str, Any], name: str, where: str, issues: list[Issue]) -> Floats | None:
    """Return an array by one of its names, null as infinite; None if there is none, or none that is a table."""
    given = next((data[one] for one in _NAMES[name] if data.get(one) is not None), None)
    if given is None:
        return None
    try:
        if isinstance(given, list):
            given = [[np.inf if cell is None else cell for cell in row] for row in given]
            if any(isinstance(cell, str | bool) for row in given for cell in row):
                raise TypeError
        found = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        advice = "Maybe rows of different length, or text among the numbers."
        issues.append(Issue("bad-matrix", Severity.ERROR, f"{where}, {name}", str(given)[:80], advice))
        return None
    return found


def _judge(found: Floats, where: str, size: int, most: float, issues: list[Issue]) -> None:
    """Note what cannot be true of a table."""
    if found.shape != (size, size):
        issues.append(_size(" x ".join(map(str, found.shape)), size, where))
        return
    with np.errstate(invalid="ignore"):
        faults = (
            ("not-a-number", np.isnan(found), "Maybe leave out what is not known: null where no way leads."),
            ("negative-travel", found < 0, "Maybe a difference was taken the wrong way round; -1 for no way is null here."),
            ("huge-travel", np.isfinite(found) & (found > most), "Maybe milliseconds or a placeholder: null where no way leads."),
        )  # fmt: skip
        off = np.flatnonzero(np.diagonal(found) > 0)
    for code, wrong, advice in faults:
        if wrong.any():
            i, j = (int(one[0]) for one in np.nonzero(wrong))
            value, count = f"{found[i, j]:g}", int(wrong.sum())
            issues.append(Issue(code, Severity.ERROR, f"{where}, row {i} column {j}", value, advice, count))
    if len(off):
        advice = "Maybe rows and columns are in different orders: from a place to itself there is no way to go."
        k = int(off[0])
        value = f"{found[k, k]:g}"
        issues.append(Issue("way-to-itself", Severity.WARNING, f"{where}, row {k} column {k}", value, advice, len(off)))


def _size(shown: str, size: int, where: str) -> Issue:
    advice = f"Maybe it was made for other places: {size} are asked for, a row and a column each, in one order."
    return Issue("bad-matrix-size", Severity.ERROR, where, shown, advice)
