"""Scenarios from JSON text: every mistake at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from troth.capacity.projects.outlook.change import (
    DecidedWork,
    DelayedWork,
    HiredPeople,
    HouseChange,
    TrainedPerson,
    WhatIf,
)
from troth.capacity.projects.outlook.check import look_at
from troth.capacity.projects.portfolio import Portfolio
from troth.capacity.projects.portfolio._plain import Reader
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.json_input import FaultError, loaded, near

#: What changes are called, and what each is.
KINDS: Final[Mapping[str, type]] = {
    "hire": HiredPeople, "subcontract": HiredPeople, "train": TrainedPerson, "delay": DelayedWork, "win": DecidedWork,
    "lose": DecidedWork,
}  # fmt: skip
_KEYS: Final = ("name", "changes")
_MOST: Final = 50


def what_ifs(
    texts: Sequence[tuple[str, str]], *, portfolio: Portfolio, base: str = "as it is"
) -> tuple[tuple[WhatIf, ...], tuple[Issue, ...]]:
    """Return the scenarios of files, and what is doubtful with them.

    A file holds one scenario, ``{"name": ..., "changes": [...]}``, or ``{"scenarios": [...]}`` with several. A change is an
    object with one key, which says what it is: ``hire``, ``subcontract``, ``train``, ``delay``, ``win`` or ``lose``. A
    scenario without a name has that of its file.

    Parameters
    ----------
    texts : (name, text) of each file.
    portfolio : what is changed.
    base : what the portfolio without changes is called: no scenario may have that name.

    Raises
    ------
    InputError
        With every error of all files.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.projects.portfolio import Deal
    >>> firm = Portfolio(date(2026, 6, 1), deals=(Deal("bank", (), 0.4, date(2026, 7, 1)),))
    >>> what_ifs([("bank.json", '{"changes": [{"win": "bank"}]}')], portfolio=firm)[0]
    (WhatIf(name='bank', changes=(DecidedWork(project_id='bank', won=True),)),)
    """
    found: list[_ReadScenario] = []
    issues: list[Issue] = []
    for name, text in texts:
        try:
            given = loaded(text, name=name)
        except InputError as wrong:
            issues += wrong.issues
            continue
        reader = _Scenarios(name)
        found += reader.all(given)
        issues += reader.issues
    for one in found:
        issues += look_at(one.changes, portfolio=portfolio, where=f"{one.where}.changes")
    issues += _names(found, base)
    if any(one.severity is Severity.ERROR for one in issues):
        raise InputError([one for one in issues if one.severity is Severity.ERROR])
    made = [WhatIf(one.name, tuple(change for change in one.changes if change is not None)) for one in found]
    return tuple(made), tuple(issues)


@dataclass(frozen=True, slots=True)
class _ReadScenario:
    """A scenario with its place; None stands for a change that could not be read."""

    where: str
    name: str
    changes: tuple[HouseChange | None, ...]


def _names(found: Sequence[_ReadScenario], base: str) -> list[Issue]:
    """Return names that are taken."""
    many = Counter(one.name for one in found)
    many[base] += 1
    out: dict[str, Issue] = {}
    for one in found:
        if many[one.name] > 1:
            advice = "Maybe another name: each row of the comparison needs its own."
            out.setdefault(one.name, Issue("twice", Severity.ERROR, f"{one.where}.name", one.name[:80], advice))
    if len(found) > _MOST:
        advice = f"Maybe fewer at a time: {_MOST} are the most."
        out[""] = Issue("too-many", Severity.ERROR, "scenarios", str(len(found)), advice)
    return list(out.values())


class _Scenarios(Reader):
    """Reads the scenarios of a file."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.file = name
        self.stem = name.rsplit("/", 1)[-1].removesuffix(".json") or name

    def all(self, given: Any) -> list[_ReadScenario]:
        """Return scenarios with their places; what cannot be read of one leaves it out."""
        if isinstance(given, Mapping) and "scenarios" in given:
            for key in given:
                if key != "scenarios":
                    self.tell(
                        "unknown-key", f"{self.file}.{key}", given[key], "Maybe leave it out: scenarios stand alone."
                    )
            given, place = given["scenarios"], f"{self.file}.scenarios"
        else:
            place = self.file
        if isinstance(given, Mapping):
            some = [(self.file, given)]
        elif isinstance(given, list):
            some = [(f"{place}[{k}]", one) for k, one in enumerate(given)]
        else:
            self.tell("wrong-type", place, given, "Maybe put it in braces, with name and changes.")
            return []
        if not some:
            self.tell("no-scenarios", place, "", "Maybe add one, with name and changes.")
        return [made for k, (where, one) in enumerate(some) if (made := self._one(one, where, k, len(some)))]

    def _one(self, given: Any, where: str, number: int, of: int) -> _ReadScenario | None:
        if not isinstance(given, Mapping):
            self.tell("wrong-type", where, given, "Maybe put it in braces, with name and changes.")
            return None
        for key in given:
            if key not in _KEYS:
                self.tell("unknown-key", f"{where}.{key}", given[key], near(str(key), known=_KEYS))
        name = self.stem if of == 1 else f"{self.stem} {number + 1}"
        with suppress(FaultError):
            name = self.read(str, given["name"], f"{where}.name", {}) if given.get("name") is not None else name
        changes = given.get("changes")
        if not isinstance(changes, list) or not changes:
            code = "missing-key" if changes is None or changes == [] else "wrong-type"
            self.tell(code, f"{where}.changes", changes, 'Maybe a list such as [{"win": "bank"}].')
            return None
        made = tuple(self._change(one, f"{where}.changes[{k}]") for k, one in enumerate(changes))
        return _ReadScenario(where, name, made)

    def _change(self, given: Any, where: str) -> HouseChange | None:
        if not isinstance(given, Mapping) or len(given) != 1:
            advice = f"Maybe an object with one key, one of {', '.join(KINDS)}."
            self.tell("wrong-type", where, given, advice)
            return None
        ((kind, value),) = given.items()
        place = f"{where}.{kind}"
        if kind not in KINDS:
            self.tell("unknown-change", place, value, near(str(kind), known=KINDS))
            return None
        try:
            if kind in ("win", "lose"):
                return DecidedWork(self.read(str, value, place, {}), kind == "win")
            made: HouseChange = self.record(KINDS[kind], value, place, {})
        except FaultError:
            return None
        return self._sound(made, kind, place)

    def _sound(self, made: HouseChange, kind: str, place: str) -> HouseChange | None:
        """Return a change whose keys fit what it is called."""
        if isinstance(made, HiredPeople):
            if kind == "hire" and made.until is not None:
                self.tell("unknown-key", f"{place}.until", made.until, "Maybe subcontract: who is hired stays.")
                return None
            if kind == "subcontract" and made.until is None:
                self.tell("missing-key", f"{place}.until", "", "Maybe add until, the day after the last, or hire.")
                return None
        return made
