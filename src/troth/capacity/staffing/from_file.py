"""A staffing problem from plain data, as a JSON file has it: every fault at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np

from troth.capacity.staffing.problem import Floats, LevelOver, SkillGroup, StaffedQueue, StaffingProblem
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.random import stream

_QUEUE = {
    "handle_s": float, "level": float, "within_s": float, "patience_s": float, "at_once": int, "slowing": float,
    "deferred": bool, "interruptible": bool, "worth_cents": float,
}  # fmt: skip
_GROUP = {"cents_per_hour": float, "in_office": float, "out_of_office": float}
_WHOLE = {"minutes": int, "confidence": float, "occupancy": float, "time_zone": str}


def problem_from_data(data: Any) -> StaffingProblem:
    """Return the problem that plain data describes.

    Parameters
    ----------
    data : an object with ``start`` (with offset), ``queues``, ``groups``, and if wanted minutes, confidence, occupancy,
        time_zone, and ``paths`` and ``seed`` of what is drawn. A queue has ``arrivals`` (a list of sample paths), or ``mean`` (expected
        contacts by interval) with ``day_spread``: paths are then drawn, Poisson around a level of the whole that differs. ``open``
        is a list of true and false. Other names are those of `StaffedQueue` and `SkillGroup`.

    Raises
    ------
    InputError
        With every unknown name, missing one and wrong kind.
    """
    issues: list[Issue] = []
    if not isinstance(data, Mapping):
        raise InputError([_wrong("not-an-object", "file", data, "Maybe the file is another one.")])
    start = _instant(data.get("start"), issues)
    whole = _taken(data, _WHOLE, "file", {"start", "queues", "groups", "paths", "seed"}, issues)
    paths, seed = (_number(data.get(name, usual), name, issues) for name, usual in (("paths", 200), ("seed", 0)))
    lists: dict[str, list[Any]] = {}
    for name in ("queues", "groups"):
        value = data.get(name)
        if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
            issues.append(_wrong("not-a-list", name, value, "Maybe a list of objects."))
            value = []
        lists[name] = value
    queues = tuple(_queue(one, k, max(1, paths), seed, issues) for k, one in enumerate(lists["queues"]))
    groups = tuple(_group(one, k, issues) for k, one in enumerate(lists["groups"]))
    if issues:
        raise InputError(issues)
    return StaffingProblem(start, queues, groups, **whole)


def _wrong(code: str, where: str, value: object, advice: str) -> Issue:
    """Return an error with its value cut short."""
    return Issue(code, Severity.ERROR, where, str(value)[:80], advice)


def _instant(text: Any, issues: list[Issue]) -> datetime:
    """Return an instant with its offset; complain about what is none."""
    try:
        found = datetime.fromisoformat(str(text))
        if found.tzinfo is not None:
            return found
    except ValueError:
        pass
    issues.append(_wrong("bad-time", "start", text, "Maybe a time with its offset: 2026-03-02T08:00+02:00."))
    return datetime.fromisoformat("2000-01-01T00:00+00:00")


def _taken(
    data: Mapping[str, Any], known: Mapping[str, Any], where: str, more: set[str], issues: list[Issue]
) -> dict[str, Any]:
    """Return the values of known names in their kinds; complain about the rest."""
    found: dict[str, Any] = {}
    for name, value in data.items():
        if name in more or value is None:
            continue
        if name not in known:
            issues.append(
                _wrong("unknown-name", f"{where}.{name}", value, f"Maybe one of {', '.join([*known, *sorted(more)])}.")
            )
            continue
        kind = known[name]
        fits = isinstance(value, bool) if kind is bool else isinstance(value, str) if kind is str else _is_number(value)
        if fits and kind is int and value != int(value):
            fits = False
        if not fits:
            issues.append(
                _wrong(
                    "not-a-number" if kind in (int, float) else "bad-value",
                    f"{where}.{name}",
                    value,
                    "Maybe quotation marks around a number, or the other way.",
                )
            )
        else:
            found[name] = kind(value)
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: Any, where: str, issues: list[Issue]) -> int:
    if _is_number(value) and value == int(value):
        return int(value)
    issues.append(_wrong("not-a-number", where, value, "Maybe a whole number."))
    return 1


def _numbers(value: Any, where: str, issues: list[Issue]) -> Floats:
    """Return an array of numbers; complain about what is none."""
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        issues.append(_wrong("not-a-number", where, value, "Maybe rows of different lengths, or a text among numbers."))
        return np.zeros(0)


def _queue(data: Mapping[str, Any], k: int, paths: int, seed: int, issues: list[Issue]) -> StaffedQueue:
    where = f"queues[{data.get('queue', k)}]"
    values = _taken(data, _QUEUE, where, {"queue", "arrivals", "mean", "day_spread", "open", "over"}, issues)
    missing = [name for name in ("queue", "handle_s") if data.get(name) is None]
    issues.extend(_wrong("missing", where, name, "Maybe it was forgotten.") for name in missing)
    values.setdefault("handle_s", 1.0)
    if data.get("over") is not None:
        try:
            values["over"] = LevelOver(str(data["over"]))
        except ValueError:
            issues.append(_wrong("bad-value", f"{where}.over", data["over"], "Maybe day or interval."))
    if data.get("open") is not None:
        values["open"] = _numbers(data["open"], f"{where}.open", issues) > 0
    if (data.get("arrivals") is None) == (data.get("mean") is None):
        issues.append(_wrong("missing", where, "arrivals or mean", "Maybe give one of the two."))
        return StaffedQueue(str(data.get("queue", k)), np.zeros((1, 1)), **values)
    if data.get("arrivals") is not None:
        arrivals = np.atleast_2d(_numbers(data["arrivals"], f"{where}.arrivals", issues))
    else:
        arrivals = _drawn(data, where, paths, seed, issues)
    return StaffedQueue(str(data.get("queue", k)), arrivals, **values)


def _drawn(data: Mapping[str, Any], where: str, paths: int, seed: int, issues: list[Issue]) -> Floats:
    """Return sample paths: Poisson around means times a level drawn for each path."""
    mean = _numbers(data["mean"], f"{where}.mean", issues)
    spread = data.get("day_spread", 0.0)
    if not _is_number(spread) or not 0 <= spread < 10:
        issues.append(_wrong("not-a-share", f"{where}.day_spread", spread, "Maybe 0.1: days differ by ten percent."))
        spread = 0.0
    if not mean.size:
        return np.zeros((paths, 1))
    if mean.ndim != 1 or not (np.isfinite(mean) & (mean >= 0)).all():
        issues.append(_wrong("negative-contacts", f"{where}.mean", data["mean"], "Maybe a hole: use 0."))
        return np.zeros((paths, 1))
    rng = stream(seed, "staffing paths", str(data.get("queue")))
    # One level for all queues of a path: busy days are busy everywhere.
    shared = stream(seed, "staffing levels")
    level = shared.gamma(1 / spread**2, spread**2, (paths, 1)) if spread > 0 else np.ones((paths, 1))
    return rng.poisson(level * mean[None, :]).astype(np.float64)


def _group(data: Mapping[str, Any], k: int, issues: list[Issue]) -> SkillGroup:
    where = f"groups[{data.get('group', k)}]"
    values = _taken(data, _GROUP, where, {"group", "queues", "least", "most", "open", "paces"}, issues)
    names = data.get("queues")
    if data.get("group") is None:
        issues.append(_wrong("missing", where, "group", "Maybe it was forgotten."))
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        issues.append(_wrong("not-a-list", f"{where}.queues", names, "Maybe a list of names of queues."))
        names = []
    for name in ("least", "most"):
        if data.get(name) is not None:
            found = _numbers(data[name], f"{where}.{name}", issues)
            values[name] = int(found) if found.ndim == 0 and np.isfinite(found) else found
    if data.get("open") is not None:
        values["open"] = _numbers(data["open"], f"{where}.open", issues) > 0
    if data.get("paces") is not None:
        values["paces"] = tuple(np.atleast_1d(_numbers(data["paces"], f"{where}.paces", issues)).ravel().tolist())
    return SkillGroup(str(data.get("group", k)), tuple(names), **values)
