"""From the attributes of an XES trace and its events to rows, and nothing else: also what the export checks against.

An attribute is ``[tag, key, value]``, with its nested attributes as a fourth item and a list's values as a fifth.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, Final

from troth.log.readers._native import MARK, Row, instant, row_of
from troth.log.readers._steps import DIRECTIONS
from troth.log.readers._xml import unescape

SOURCE: Final = "xes"
Attribute = list[Any]
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(slots=True)
class Refused:
    """Why an event cannot be used."""

    code: str
    column: str
    value: str
    advice: str


@dataclass(slots=True)
class Traces:
    """Turns traces into rows; remembers what a log has used, because names may repeat.

    Parameters
    ----------
    zone : zone of times without offset; None means UTC.
    steps : foreign step names that mean an activity.
    """

    zone: tzinfo | None = None
    steps: dict[str, str] = field(default_factory=dict)
    places: Counter[str] = field(default_factory=Counter)
    traces: int = 0
    assumed: int = 0

    def rows(self, trace: Sequence[Attribute], events: Iterable[Sequence[Attribute]]) -> list[Row | Refused]:
        """Return a row for each event of a trace, or why there is none."""
        self.traces += 1
        case = texts(trace).get("concept:name") or f"trace-{self.traces}"
        used: Counter[str] = Counter()
        begun: Counter[tuple[str, str]] = Counter()
        return [self._row(case, event, used, begun) for event in events]

    def alone(self, event: Sequence[Attribute]) -> Row | Refused:
        """Return the row of an event outside all traces."""
        return self._row(None, event, Counter(), Counter())

    def _row(
        self, case: str | None, event: Sequence[Attribute], used: Counter[str], begun: Counter[tuple[str, str]]
    ) -> Row | Refused:
        place = self.places[case or ""] = self.places[case or ""] + 1
        plain = texts(event)
        if MARK in plain:
            return _ours(plain)
        time = plain.get("time:timestamp")
        if time is None:
            return Refused(
                "missing-time", "time:timestamp", "", "Maybe the event never happened; every event needs its time."
            )
        try:
            when, assumed = instant(time, self.zone)
        except ValueError:
            advice = "Maybe the time is damaged; XES writes 2011-10-11T13:45:40.276+02:00."
            return Refused("bad-time", "time:timestamp", time, advice)
        self.assumed += assumed
        step, stage = plain.get("concept:name", "unnamed"), plain.get("lifecycle:transition", "")
        kept: dict[str, Any] = {"foreign": {"n": place, "xes": list(event)}}
        if stage.lower() not in {"", "start", "complete"}:
            kept["lifecycle"] = stage
        activity = self.steps.get(step) or _activity(step, stage.lower(), plain.get("concept:instance", ""), begun)
        return {
            "occurred_at": when,
            "version": 0,
            "activity": activity,
            "direction": DIRECTIONS.get(activity),
            "step": step,
            "case_id": case,
            "agent_id": plain.get("org:resource"),
            "team": plain.get("org:group"),
            "attributes": _json(kept),
            "origin": "assumed_zone" if assumed else "exact",
            "source": SOURCE,
            "source_id": _source_id(case, plain, place, used),
        }


def texts(attributes: Sequence[Attribute]) -> dict[str, str]:
    """Return the plain values of attributes by key."""
    return {a[1]: a[2] for a in attributes if a[2] is not None}


def _ours(plain: dict[str, str]) -> Row | Refused:
    try:
        return row_of({key: unescape(text) for key, text in plain.items() if key.startswith("troth:")})
    except ValueError as error:
        advice = "Maybe the file was edited after Troth wrote it; export it again."
        return Refused("bad-value", MARK, str(error)[:200], advice)


def _activity(step: str, stage: str, instance: str, begun: Counter[tuple[str, str]]) -> str:
    """Return the activity of a step: a beginning, the end of one that began in the same trace, or a step as a whole."""
    if stage == "start":
        begun[step, instance] += 1
        return "step_started"
    if stage == "complete" and begun[step, instance]:
        begun[step, instance] -= 1
        return "step_ended"
    return "stepped"


def _source_id(case: str | None, plain: dict[str, str], place: int, used: Counter[str]) -> str:
    """Return an id that stays when other events are added: the instance if there is one, else the place in the trace."""
    instance, stage = plain.get("concept:instance"), plain.get("lifecycle:transition", "")
    name = f"{case or ''}/{instance}/{stage}" if instance else f"{case or ''}/{place}"
    used[name] += 1
    return name if used[name] == 1 else f"{name}#{used[name]}"
