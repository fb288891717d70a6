"""Files of `troth roster`: problems and rosters as JSON, as their records are, with everything wrong told at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Final

from troth.capacity.roster.plan import RosterPlan, judged
from troth.capacity.roster.problem import (
    Activity,
    Before,
    Duty,
    Employee,
    KindNeed,
    Pause,
    Prices,
    RosterProblem,
    ShiftKind,
    SlotNeed,
    Terms,
    Wish,
)
from troth.capacity.roster.rules import Violation
from troth.core.decision import Issue, Severity, Status
from troth.core.errors import InputError
from troth.core.json_input import loaded

#: What a file may hold; beyond it a mistake is likelier than a roster.
MOST_BYTES, MOST_NUMBER, MOST_DAYS, MOST_PEOPLE = 200_000_000, 1_000_000_000, 731, 10_000
#: Kinds times starts times lengths, and these times people and days: arrays of so many numbers are kept.
MOST_OPTIONS, MOST_CELLS = 20_000, 200_000_000
MOST_DUTIES: Final = 2_000_000
_YEARS: Final = range(1900, 2301)
_RECORDS: Final = (
    RosterProblem, ShiftKind, Pause, Activity, Terms, Wish, Before, Employee, KindNeed, SlotNeed, Prices, Duty,
)  # fmt: skip
_SETS: Final = frozenset({"away", "skills", "not_before"})
_CODES: Final = {
    "unexpected_keyword_argument": "unknown-key",
    "missing": "missing-key",
    "finite_number": "not-a-number",
    "json_invalid": "not-json",
    "dataclass_type": "wrong-type",
}
_ADVICE: Final = {
    "missing": "Maybe it was left out: it has no usual value.",
    "finite_number": "Maybe a price of 0 or more: NaN and infinity are none.",
    "json_invalid": "Maybe the file is cut off, or of another format: see --input.",
    "dataclass_type": "Maybe an object in braces: the guide names its keys.",
    "int_type": "Maybe a whole number without quotes.",
    "int_from_float": "Maybe a whole number.",
    "float_type": "Maybe a number without quotes.",
    "string_type": "Maybe a text in quotes.",
    "tuple_type": "Maybe a list in brackets.",
    "frozen_set_type": "Maybe a list in brackets.",
    "bool_type": "Maybe true or false.",
}


@dataclass(frozen=True, slots=True)
class _PlanFile:
    """A roster as a file has it: all of `RosterPlan` but the problem."""

    duties: tuple[Duty, ...]
    status: Status | None = None
    objective: dict[str, float] = field(default_factory=dict)
    bound: float | None = None
    broken: tuple[Violation, ...] = ()
    conflicts: tuple[Issue, ...] = ()
    seed: int = 0
    seconds: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)


def read_problem(path: Path, *, form: str = "json") -> RosterProblem:
    """Return the problem of a file.

    Parameters
    ----------
    form : json, nurse or multi-activity.

    Raises
    ------
    InputError : everything that cannot be read, each with its place.
    """
    text = _text(path)
    if form != "json":
        from troth.capacity.roster import read_multi_activity, read_nurse

        return (read_nurse if form == "nurse" else read_multi_activity)(text, name=path.name)
    return problem_from_json(text, name=path.name)


def problem_from_json(text: str, *, name: str = "problem") -> RosterProblem:
    """Return the problem that a JSON text says.

    Raises
    ------
    InputError : unknown and missing keys, wrong types, numbers that are none, sizes beyond all measure.
    """
    (problem,) = _parsed("problem", text, name)
    issues = [*_sizes(problem, name), *_large(problem, name)]
    if issues:
        raise InputError(issues)
    from troth.core.spans import zone

    zone(problem.time_zone)
    return problem  # type: ignore[no-any-return]


def problem_to_json(problem: RosterProblem) -> str:
    """Return a problem as JSON; what has its usual value is left out."""
    (plain,) = _adapter("problem").dump_python((problem,), mode="json", exclude_defaults=True)
    return json.dumps(_ordered(plain), ensure_ascii=False, indent=1) + "\n"


def read_plan(path: Path, *, problem: RosterProblem) -> RosterPlan:
    """Return the roster of a file; one that has shifts only is judged anew.

    Raises
    ------
    InputError : as `problem_from_json`.
    """
    return plan_from_json(_text(path), problem=problem, name=path.name)


def plan_from_json(text: str, *, problem: RosterProblem, name: str = "plan") -> RosterPlan:
    """Return the roster that a JSON text says."""
    (one,) = _parsed("plan", text, name)
    issues = list(_large(one, name))
    if len(one.duties) > MOST_DUTIES:
        issues.append(_too_large(f"{name}, duties", len(one.duties), MOST_DUTIES))
    if issues:
        raise InputError(issues)
    if one.status is None:
        return judged(problem, one.duties, bound=None, whole=False, seed=one.seed, seconds=one.seconds, versions={})
    return RosterPlan(
        problem, one.duties, one.status, one.objective, one.bound, one.broken, one.conflicts, one.seed, one.seconds,
        one.versions,
    )  # fmt: skip


def plan_to_json(plan: RosterPlan) -> str:
    """Return a roster as JSON, without its problem."""
    one = _PlanFile(
        plan.duties, plan.status, dict(plan.objective), plan.bound, plan.broken, plan.conflicts, plan.seed, plan.seconds,
        dict(plan.versions),
    )  # fmt: skip
    (plain,) = _adapter("plan").dump_python((one,), mode="json", exclude_defaults=True)
    return json.dumps(plain, ensure_ascii=False, indent=1) + "\n"


def _text(path: Path) -> str:
    """Return a file's text if it is one of bearable size."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError([_too_large(path.name, path.stat().st_size, MOST_BYTES)])
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        advice = "Maybe save it as UTF-8."
        raise InputError([Issue("bad-encoding", Severity.ERROR, path.name, f"byte {error.start}", advice)]) from None


