"""Streets from an OpenStreetMap extract, read by pyrosm (extra `roads`)."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.field.travel.osm import driven_kmh, ways
from troth.field.travel.places import pairwise_m

_TAGS = ("highway", "oneway", "maxspeed", "junction")


def streets_of(path: Path) -> dict[str, Any]:
    """Return nodes, tails, heads, metres and seconds of the streets for cars in an extract, as `compress` takes them.

    Raises
    ------
    InputError
        If pyrosm is not installed, the file is no extract, or has no streets for cars.
    """
    try:
        from pyrosm import OSM
    except ImportError:
        advice = "Maybe install the extra: pip install 'troth[roads]'."
        raise InputError([Issue("no-pyrosm", Severity.ERROR, str(path), "", advice)]) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an extract without streets: told below
            reader = OSM(str(path), keep_metadata=False, progress=False)
            nodes, edges = reader.get_network("driving+service", nodes=True, tags_to_keep=list(_TAGS))
    except Exception as wrong:  # noqa: BLE001 -- whatever a damaged file makes it raise
        advice = "Maybe the download is not complete, or it is not in the format .osm.pbf."
        raise InputError([Issue("bad-extract", Severity.ERROR, str(path), str(wrong)[:200], advice)]) from None
    if nodes is None or edges is None or not len(edges):
        advice = "Maybe the extract is of another region, or has no streets for cars."
        raise InputError([Issue("no-streets", Severity.ERROR, str(path), "0", advice)])
    return _arrays(nodes, edges)


def _arrays(nodes: Any, edges: Any) -> dict[str, Any]:
    ids = np.asarray(nodes["id"], dtype=np.int64)
    order = np.argsort(ids)
    at = np.column_stack([np.asarray(nodes[one], dtype=np.float64) for one in ("lat", "lon")])
    ends = [order[np.searchsorted(ids, np.asarray(edges[one], dtype=np.int64), sorter=order)] for one in ("u", "v")]
    metres = pairwise_m(at[ends[0]], at[ends[1]])
    tags = [_column(edges, name) for name in _TAGS]
    kmh = np.array(
        _each(lambda kind, most: driven_kmh(kind or "", maxspeed=most), [tags[0], tags[2]]), dtype=np.float64
    )
    open_ = np.array(
        _each(lambda kind, one, ring: ways(kind or "", oneway=one, junction=ring), [tags[0], tags[1], tags[3]]),
        dtype=np.bool_,
    )
    seconds = metres * 3.6 / kmh
    forth, back = open_[:, 0], open_[:, 1]
    return {
        "nodes": at,
        "tails": np.concatenate([ends[0][forth], ends[1][back]]),
        "heads": np.concatenate([ends[1][forth], ends[0][back]]),
        "metres": np.concatenate([metres[forth], metres[back]]),
        "seconds": np.concatenate([seconds[forth], seconds[back]]),
    }


def _column(edges: Any, name: str) -> list[str | None]:
    """Return a tag of every edge; where the extract has it nowhere, or only among the rest, too."""
    if name in edges:
        return [one if isinstance(one, str) else None for one in edges[name]]
    rest = edges["tags"] if "tags" in edges else [None] * len(edges)
    return [_from_rest(one, name) for one in rest]


def _from_rest(text: Any, name: str) -> str | None:
    if not isinstance(text, str) or f'"{name}"' not in text:
        return None
    found = json.loads(text).get(name)
    return found if isinstance(found, str) else None


def _each(function: Callable[..., Any], columns: list[list[str | None]]) -> list[Any]:
    """Return a function of every row, computed once for each of the few combinations there are."""
    known: dict[tuple[str | None, ...], Any] = {}
    rows = list(zip(*columns, strict=True))
    for row in rows:
        if row not in known:
            known[row] = function(*row)
    return [known[row] for row in rows]
