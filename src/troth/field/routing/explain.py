"""Explanations of routing as English sentences, for the command line and reports; screens translate codes themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from troth.charts.numbers import plural
from troth.core.decision import Explanation

#: Why technicians do not make a visit that is left out: words after their number, and what may help.
REASONS: Final[Mapping[str, tuple[str, str]]] = {
    "routing.no-skill": ("without the skills", "Maybe train somebody, or ask for less."),
    "routing.no-excluded": ("excluded", "Maybe ask the customer once more."),
    "routing.no-territory": ("of other territories", "Maybe let a neighbour help out."),
    "routing.no-pin": ("others: it is settled who goes", "Maybe loosen the pin."),
    "routing.no-equipment": ("without the equipment", "Maybe add it to the file's equipment, or hire it."),
    "routing.no-tools": ("without the tools", "Maybe put them on a van, or name the depot that has them all."),
    "routing.no-parts": ("without the parts", "Maybe order them, put them on a van, or name the depot that has them."),
    "routing.no-way": ("without a way there and back", "Maybe the coordinates are wrong, or the matrix lacks the pair."),
    "routing.no-time": ("cannot make it even alone", "Maybe another window, a longer shift, or less work at once."),
    "routing.no-order": ("have to wait for a visit that is left out", "Maybe see to that visit first."),
    "routing.no-together": ("may not, as somebody else makes visits of its label", "Maybe take the label off."),
    "routing.no-vehicle": ("without the van, which is out with somebody else", "Maybe lend them another."),
    "routing.no-free-equipment": ("without the equipment, which others have that day", "Maybe another day, or hire one more."),
    "routing.no-room": ("have no room left", "Maybe overtime, another day, or fewer visits."),
    "routing.too-dear": ("would cost more than leaving it out", "Maybe a higher price of leaving it out."),
}  # fmt: skip
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
    "routing.churn": "changes of what is published",
}  # fmt: skip


def sentence(explanation: Explanation, *, names: Mapping[str, str] | None = None) -> str:
    """Return an explanation of a change as one English sentence (what, why, what it saves), a reason with what may help.

    Parameters
    ----------
    explanation : of a `VisitChange`, or why technicians do not make a visit; other codes are said by their parameters.
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

    if explanation.code in REASONS:
        return f"{reason(explanation, names=called)}. {REASONS[explanation.code][1]}"
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


def reason(explanation: Explanation, *, names: Mapping[str, str] | None = None) -> str:
    """Return why technicians do not make a visit in words: how many, what keeps them from it, what is missing.

    Parameters
    ----------
    explanation : of an `UnservedVisit`.
    names : titles of technicians by id.

    Examples
    --------
    >>> reason(Explanation("routing.no-parts", {"technicians": 2, "who": ("ada", "ben"), "what": ("pump",)}))
    '2 technicians without the parts (pump)'
    """
    p, called = explanation.parameters, names or {}
    words = REASONS.get(explanation.code, (explanation.code, ""))[0]
    said = ", ".join(called.get(str(one), str(one)) for one in p.get("what", ()))
    return f"{plural(int(p.get('technicians', 0)), one='technician')} {words}{f' ({said})' if said else ''}"


def told(
    explanation: Explanation, *, at: Callable[[float], str], names: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """Return why a visit is where it is as English sentences: who makes it when, what that costs, what other places would.

    Parameters
    ----------
    explanation : of `elsewhere`.
    at : how an instant is written, by the second of the problem.
    names : titles of technicians and visits by id.
    """
    called = dict(names or {})

    def name(one: Any) -> str:
        return called.get(str(one), str(one))

    p = explanation.parameters
    lines = [f"{name(p['visit'])} is left out."]
    if explanation.code == "routing.planned":
        lines = [f"{name(p['visit'])}: {name(p['technician'])}, {at(p['starts_s'])} to {at(p['ends_s'])}."]
    for one in explanation.parts:
        if one.code in ("routing.would-go", "routing.would-be-left-out"):
            who = "Left out, it" if "technician" not in one.parameters else name(one.parameters["technician"])
            when = f" at {at(one.parameters['starts_s'])}" if "starts_s" in one.parameters else ""
            lines.append(f"{who}{when} would {_dearer(one)}.")
        elif "cost_cents" in one.parameters:
            if one.parameters["cost_cents"] > 0:
                said = _WORDS.get(one.code, one.code)
                lines.append(f"Of its own it costs {one.parameters['cost_cents'] / 100:,.2f} for {said}.")
        else:
            lines.append(sentence(one, names=called))
    return tuple(lines)


def _dearer(one: Explanation) -> str:
    """Return what another place would cost more or less, and for what; or what it would break."""
    if breaks := one.parameters["breaks"]:
        return f"break {', '.join(breaks)}"
    cents = one.parameters["more_cents"]
    rows = [f"{_WORDS.get(part.code, part.code)} {part.parameters['more_cents'] / 100:+,.2f}" for part in one.parts]
    how = "cost as much" if abs(cents) < 0.5 else f"cost {abs(cents) / 100:,.2f} {'more' if cents > 0 else 'less'}"
    why = f" ({', '.join(rows)})" if rows else ""
    return f"{how}{why}"


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
