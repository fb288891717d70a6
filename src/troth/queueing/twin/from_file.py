"""A problem from plain data or JSON text, with every mistake found at once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, NoReturn
from zoneinfo import ZoneInfo

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.json_input import FaultError
from troth.core.spans import Span, zone
from troth.queueing.twin import _most as most
from troth.queueing.twin._clock import WallClock, instant_of
from troth.queueing.twin._file_parts import FileParts
from troth.queueing.twin._reading import Reader, Reading
from troth.queueing.twin.check import check, unserved
from troth.queueing.twin.problem import Policy, TwinProblem

#: Version of the written form.
FORMAT: Final = 1


def problem_from_json(data: Mapping[str, Any] | str) -> tuple[TwinProblem, tuple[Issue, ...]]:
    """Return the problem of plain data or JSON text, and what is doubtful with it.

    Durations are seconds or texts such as ``5min``, times are by the problem's clock, whatever has a default may be left out;
    docs/guides/twin.md has the whole form. Places of issues are paths into the data.

    Raises
    ------
    InputError
        With every error found, those of `check` included.

    Examples
    --------
    >>> made, doubts = problem_from_json({
    ...     "start": "2026-03-02 08:00", "end": "16:00",
    ...     "queues": [{"name": "phone", "handle": {"exponential": "4min"}, "patience": "2min"}],
    ...     "streams": [{"queue": "phone", "arrivals": {"per_hour": 40}}],
    ...     "agents": [{"name": "front", "count": 3, "queues": ["phone"], "shifts": "08:00-16:00"}],
    ... })
    >>> [agent.name for agent in made.agents], doubts
    (['front 1', 'front 2', 'front 3'], ())
    """
    return _File(data).problem()


class _File(FileParts):
    """A file on its way to a problem."""

    def __init__(self, data: Mapping[str, Any] | str) -> None:
        super().__init__(Reading())
        self.data = self._loaded(data) if isinstance(data, str) else data

    def _loaded(self, text: str) -> Any:
        def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            names = [name for name, _ in pairs]
            for name in dict.fromkeys(name for name in names if names.count(name) > 1):
                self.read.tell("key-twice", where=name, value="", advice="Maybe one of the two has another name.")
            return dict(pairs)

        try:
            return json.loads(text, object_pairs_hook=once)
        except json.JSONDecodeError as error:
            where = f"line {error.lineno}, column {error.colno}"
            self._refuse(Issue("not-json", Severity.ERROR, where, error.msg, "Maybe a comma or a quote is missing."))
        except ValueError as error:  # a whole number of thousands of digits
            self._refuse(Issue("not-json", Severity.ERROR, "", str(error), "Maybe a number has too many digits."))
        except RecursionError:
            self._refuse(Issue("not-json", Severity.ERROR, "", "", "Maybe brackets are not closed."))

    def _refuse(self, issue: Issue) -> NoReturn:
        raise InputError([issue])

    def problem(self) -> tuple[TwinProblem, tuple[Issue, ...]]:
        read = self.read
        if not isinstance(self.data, Mapping):
            self._refuse(Issue("wrong-type", Severity.ERROR, "", str(self.data)[:80], "Maybe put it in braces."))
        whole = self._span()
        read.clock = WallClock(whole, self._zone()) if whole else read.clock
        parts: dict[str, Reader] = {
            "format": self._format, "time_zone": read.text, "start": read.text, "end": read.text, "cell": read.length,
            "queues": self.each(self.queue), "streams": lambda value, _: value, "agents": self.each(self.agent),
            "counters": self.each(self.counters), "policy": self.policy, "present": self.each(self.present),
        }  # fmt: skip
        found = read.row(self.data, where="", fields=parts, needs=("queues", "agents"))
        self.cell = self._cell(found.pop("cell", self.cell.total_seconds()))
        if "streams" in found:
            try:
                found["streams"] = self.each(self.stream)(found["streams"], "streams")
            except FaultError:
                del found["streams"]
        agents = tuple(one for group in found.pop("agents", ()) for one in group)
        span = read.clock.span
        made = TwinProblem(
            span.start, span.end, found.get("queues", ()), found.get("streams", ()), agents, found.get("counters", ()),
            found.get("policy", Policy()), found.get("present", ()), self.cell, str(read.clock.tz),
        )  # fmt: skip
        return made, self._judged(made)

    def _judged(self, made: TwinProblem) -> tuple[Issue, ...]:
        """Return what is doubtful; errors of reading and of `check` are raised together."""
        # Agents who are alike have the same faults.
        found = list(dict.fromkeys(replace(issue, where=self._place(issue.where)) for issue in check(made)))
        if not self.read.issues:
            errors = [issue for issue in found if issue.severity is Severity.ERROR]
            if errors:
                raise InputError(errors)
            return tuple(found)
        # What was given up while reading is no second mistake.
        told = [issue.where for issue in self.read.issues]
        nameless = any(where.endswith(".name") for where in told)
        more = [
            issue for issue in found
            if issue.severity is Severity.ERROR and not any(where.startswith(issue.where) or issue.where.startswith(where) for where in told if where)
            and not (nameless and issue.code == "unknown-name") and issue.code not in {"no-queues", "no-agents"}
        ]  # fmt: skip
        whole = not nameless and not any(where.startswith(("agents", "start", "end", "time_zone")) for where in told)
        alone = unserved(made) if whole else ()
        raise InputError([*self.read.issues, *more, *alone])

    def _place(self, where: str) -> str:
        """Return where an issue of `check` is in the file: alike agents are one row there."""
        found = re.match(r"agents\[(\d+)\]", where)
        return f"agents[{self.rows[int(found[1])]}]{where[found.end() :]}" if found else where

    # The whole --------------------------------------------------------------------------------------------------------

    def _cell(self, seconds: float) -> timedelta:
        """Return the width of cells; of too many nothing is made, and the whole time is one."""
        whole = self.read.clock.span.seconds
        if seconds <= 0 or whole / seconds <= most.CELLS:
            return timedelta(seconds=seconds)
        advice = f"Maybe 30min: {most.CELLS} cells from start to end are the most."
        self.read.tell("out-of-range", where="cell", value=self.data.get("cell", seconds), advice=advice)
        return timedelta(seconds=whole)

    def _format(self, value: Any, where: str) -> int:
        if value != FORMAT:
            self.read.wrong("unknown-format", where=where, value=value, advice=f"Maybe it should be {FORMAT}.")
        return FORMAT

    def _zone(self) -> ZoneInfo:
        name = self.data.get("time_zone", "UTC")
        return zone(name) if isinstance(name, str) else zone("UTC")

    def _span(self) -> Span | None:
        """Return the time of the problem, or None if it cannot be read."""
        told, tz = len(self.read.issues), None
        try:
            tz = self._zone()
        except InputError as error:
            self.read.issues += error.issues
        found: dict[str, datetime] = {}
        for name in ("start", "end"):
            text = self.data.get(name)
            if not isinstance(text, str):
                code, advice = (
                    ("missing-key" if text is None else "wrong-type"),
                    "Maybe a time such as 2026-03-02 08:00.",
                )
                self.read.tell(code, where=name, value="" if text is None else text, advice=advice)
                continue
            try:
                day = found["start"].astimezone(tz or zone("UTC")).date() if "start" in found else None
                found[name] = instant_of(text, tz=tz or zone("UTC"), day=day)
            except (ValueError, OverflowError):
                self.read.tell("bad-time", where=name, value=text, advice="Maybe a time such as 2026-03-02 08:00.")
        if len(self.read.issues) == told and found["end"] <= found["start"]:
            self.read.tell(
                "end-before-start", where="end", value=str(self.data["end"]), advice="Maybe it is swapped with start."
            )
        elif len(self.read.issues) == told and (found["end"] - found["start"]).days > most.DAYS:
            advice = f"Maybe another year: {most.DAYS} days are the most."
            self.read.tell("out-of-range", where="end", value=str(self.data["end"]), advice=advice)
        return Span(found["start"], found["end"]) if len(self.read.issues) == told else None