@cache
def _adapter(what: str) -> Any:
    """Return what reads and writes records, strict, of one element: settings reach records only through a container."""
    from pydantic import ConfigDict, TypeAdapter

    config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    kinds: Mapping[str, Any] = {"problem": tuple[RosterProblem], "plan": tuple[_PlanFile]}
    return TypeAdapter(kinds[what], config=config)


def _parsed(what: str, text: str, name: str) -> Any:
    from pydantic import ValidationError

    loaded(text, name=name)  # the other reader passes over keys that are there twice
    try:
        return _adapter(what).validate_json(f"[{text}\n]")
    except ValidationError as error:
        raise InputError([_issue(one, name) for one in error.errors(include_url=False)]) from None


def _issue(one: Mapping[str, Any], name: str) -> Issue:
    """Return what pydantic complains of as an issue."""
    kind, place = one["type"], _place(one["loc"][1:])
    where = f"{name}, {place}" if place else name
    if kind == "unexpected_keyword_argument":
        near = get_close_matches(str(one["loc"][-1]), _keys(), n=1)
        advice = f"Maybe {near[0]} is meant." if near else "Maybe it belongs elsewhere: the guide names the keys."
    else:
        advice = _ADVICE.get(kind, f"Maybe: {one['msg'][:1].lower()}{one['msg'][1:]}.")
    value = "" if kind in {"missing", "json_invalid"} else repr(one["input"])[:80]
    if kind == "json_invalid":
        value = str(one.get("ctx", {}).get("error", ""))[:80]
    return Issue(_CODES.get(kind, "wrong-type"), Severity.ERROR, where, value, advice)


def _place(path: tuple[str | int, ...]) -> str:
    out = ""
    for part in path:
        out += f"[{part}]" if isinstance(part, int) else f".{part}" if out else str(part)
    return out


@cache
def _keys() -> tuple[str, ...]:
    return tuple(sorted({one.name for record in (*_RECORDS, _PlanFile) for one in fields(record)}))


def _sizes(problem: RosterProblem, name: str) -> Iterator[Issue]:
    options = sum(max(1, len(kind.starts)) * len(kind.lengths) for kind in problem.kinds)
    for where, n, most in (
        ("days", problem.days, MOST_DAYS),
        ("staff", len(problem.staff), MOST_PEOPLE),
        ("kinds", options, MOST_OPTIONS),
        ("staff x days x kinds", len(problem.staff) * problem.days * options, MOST_CELLS),
    ):
        if n > most:
            yield _too_large(f"{name}, {where}", n, most)
    if problem.first_date.year not in _YEARS:
        advice = f"Maybe a year from {_YEARS[0]} to {_YEARS[-1]}."
        yield Issue("outside", Severity.ERROR, f"{name}, first_date", problem.first_date.isoformat(), advice)


def _large(value: Any, where: str) -> Iterator[Issue]:
    """Yield numbers beyond all measure, wherever they stand."""
    if isinstance(value, (int, float)) and not -MOST_NUMBER <= value <= MOST_NUMBER:
        yield _too_large(where, value, MOST_NUMBER)
    elif isinstance(value, (tuple, frozenset)):
        for k, part in enumerate(value):
            yield from _large(part, f"{where}[{k}]")
    elif is_dataclass(value):
        for one in fields(value):
            yield from _large(
                getattr(value, one.name), f"{where}, {one.name}" if "," not in where else f"{where}.{one.name}"
            )


def _too_large(where: str, value: float, most: int) -> Issue:
    return Issue("too-large", Severity.ERROR, where, f"{value:,}"[:40], f"Maybe {most:,} or less.")


def _ordered(value: Any, key: str = "") -> Any:
    """Sort what is a set, so that a file is the same each time."""
    if isinstance(value, dict):
        return {name: _ordered(part, name) for name, part in value.items()}
    if isinstance(value, list):
        return sorted(value) if key in _SETS else [_ordered(part) for part in value]
    return value
