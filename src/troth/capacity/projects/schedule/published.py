"""Published multi-skill project scheduling problems as text: MiniZinc data files (.dzn) of Young, Feydy and Schutt (2017)."""

from __future__ import annotations

import re
from typing import Final

from troth.capacity.projects.schedule.problem import Precedence, ProjectActivity, ScheduleProblem, SkilledWorker
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

_ENTRY: Final = re.compile(r"\b([A-Za-z_]\w*)\s*=\s*([^;]*);")
_NEEDED: Final = ("nActs", "dur", "nSkills", "sreq", "nResources", "mastery", "nPrecs", "pred", "succ")
#: More is no instance of these sets but a mistake.
_MOST: Final = 100_000


class _Data:
    """The entries of a file; what cannot be read becomes an issue with its line."""

    def __init__(self, text: str, name: str) -> None:
        self.name, self.issues = name, list[Issue]()
        bare = re.sub(r"%[^\n]*", "", text)
        self.entries = {m[1]: (m[2], bare.count("\n", 0, m.start()) + 1) for m in _ENTRY.finditer(bare)}
        for entry in _NEEDED:
            if entry not in self.entries:
                self.say("missing-entry", entry, "", "Maybe the file is of another format, or cut off.")

    def say(self, code: str, entry: str, value: object, advice: str) -> None:
        """Note an issue."""
        line = self.entries[entry][1] if entry in self.entries else 0
        where = f"{self.name}:{line} {entry}" if line else f"{self.name} {entry}"
        self.issues.append(Issue(code, Severity.ERROR, where, str(value), advice))

    def cells(self, entry: str, count: int | None = None) -> list[str]:
        """Return the cells of a list or a table, `count` of them; empty with an issue if it has another number."""
        if entry not in self.entries:
            return []
        cells = [cell for cell in re.split(r"[\[\]|,\s]+", self.entries[entry][0]) if cell]
        if count is not None and len(cells) != count:
            self.say("bad-size", entry, len(cells), f"Maybe a row is missing or too many: {count} are needed.")
            return []
        return cells

    def numbers(self, entry: str, count: int | None = None) -> list[int]:
        """Return whole numbers; 0 with an issue for what is none."""
        found = []
        for k, cell in enumerate(self.cells(entry, count), 1):
            good = re.fullmatch(r"-?\d{1,9}", cell) is not None
            if not good:
                self.say("bad-number", entry, cell, f"Maybe a whole number at place {k}.")
            found.append(int(cell) if good else 0)
        return found

    def size(self, entry: str) -> int:
        """Return how many there are of something."""
        found = self.numbers(entry, 1)
        if found and not 0 <= found[0] <= _MOST:
            self.say("bad-number", entry, found[0], "Maybe a number of 0 or more.")
            return 0
        return found[0] if found else 0

    def flags(self, entry: str, count: int) -> list[bool]:
        """Return true and false as such."""
        cells = self.cells(entry, count)
        for k, cell in enumerate(cells, 1):
            if cell not in {"true", "false"}:
                self.say("bad-flag", entry, cell, f"Maybe true or false at place {k}.")
        return [cell == "true" for cell in cells]


def read_mspsp(text: str, *, name: str = "mspsp") -> ScheduleProblem:
    """Return the problem of a data file of the multi-skill project scheduling problem (Young, Feydy and Schutt 2017, CP 2017).

    Activities, people and skills are numbered from 1, as ``"1"``, ``"w1"`` and ``"s1"``. What the file derives from these
    (pairs without a precedence, useful people, a horizon) is not read.

    Raises
    ------
    InputError : ``missing-entry``, ``bad-size``, ``bad-number``, ``bad-flag``, ``unknown-activity``, each that there is.

    Examples
    --------
    >>> text = "nActs=2; dur=[1,2]; nSkills=1; sreq=[|1|1|]; nResources=1; mastery=[|true|]; nPrecs=1; pred=[1]; succ=[2];"
    >>> problem = read_mspsp(text)
    >>> [one.duration for one in problem.activities], problem.precedences[0].after
    ([1, 2], '2')
    """
    data = _Data(text, name)
    n, skills, people, links = (data.size(entry) for entry in ("nActs", "nSkills", "nResources", "nPrecs"))
    duration, needs = data.numbers("dur", n), data.numbers("sreq", n * skills)
    can = data.flags("mastery", people * skills)
    pairs = list(zip(data.numbers("pred", links), data.numbers("succ", links), strict=False))
    for entry, some in (("pred", {a for a, _ in pairs}), ("succ", {b for _, b in pairs})):
        for a in sorted(some - set(range(1, n + 1))):
            data.say("unknown-activity", entry, a, f"Maybe activities are numbered from 1 to {n}.")
    if data.issues:
        raise InputError(data.issues)
    activities = tuple(
        ProjectActivity(f"{a + 1}", duration[a], {f"s{k + 1}": needs[a * skills + k] for k in range(skills) if needs[a * skills + k]})
        for a in range(n)
    )  # fmt: skip
    workers = tuple(
        SkilledWorker(f"w{w + 1}", frozenset(f"s{k + 1}" for k in range(skills) if can[w * skills + k]))
        for w in range(people)
    )
    return ScheduleProblem(activities, workers, tuple(Precedence(f"{a}", f"{b}") for a, b in pairs))
