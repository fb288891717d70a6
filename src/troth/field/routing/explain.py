"""Explanations of routing as English sentences, for the command line and reports; screens translate codes themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from troth.core.decision import Explanation

_SAVED: Final = {
    "routing.promise": ("broken promise", "broken promises"),
    "routing.unserved": ("visit left out", "visits left out"),
    "routing.must": ("visit left out that must be made", "visits left out that must be made"),
    "routing.shift": ("shift that ends too late", "shifts that end too late"),
    "routing.window": ("missed window", "missed windows"),
}
_WORDS: Final = {
    "routing.work": "paid time", "routing.distance": "driving", "routing.overtime": "overtime", "routing.balance": "uneven tours",
    "routing.promise": "lateness", "routing.soft-late": "lateness", "routing.soft-early": "earliness",
    "routing.preference": "other than preferred people", "routing.used": "tours", "routing.unserved": "visits left out",
}  # fmt: skip


def sentence(explanation: Explanation, *, names: Mapping[str, str] | None = None) -> str:
    """Return an explanation of a change as one English sentence: what, why, what it saves.

    Parameters
    ----------
    explanation : of a `VisitChange`; other codes are said by their parameters.
    names : titles of technicians and visits by id.

    Examples
    --------
    >>> because = Explanation("routing.because-ill", {"technician": "jonas", "visit": "", "minutes": 0, "what": ""})
    >>> saves = Explanation("routing.saves", {"rule": "routing.promise", "cents": 9000.0, "times": 2})
    >>> said = {"visit": "v7", "from_technician": "ada", "to_technician": "ada", "from_s": 0, "to_s": 2400, "minutes": 40.0}
    >>> sentence(Explanation("routing.change-time", said, (because, saves)), names={"jonas": "Jonas"})
    'v7 moved 40 min later: Jonas is ill; saves two broken promises.'
    """
    called = dict(names or {})

    def name(one: Any) -> str:
        return called.get(str(one), str(one))

    change = _CHANGES.get(explanation.code)
    if change is None:
        told = ", ".join(
            f"{key} {name(value)}" for key, value in explanation.parameters.items() if value not in ("", ())
        )
        return f"{explanation.code}{': ' if told else ''}{told}."
    why = next((_because(one, name) for one in explanation.parts if one.code.startswith("routing.because-")), "")
    gain = _gain([one.parameters for one in explanation.parts if one.code == "routing.saves"])
    said = change(explanation.parameters, name)
    return f"{said}{': ' + why if why else ''}{'; ' + gain if gain else ''}."


def _time(p: Mapping[str, Any], name: Callable[[Any], str]) -> str:
    minutes = round(p["minutes"])
    return f"{name(p['visit'])} moved {abs(minutes)} min {'later' if minutes >= 0 else 'earlier'}"


def _other(p: Mapping[str, Any], name: Callable[[Any], str]) -> str:
    minutes = round(p["minutes"])
    when = f", {abs(minutes)} min {'later' if minutes > 0 else 'earlier'}" if minutes else ""
    return f"{name(p['visit'])} goes from {name(p['from_technician'])} to {name(p['to_technician'])}{when}"


_CHANGES: Final[Mapping[str, Callable[[Mapping[str, Any], Callable[[Any], str]], str]]] = {
    "routing.change-time": _time,
    "routing.change-technician": _other,
    "routing.change-left-out": lambda p, name: f"{name(p['visit'])} is left out",
    # It may have come in now, or have been left out before.
    "routing.change-added": lambda p, name: f"{name(p['visit'])} is added, {name(p['to_technician'])} goes",
}


def _because(one: Explanation, name: Callable[[Any], str]) -> str:
    p, kind = one.parameters, one.code.removeprefix("routing.because-")
    who, visit, minutes = name(p.get("technician", "")), name(p.get("visit", "")), round(float(p.get("minutes", 0)))
    late = f"{who or visit} is {minutes} min late" if minutes else f"{who or visit} is late"
    return {
        "ill": f"{who} is ill",
        "back": f"{who} is back",
        "late": late,
        "cancelled": f"{visit} is cancelled",
        "no-show": f"nobody is at {visit}",
        "new": f"{visit} came in",
        "emergency": f"{visit} is an emergency",
        "part-missing": f"{p.get('what') or 'a part'} is missing",
    }.get(kind, kind)


def _gain(rows: list[Mapping[str, Any]]) -> str:
    """Return what is saved: breaches that are fewer first, else cents, and of what most."""
    counted = [(row["rule"], row["times"]) for row in rows if row["times"] > 0 and row["rule"] in _SAVED]
    if counted:
        return "saves " + " and ".join(f"{_number(n)} {_SAVED[rule][n > 1]}" for rule, n in counted)
    whole = sum(row["cents"] for row in rows)
    most = max(rows, key=lambda row: row["cents"], default=None)
    if most is None or whole < 1:
        return ""
    return f"saves {whole / 100:.2f}, most of it {_WORDS.get(most['rule'], most['rule'])}"


def _number(n: int) -> str:
    return ("no", "one", "two", "three", "four", "five", "six")[n] if n <= 6 else str(n)
