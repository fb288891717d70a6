"""All KPIs, gathered from the families in `measures`: one file each, with a tuple `KPIS`."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.kpi import measures
from troth.kpi.definition import Kpi


@cache
def catalogue() -> dict[str, Kpi]:
    """Return every KPI by its name (`id`, or `id/variant`), in family order, canonical variants first."""
    found: dict[str, Kpi] = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(measures.__path__) if not m.name.startswith("_")):
        for kpi in importlib.import_module(f"{measures.__name__}.{module}").KPIS:
            if kpi.name in found:
                raise ValueError(f"{kpi.name} is declared twice.")
            found[kpi.name] = kpi
    return dict(sorted(found.items(), key=lambda item: (item[1].id, item[1].variant != "", 0)))


def variants(kpi_id: str) -> list[Kpi]:
    """Return all variants of a KPI, the canonical one first; also by alias such as ``ASA``.

    One variant alone is named ``id/variant``, the canonical one alone ``id/``.

    Raises
    ------
    InputError
        ``unknown-kpi`` with the nearest names.
    """
    everything = catalogue()
    if kpi_id in everything and "/" in kpi_id:
        return [everything[kpi_id]]
    if kpi_id.endswith("/") and kpi_id[:-1] in everything:
        return [everything[kpi_id[:-1]]]
    wanted = kpi_id.upper()
    found = [k for k in everything.values() if k.id == kpi_id or wanted in k.aliases]
    if not found:
        names = sorted({k.id for k in everything.values()} | {a for k in everything.values() for a in k.aliases})
        near = difflib.get_close_matches(kpi_id, [*names, *everything], n=3, cutoff=0.4) or names
        advice = f"Maybe {', '.join(near[:3])}: see `troth kpi list`."
        raise InputError([Issue("unknown-kpi", Severity.ERROR, "kpi", kpi_id, advice)])
    return found


def canonical() -> list[Kpi]:
    """Return one KPI for each id, or all its variants where none of them is the canonical one."""
    kpis = list(catalogue().values())
    with_canonical = {k.id for k in kpis if not k.variant}
    return [k for k in kpis if not k.variant or k.id not in with_canonical]


def chosen(names: Iterable[str]) -> list[Kpi]:
    """Return the KPIs of several names without doubles; the canonical ones if no name is given."""
    listed = [kpi for name in names for kpi in variants(name)]
    return list(dict.fromkeys(listed)) or canonical()
