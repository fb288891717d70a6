"""The field service as the demo company has it: an installer of heating and cooling in and around Vilnius."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from math import ceil
from typing import Final

import numpy as np

from troth.demo.field.truth import Area, AssetKind, FieldService, PartKind, Technician
from troth.demo.field.wing import FieldTruth

_AREAS: Final = (
    Area("Old town", 54.680, 25.285, 1.6, 0.17),
    Area("Antakalnis", 54.712, 25.318, 2.2, 0.13),
    Area("Fabijoniškės", 54.733, 25.243, 2.0, 0.17),
    Area("Lazdynai", 54.672, 25.208, 2.2, 0.14),
    Area("Naujoji Vilnia", 54.694, 25.409, 2.6, 0.1),
    Area("Grigiškės", 54.675, 25.098, 2.8, 0.09),
    Area("Nemenčinė", 54.848, 25.477, 3.2, 0.07),
    Area("Lentvaris", 54.644, 25.052, 3.0, 0.07),
    Area("Trakai", 54.637, 24.934, 3.5, 0.06),
)
_PARTS: Final = (
    PartKind("gas-valve", "Gas valve", 8900, 3, 1, 12),
    PartKind("igniter", "Ignition electrode", 2400, 2, 3, 24),
    PartKind("pump", "Circulation pump", 14900, 4, 1, 12),
    PartKind("fan", "Fan motor", 11900, 5, 1, 10),
    PartKind("board", "Control board", 21900, 6, 0, 8),
    PartKind("sensor", "Temperature sensor", 1900, 2, 3, 30),
    PartKind("valve", "Three-way valve", 6900, 4, 0, 10),
    PartKind("filter", "Filter set", 1500, 2, 5, 50),
    PartKind("compressor", "Compressor", 64900, 8, 0, 3),
    PartKind("element", "Heating element", 4900, 3, 1, 12),
)
_KINDS: Final = (
    AssetKind("boiler", "Gas boiler", 0.46, 1.0,
              (("igniter", 0.2), ("gas-valve", 0.1), ("pump", 0.09), ("fan", 0.07), ("board", 0.06), ("sensor", 0.14)),
              0.5, 38.0, 7.0),
    AssetKind("heat pump", "Heat pump", 0.2, 1.25,
              (("fan", 0.08), ("board", 0.1), ("valve", 0.09), ("compressor", 0.03), ("sensor", 0.15), ("pump", 0.06)),
              0.35, 14.0, 11.0),
    AssetKind("ventilation", "Ventilation unit", 0.19, 0.85, (("filter", 0.45), ("fan", 0.12), ("board", 0.05)),
              -0.25, 3.0, 18.0),
    AssetKind("water heater", "Water heater", 0.15, 0.8, (("element", 0.3), ("sensor", 0.12), ("valve", 0.06)),
              0.1, 11.0, 3.0),
)  # fmt: skip
_SERVICES: Final = (
    FieldService("repair", "Repair", 0.58, 4200, 0.42, 0.07, 1.8, 1, 1.0, 2.7, "P2"),
    FieldService("emergency", "Emergency call-out", 0.1, 4500, 0.5, 0.09, 1.8, 0, 1.0, 2.4, "P1"),
    FieldService("inspection", "Inspection", 0.18, 2700, 0.28, 0.04, 1.6, 3, 0.12, 5.0, "P4"),
    FieldService("installation", "Installation", 0.14, 9600, 0.3, 0.08, 1.5, 5, 0.0, 4.5, "P3"),
)
_FIRST: Final = (
    "Mantas Darius Paulius Gintaras Rokas Vytautas Edita Saulius Rita Arūnas Kęstutis Loreta Nerijus Tadas".split()
)
_LAST: Final = "Petraitis Urbonas Stankevičius Butkus Navickas Žukas Mickus Balčiūnas Šimkus Rimkus Gudaitis".split()


def field_service(
    code: str,
    *,
    start: str,
    days: int,
    size: float = 1.0,
    holidays: tuple[tuple[str, str], ...] = (),
    seed: int = 7,
) -> FieldTruth:
    """Return the truth of a field service.

    Parameters
    ----------
    code : letters put into every id; no site may have the same.
    start : first local day, ISO date; `days`: how many follow, over which leave is planned.
    size : volume and people relative to the default of fifteen technicians and nearly forty visits a day.
    holidays : (ISO date, title) of the days it is closed.
    seed : of people's hidden abilities, which are part of the truth.

    Examples
    --------
    >>> len(field_service("f", start="2026-03-02", days=7).technicians)
    15
    """
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, 71, *map(ord, code)))))
    week = tuple(() if k == 6 else (("09:00", "15:00"),) if k == 5 else (("07:30", "18:00"),) for k in range(7))
    crew = max(3, round(15 * size))
    return FieldTruth(
        code,
        f"field-{code}",
        "Field service",
        "Europe/Vilnius",
        start,
        week,
        holidays,
        (54.662, 25.247),
        _AREAS,
        tuple(_technician(code, k, date.fromisoformat(start), days, rng) for k in range(crew)),
        _SERVICES,
        _KINDS,
        _PARTS,
        customers=max(150, ceil(12_000 * size)),
        per_day=26.5 * size,
        connected=max(5, round(40 * size)),
    )


def _technician(code: str, number: int, start: date, days: int, rng: np.random.Generator) -> Technician:
    """Hire a technician: everybody knows boilers, and two kinds more; one of them very well."""
    names = [kind.kind for kind in _KINDS]
    known = [names[0], names[1 + number % 3], names[1 + (number + 1) % 3]]
    best = known[int(rng.integers(3))]
    skills = tuple((name, 3 if name == best else int(rng.choice((1, 2, 2)))) for name in known)
    area = _AREAS[int(rng.integers(len(_AREAS)))]
    home = (area.latitude + 0.02 * float(rng.standard_normal()), area.longitude + 0.03 * float(rng.standard_normal()))
    return Technician(
        f"{code}-{number + 1:02d}",
        f"{_FIRST[int(rng.integers(len(_FIRST)))]} {_LAST[int(rng.integers(len(_LAST)))]}",
        (round(home[0], 5), round(home[1], 5)),
        skills,
        pace=round(float(np.exp(0.13 * rng.standard_normal())), 3),
        insight=round(float(0.35 * rng.standard_normal()), 3),
        early=number % 2 == 0,
        leave=_leave(start, days, rng),
    )


def _leave(start: date, days: int, rng: np.random.Generator) -> tuple[tuple[str, str], ...]:
    """Return planned leave: about a week in ten."""
    found: Sequence[tuple[str, str]] = ()
    for k in range(0, days, 70):
        if days - k >= 30:
            first = start + timedelta(days=k + int(rng.integers(3, min(60, days - k - 10))))
            last = first + timedelta(days=int(rng.choice((3, 7, 11))))
            found = (*found, (first.isoformat(), last.isoformat()))
    return tuple(found)
