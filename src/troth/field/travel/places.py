"""Where something is: coordinates checked all at once, and the straight way between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from troth.core.decision import Issue, Severity

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]
#: Mean radius of the earth in metres (IUGG: Moritz, Geodetic Reference System 1980, J. Geodesy 74, 2000, page 131).
EARTH_M: Final = 6_371_008.8
#: Farther than this from the middle of all others is a place that nobody of the same town drives to, in metres.
_FAR_M: Final = 1_500_000.0
#: Rows computed at once, so that large tables need little more memory than themselves.
_ROWS: Final = 256


@dataclass(frozen=True, slots=True)
class GeoPoint:
    """A point on the earth, in degrees (WGS 84); `name` is what issues call it.

    Examples
    --------
    >>> GeoPoint(54.6872, 25.2797, "depot").name
    'depot'
    """

    lat: float
    lon: float
    name: str = ""


#: Places as they may be given: points, pairs (latitude, longitude), or an array of shape (n, 2) in degrees.
Places = Sequence[GeoPoint] | Sequence[tuple[float, float]] | Floats


def degrees(places: Places) -> tuple[Floats, tuple[str, ...]]:
    """Return latitudes and longitudes as an array of shape (n, 2), and what to call each place.

    Raises
    ------
    ValueError
        If it is neither a list of points nor of pairs of numbers.
    """
    if len(places) and isinstance(places[0], GeoPoint):
        points = [one if isinstance(one, GeoPoint) else GeoPoint(*one) for one in places]
        names = tuple(one.name or f"place {k}" for k, one in enumerate(points))
        return np.array([(one.lat, one.lon) for one in points], dtype=np.float64), names
    found = np.asarray(places, dtype=np.float64).reshape(len(places), -1)
    if len(places) and found.shape[1] != 2:
        raise ValueError(f"Places are pairs of latitude and longitude, not {found.shape[1]} numbers each.")
    return found.reshape(-1, 2), tuple(f"place {k}" for k in range(len(found)))


def check_places(places: Places) -> list[Issue]:
    """Return what is wrong with coordinates: missing, out of range, perhaps swapped.

    A place with an error can be reached by nobody; one with a warning is used as it is.

    Examples
    --------
    >>> [one.code for one in check_places([(54.7, 25.3), (float("nan"), 25.3), (125.3, 54.7), (0.0, 0.0)])]
    ['not-a-coordinate', 'bad-latitude', 'null-island']
    """
    at, names = degrees(places)
    fine = usable(at)
    issues = [_wrong(at[k], names[k]) for k in np.flatnonzero(~fine)]
    for k in np.flatnonzero(fine & (at == 0.0).all(axis=1)):
        advice = "Maybe the address was not found: 0, 0 lies in the sea."
        issues.append(Issue("null-island", Severity.WARNING, names[k], "0, 0", advice))
    fine &= (at != 0.0).any(axis=1)
    if fine.sum() < 3:
        return issues
    middle = np.median(at[fine], axis=0)
    far = fine & (straight_m(at, middle[None, :])[:, 0] > _FAR_M)
    turned = straight_m(np.clip(at[:, ::-1], -90.0, 90.0), middle[None, :])[:, 0]
    for k in np.flatnonzero(far):
        if turned[k] <= _FAR_M:
            code, advice = (
                "swapped-coordinates",
                "Maybe latitude and longitude are swapped: the other way round it is near.",
            )
        else:
            code, advice = "far-away", "Maybe a digit or a sign is wrong: it is far from all others."
        issues.append(Issue(code, Severity.WARNING, names[k], _shown(at[k]), advice))
    return issues


def usable(at: Floats) -> Marks:
    """Tell which rows of an array (n, 2) are points on the earth."""
    with np.errstate(invalid="ignore"):
        fine: Marks = np.isfinite(at).all(axis=1) & (abs(at[:, 0]) <= 90.0) & (abs(at[:, 1]) <= 180.0)
    return fine


def straight_m(origins: Floats, destinations: Floats) -> Floats:
    """Return great-circle distances in metres, shape (n, m).

    The haversine, which is well conditioned for near points (Sinnott, Virtues of the Haversine, Sky and Telescope 68,
    1984, page 159). The earth as a sphere is wrong by half a per cent at most.

    Examples
    --------
    >>> float(straight_m(np.array([[54.6872, 25.2797]]), np.array([[54.8985, 23.9036]]))[0, 0].round(-2))
    91300.0
    """
    found = np.empty((len(origins), len(destinations)))
    b = np.radians(destinations)[None, :, :]
    for first in range(0, len(origins), _ROWS):
        a = np.radians(origins[first : first + _ROWS])[:, None, :]
        half = np.sin((b - a) / 2.0) ** 2
        inside = half[..., 0] + np.cos(a[..., 0]) * np.cos(b[..., 0]) * half[..., 1]
        found[first : first + _ROWS] = 2.0 * EARTH_M * np.arcsin(np.sqrt(np.clip(inside, 0.0, 1.0)))
    return found


def pairwise_m(origins: Floats, destinations: Floats) -> Floats:
    """Return great-circle distances in metres of the k-th origin to the k-th destination, shape (n,)."""
    a, b = np.radians(origins), np.radians(destinations)
    half = np.sin((b - a) / 2.0) ** 2
    inside = half[:, 0] + np.cos(a[:, 0]) * np.cos(b[:, 0]) * half[:, 1]
    found: Floats = 2.0 * EARTH_M * np.arcsin(np.sqrt(np.clip(inside, 0.0, 1.0)))
    return found


def on_sphere(at: Floats) -> Floats:
    """Return points as vectors in metres from the earth's centre, shape (n, 3): near here is near there."""
    lat, lon = at[:, 0] * (pi / 180.0), at[:, 1] * (pi / 180.0)
    found: Floats = EARTH_M * np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    return found


def _wrong(at: NDArray[Any], name: str) -> Issue:
    lat, lon = float(at[0]), float(at[1])
    if not (np.isfinite(lat) and np.isfinite(lon)):
        code, advice = (
            "not-a-coordinate",
            "Maybe the address was not found; nobody can drive there until it has coordinates.",
        )
    elif abs(lat) > 90.0:
        code = "bad-latitude"
        advice = (
            "Maybe latitude and longitude are swapped."
            if abs(lon) <= 90.0 and abs(lat) <= 180.0
            else "Maybe it is no longitude and latitude in degrees, but metres of a grid."
        )
    else:
        code, advice = "bad-longitude", "Maybe a decimal point is missing: longitudes lie between -180 and 180 degrees."
    return Issue(code, Severity.ERROR, name, _shown(at), advice)


def _shown(at: NDArray[Any]) -> str:
    return f"{at[0]:g}, {at[1]:g}"
