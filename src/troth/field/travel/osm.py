"""What OpenStreetMap's tags say of a street: which way, and how fast."""

from __future__ import annotations

import re
from typing import Final

#: Kilometres an hour that are driven on a street of a class without a sign, crossings included: an assumption, to be fitted to trips.
CLASS_KMH: Final = {
    "motorway": 100.0, "motorway_link": 50.0, "trunk": 80.0, "trunk_link": 45.0, "primary": 60.0, "primary_link": 40.0,
    "secondary": 50.0, "secondary_link": 35.0, "tertiary": 40.0, "tertiary_link": 30.0, "unclassified": 30.0,
    "residential": 25.0, "living_street": 10.0, "service": 15.0, "road": 25.0, "track": 10.0,
}  # fmt: skip
#: Of a limit that is signed so much is driven on average.
_OF_LIMIT: Final = 0.85
_OTHER_KMH: Final = 20.0
#: Limits in words: the number is that of most countries (the wiki's "Default speed limits" has all).
_WORDS: Final = {
    "walk": 7.0,
    "urban": 50.0,
    "rural": 90.0,
    "trunk": 110.0,
    "motorway": 130.0,
    "living_street": 10.0,
    "zone": 30.0,
}
_NUMBER: Final = re.compile(r"^(\d{1,3}(?:\.\d+)?)\s*(km/h|kmh|kph|mph|knots)?$")
_UNIT: Final = {"mph": 1.609344, "knots": 1.852}


def limit_kmh(maxspeed: str | None) -> float | None:
    """Return a signed limit in kilometres an hour; None if there is none, or none that is understood.

    Examples
    --------
    >>> limit_kmh("50"), limit_kmh("30 mph"), limit_kmh("LT:urban"), limit_kmh("none"), limit_kmh("50;30")
    (50.0, 48.28032, 50.0, None, 30.0)
    """
    if not maxspeed:
        return None
    found = [one for part in re.split(r"[;|,]", maxspeed) if (one := _one_limit(part.strip().lower())) is not None]
    return min(found) if found else None


def driven_kmh(highway: str, *, maxspeed: str | None = None) -> float:
    """Return what is driven on a street: by its sign if it has one, else by its class.

    Examples
    --------
    >>> driven_kmh("residential"), driven_kmh("residential", maxspeed="50"), driven_kmh("motorway", maxspeed="none")
    (25.0, 42.5, 100.0)
    """
    usual, limit = CLASS_KMH.get(highway, _OTHER_KMH), limit_kmh(maxspeed)
    return usual if limit is None else max(5.0, _OF_LIMIT * limit)


def ways(highway: str, *, oneway: str | None = None, junction: str | None = None) -> tuple[bool, bool]:
    """Tell whether a street may be driven in the direction it is drawn, and against it.

    Roundabouts and motorways are one-way unless a tag says otherwise (OpenStreetMap wiki, Key:oneway).

    Examples
    --------
    >>> ways("residential"), ways("residential", oneway="-1"), ways("tertiary", junction="roundabout")
    ((True, True), (False, True), (True, False))
    """
    said = (oneway or "").strip().lower()
    if said in {"yes", "true", "1"}:
        return True, False
    if said in {"-1", "reverse"}:
        return False, True
    if said == "reversible":
        return False, False
    implied = said not in {"no", "false", "0", "alternating"} and (
        highway == "motorway" or junction in {"roundabout", "circular"}
    )
    return True, not implied


def _one_limit(text: str) -> float | None:
    number = _NUMBER.match(text)
    if number:
        found = float(number[1]) * _UNIT.get(number[2] or "", 1.0)
        return found if found > 0 else None
    return _WORDS.get(text.rpartition(":")[2])
