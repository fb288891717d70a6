"""Explanations as sentences."""

from __future__ import annotations

import pytest

from troth.core.decision import Explanation
from troth.field.routing.day import DayEvent, EventKind
from troth.field.routing.explain import sentence
from troth.field.routing.replan import VisitChange

ILL = DayEvent(EventKind.ILL, 0, technician_id="jonas")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            VisitChange("v1", "ada", "ada", 0, 2400, ILL, {"routing.promise": 9000.0}, {"routing.promise": 2}),
            "v1 moved 40 min later: Jonas is ill; saves two broken promises.",
        ),
        (
            VisitChange("v1", "jonas", "ada", 3600, 0, ILL, {"routing.unserved": 300.0}, {"routing.unserved": 1}),
            "v1 goes from Jonas to Ada, 60 min earlier: Jonas is ill; saves one visit left out.",
        ),
        (VisitChange("v1", "jonas", "", 3600, None, ILL, {}, {}), "v1 is left out: Jonas is ill."),
        (
            VisitChange("v1", "", "ada", None, 0, DayEvent(EventKind.EMERGENCY, 0, "v1"), {}, {}),
            "v1 is added, Ada goes: v1 is an emergency.",
        ),
        (  # left out in the plan before: it is not new
            VisitChange("v1", "", "ada", None, 0, DayEvent(EventKind.CANCELLED, 0, "v0"), {}, {"routing.unserved": 1}),
            "v1 is added, Ada goes: v0 is cancelled; saves one visit left out.",
        ),
        (
            VisitChange("v1", "ada", "ada", 0, 1200, None, {"routing.work": 900.0, "routing.distance": -100.0}, {}),
            "v1 moved 20 min later; saves 8.00, most of it paid time.",
        ),
        (
            VisitChange("v1", "ada", "ada", 0, 1200, DayEvent(EventKind.LATE, 0, "v0", "jonas", 1500), {}, {}),
            "v1 moved 20 min later: Jonas is 25 min late.",
        ),
    ],
)
def test_a_change_is_one_sentence(change: VisitChange, said: str) -> None:
    """A change is one sentence."""
    assert sentence(change.explanation, names={"jonas": "Jonas", "ada": "Ada"}) == said


@pytest.mark.parametrize("kind", list(EventKind))
def test_every_event_has_words(kind: EventKind) -> None:
    """Every event has words."""
    event = DayEvent(kind, 0, visit_id="v0", technician_id="ada", what="pump")
    said = sentence(VisitChange("v1", "ada", "ada", 0, 1200, event, {}, {}).explanation)
    assert ": " in said
    assert "routing." not in said


def test_other_codes_are_told_by_their_parameters() -> None:
    """Other codes are told by their parameters."""
    assert sentence(Explanation("insert.no-room", {"technicians": 3})) == "insert.no-room: technicians 3."
