"""What came up on a day, in the file of its plan."""

from __future__ import annotations

import json

import pytest

from tests.field.routing.town import day, town
from troth.core.errors import InputError
from troth.field.routing.day import LASTING, DayEvent, EventKind
from troth.field.routing.day_file import events_from_json
from troth.field.routing.export import plan_to_json
from troth.field.routing.from_file import tours_from_json
from troth.field.routing.solve import judged


def test_what_lasts_is_read_back_from_the_file_of_a_plan() -> None:
    """Who is away, what is cancelled or came in anew, what a van lacks; lateness is in the instants of the plan itself."""
    problem = town()
    plan = judged(problem, tours=day(problem, ada="v1 v5"), why=False)
    events = [DayEvent(kind, 3600.5 + k, "v1", "ada", 90.0, "pump") for k, kind in enumerate(EventKind)]
    text = plan_to_json(plan, events=events)
    assert events_from_json(text, problem=problem) == tuple(one for one in events if one.kind in LASTING)
    assert {one.kind for one in events} - LASTING == {EventKind.LATE}
    assert tours_from_json(text, problem=problem)[0].visits() == ("v1", "v5")
    assert "events" not in json.loads(plan_to_json(plan)) and not events_from_json("[]", problem=problem)


def test_all_that_is_wrong_with_events_is_told_at_once() -> None:
    """Kinds, instants, keys and people that nobody knows, each with its place."""
    rows = [{"kind": "il", "at": 0}, {"kind": "ill"}, {"kind": "ill", "at": "noon", "who": "ada"}]
    with pytest.raises(InputError) as told:
        events_from_json({"events": [*rows, {"kind": "ill", "at": 0, "technician": "adda"}]}, problem=town())
    assert [(one.code, one.where) for one in told.value.issues] == [
        ("unknown-event", "events[0].kind"), ("missing-key", "events[1].at"), ("unknown-key", "events[2].who"),
        ("bad-time", "events[2].at"), ("unknown-technician", "events[3].technician"),
    ]  # fmt: skip
    assert all(one.advice.startswith("Maybe") for one in told.value.issues)
