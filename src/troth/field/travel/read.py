"""Trips from a lake, tables and road graphs from files: all of this room that opens a lake or a file."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.time import to_utc
from troth.field.travel.learn import Trips
from troth.field.travel.matrix import table
from troth.field.travel.roads import RoadGraph, compress
from troth.field.travel.times import TravelPattern, TravelTimes
from troth.log.lake import Lake
from troth.log.references import read_reference
from troth.log.timelines import TIMELINES
from troth.log.timelines.cache import refresh

#: Part of a cached graph's name: another way of compressing makes another file.
_FORM: Final = 1
_ARRAYS: Final = ("points", "ends", "leaving", "coming", "chain", "begin", "head", "parent", "up", "down")
#: Who did nothing for so long began anew from home, in seconds.
_NIGHT_S: Final = 6 * 3600.0
#: A file of a table is not larger than this, in bytes.
_MOST: Final = 2 << 30

_SQL: Final = """
    SELECT agent_id, customer_id, asset, epoch(travel_started_at) AS departed, epoch(arrived_at) AS arrived,
           epoch(coalesce(ended_at, no_show_at, arrived_at)) AS left_at
    FROM ({rows}) WHERE agent_id IS NOT NULL AND travel_started_at IS NOT NULL AND arrived_at IS NOT NULL
        AND travel_started_at >= $start AND travel_started_at < $end {where}
    ORDER BY agent_id, travel_started_at, subject_id"""


def trips(lake: Lake, *, start: datetime, end: datetime, site: str | None = None) -> Trips:
    """Return the trips technicians made in ``[start, end)``: from `travel_started` to `arrived_on_site` of each visit.

    A trip begins where the technician's last visit was, or at home if that was more than six hours ago or there was none.
    Places are those of the table `locations`: of the visited equipment, or else the customer's only one.
    """
    where = "AND site = $site" if site is not None else ""
    named = {"start": to_utc(start), "end": to_utc(end)} | ({} if site is None else {"site": site})
    with lake.session() as con:
        rows = refresh(lake, con, TIMELINES["visits"])
        found = con.execute(_SQL.format(rows=rows, where=where), named).fetchall()
    spots = {row["location"]: (row["latitude"], row["longitude"]) for row in read_reference(lake, "locations")}
    homes, customers = dict[str, str](), dict[str, set[str]]()
    for row in read_reference(lake, "locations"):
        if row["kind"] == "home":
            homes[row["holder"]] = row["location"]
        elif row["kind"] == "customer":
            customers.setdefault(row["holder"], set()).add(row["location"])
    assets = {row["asset"]: row["location"] for row in read_reference(lake, "assets")}
    ends: list[tuple[tuple[float, float], tuple[float, float], float, float]] = []
    last, here, since = "", "", 0.0
    unknown = 0
    nowhere = (np.nan, np.nan)
    for agent, customer, asset, departed, arrived, left in found:
        if agent != last or departed - since > _NIGHT_S:
            here = homes.get(agent, "")
        only = customers.get(customer, set())
        there = assets.get(asset, "") or (next(iter(only)) if len(only) == 1 else "")
        a, b = (spots.get(one, nowhere) for one in (here, there))
        unknown += int(None in (*a, *b) or bool(np.isnan([*a, *b]).any()))
        ends.append((a, b, departed, arrived - departed))
        last, here, since = agent, there, left
    issues: tuple[Issue, ...] = ()
    if unknown:
        advice = "Maybe import the table locations: homes of technicians and places of customers."
        issues = (Issue("unplaced-trips", Severity.WARNING, "locations", "", advice, unknown),)
    array = np.array([(*a, *b, departed, took) for a, b, departed, took in ends], dtype=np.float64).reshape(-1, 6)
    return Trips(array[:, :2], array[:, 2:4], array[:, 4], array[:, 5], None, issues)


def matrix_file(path: Path, *, size: int | None = None, pattern: TravelPattern | None = None) -> TravelTimes:
    """Return travel times from a file: JSON or npz with ``seconds`` and ``metres``, or CSV of seconds.

    JSON may be as VROOM has it (``durations`` and ``distances``, alone or within ``matrices``). CSV has a row for each origin and a column for each
    destination, with or without names in the first row and column; a second block after an empty line holds metres.

    Parameters
    ----------
    size : how many places there are, if known.

    Raises
    ------
    InputError
        With every fault: a file of another kind, wrong size, not a number, negative, too great.
    """
    readers: Mapping[str, Callable[[Path], Mapping[str, Any]]] = {".json": _json, ".npz": _npz, ".csv": _csv}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError([_bad(path, path.suffix, "Maybe a file that ends in .json, .npz or .csv.")])
    try:
        if path.stat().st_size > _MOST:
            raise InputError([_bad(path, f"{path.stat().st_size} bytes", "Maybe it is another file: it is too large.")])
        data = reader(path)
    except (OSError, ValueError, KeyError, TypeError, EOFError, RecursionError, BadZipFile, csv.Error) as wrong:
        if isinstance(wrong, InputError):
            raise
        raise InputError(
            [_bad(path, str(wrong)[:120], "Maybe the file is damaged, or not what its name says.")]
        ) from None
    return table(data, size=size, where=str(path), pattern=pattern)


def _json(path: Path) -> Mapping[str, Any]:
    data = json.loads(path.read_text("utf-8"))
    if isinstance(data, list):
        return {"seconds": data}
    if isinstance(data, dict) and isinstance(data.get("matrices"), dict) and data["matrices"]:
        data = next(iter(data["matrices"].values()))
    if not isinstance(data, dict):
        raise InputError([_bad(path, str(data)[:80], "Maybe an object with durations and distances.")])
    return data


def _npz(path: Path) -> Mapping[str, Any]:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
        return {name: found[name] for name in found.files}


def _csv(path: Path) -> Mapping[str, Any]:
    blocks: list[list[list[str]]] = [[]]
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.reader(file):
            if any(cell.strip() for cell in row):
                blocks[-1].append([cell.strip() for cell in row])
            elif blocks[-1]:
                blocks.append([])
    tables = [[[_cell(cell) for cell in row] for row in _unnamed(block)] for block in blocks if block]
    return dict(zip(("seconds", "metres"), tables, strict=False))


def _unnamed(block: list[list[str]]) -> list[list[str]]:
    """Return a block without names in its first row and column, if it has any: then its corner is no number."""
    if not block or isinstance(_cell(block[0][0]), float) or len(block) == 1:
        return block
    named = not block[0][0] or not isinstance(_cell(block[1][0]), float)
    return [row[1:] if named else row for row in block[1:]]


def _cell(text: str) -> float | str | None:
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        return text


def _bad(path: Path, shown: str, advice: str) -> Issue:
    return Issue("bad-matrix-file", Severity.ERROR, str(path), shown, advice)


def road_graph(path: Path, *, cache: Path | None = None, pattern: TravelPattern | None = None) -> RoadGraph:
    """Return the road graph of an OpenStreetMap extract (``.osm.pbf``), made once and then read from a folder.

    Needs the extra ``roads``. The file in the folder is named by the digest of the extract, so that another extract makes another one.

    Parameters
    ----------
    cache : folder for compressed graphs; None to make it anew each time.

    Raises
    ------
    InputError
        If the extract cannot be read, or has no streets for cars.
    """
    if not path.is_file():
        advice = "Maybe download an extract of the region, in the format .osm.pbf."
        raise InputError([Issue("no-extract", Severity.ERROR, str(path), "", advice)])
    kept: Path | None = None
    if cache is not None:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
        kept = cache / f"roads-{_FORM}-{digest}.npz"
        found = load_graph(kept) if kept.exists() else None
        if found is not None:
            return found.fitted(pattern=pattern or TravelPattern())
    from troth.field.travel._pyrosm import streets_of

    made = compress(**streets_of(path))
    if kept is not None:
        save_graph(made, path=kept)
    return made.fitted(pattern=pattern or TravelPattern())


def save_graph(graph: RoadGraph, *, path: Path) -> None:
    """Write a road graph as arrays, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(number, "wb") as file:
            np.savez(file, **{one: getattr(graph, one) for one in _ARRAYS})
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def load_graph(path: Path) -> RoadGraph | None:
    """Return a road graph that `save_graph` wrote; None if the file is damaged."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
            arrays = {one: found[one] for one in _ARRAYS}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
    graph_of = {one: len(arrays[one]) for one in _ARRAYS}
    points, arcs, junctions = graph_of["points"], graph_of["head"], graph_of["parent"]
    sizes = {
        "ends": points, "leaving": points, "coming": points, "chain": points, "up": arcs, "down": arcs, "begin": junctions + 1,
    }  # fmt: skip
    sound = all(graph_of[one] == size for one, size in sizes.items()) and points > 0
    inside = all(len(arrays[one]) == 0 or arrays[one].max() < junctions for one in ("ends", "head", "parent"))
    return RoadGraph(**arrays) if sound and inside and arrays["begin"][-1] == arcs else None
