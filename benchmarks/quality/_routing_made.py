"""Made instances of vehicle routing with time windows, of the kinds and sizes of Gehring and Homberger (1999).

Their instances are not copied: places, demands and windows are drawn anew, by the rules Solomon (1987, Operations Research 35,
254-265) tells. C: customers in clusters, windows around the arrivals of a sensible tour; R: customers anywhere; RC: half of
each. 1: short horizon and small vans; 2: long horizon and large vans. Size, side of the square, horizon and capacity grow as
in the published ones.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

#: Kind: horizon at sides of 140 and 500, capacity, minutes of service.
_KINDS: Final = {
    "C1": (1351, 1824, 200, 90),
    "C2": (3680, 3914, 700, 90),
    "R1": (634, 1925, 200, 10),
    "R2": (2535, 7697, 1000, 10),
    "RC1": (634, 1821, 200, 10),
    "RC2": (2535, 7284, 1000, 10),
}
_SIDES: Final = {100: 100, 200: 140, 400: 200, 600: 300, 800: 400, 1000: 500}


def made(kind: str, *, customers: int, seed: int, density: float = 1.0, width: float = 0.04) -> str:
    """Return an instance in Solomon's format.

    Parameters
    ----------
    kind : C1, C2, R1, R2, RC1 or RC2.
    density : share of customers that have a window of their own.
    width : mean width of a window as a share of the horizon; widths are drawn between half and one and a half of it.
    """
    draw = np.random.default_rng([seed, customers, *kind.encode()])
    side = _SIDES.get(customers, round(500 * (customers / 1000) ** 0.5))
    early, late, capacity, service = _KINDS[kind]
    horizon = round(early + (late - early) * (side - 140) / 360)
    at = np.array([[side / 2, side / 2], *_places(kind, customers, side, draw)]).round()
    demand = np.clip(draw.normal(18, 10, customers).round(), 1, 50)
    out = np.hypot(*(at[1:] - at[0]).T)
    low, high = np.ceil(out), np.floor(horizon - out - service)
    middle = draw.uniform(low, high)
    if kind.startswith("C"):
        middle = np.clip(_arrivals(at, demand, capacity, service), low, high)
    span = np.maximum(horizon * width * draw.uniform(0.5, 1.5, customers), 10) / 2
    has = draw.random(customers) < density
    opens = np.where(has, np.clip(np.round(middle - span), 0, high), 0)
    closes = np.where(has, np.clip(np.round(middle + span), low, high), high)
    rows = [f"{0:5}{side // 2:8}{side // 2:8}{0:8}{0:8}{horizon:8}{0:8}"]
    for k in range(customers):
        figures = (at[k + 1, 0], at[k + 1, 1], demand[k], opens[k], closes[k], service)
        rows.append(f"{k + 1:5}" + "".join(f"{figure:8.0f}" for figure in figures))
    head = [
        f"{kind}_{customers}_{seed}",
        "",
        "VEHICLE",
        "NUMBER     CAPACITY",
        f"{customers // 4:5}{capacity:13}",
        "",
        "CUSTOMER",
    ]
    columns = "CUST NO.   XCOORD.    YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE TIME"
    return "\n".join([*head, columns, "", *rows, ""])


def _places(kind: str, customers: int, side: int, draw: np.random.Generator) -> Any:
    anywhere = draw.uniform(0, side, (customers, 2))
    centres = draw.uniform(0.05 * side, 0.95 * side, (max(customers // 50, 2), 2))
    near = centres[draw.integers(len(centres), size=customers)] + draw.normal(0, 6, (customers, 2))
    clustered = {"C": 1.0, "R": 0.0, "RC": 0.5}[kind[:-1]]
    return np.where((draw.random(customers) < clustered)[:, None], np.clip(near, 0, side), anywhere)


def _arrivals(at: Any, demand: Any, capacity: int, service: int) -> Any:
    """Return when a van arrives that goes from each place to the nearest that is left, and home when it is empty."""
    left = set(range(1, len(at)))
    out = np.zeros(len(at) - 1)
    here, clock, load = 0, 0.0, 0.0
    while left:
        rest = np.fromiter(left, int)
        gaps = np.hypot(*(at[rest] - at[here]).T)
        go = int(rest[gaps.argmin()])
        if load + demand[go - 1] > capacity:
            here, clock, load = 0, 0.0, 0.0
            continue
        clock += float(gaps.min())
        out[go - 1] = clock
        clock, load, here = clock + service, load + demand[go - 1], go
        left.remove(go)
    return out
