"""Explanations as sentences."""

from __future__ import annotations

import inspect

import pytest

from troth.core.decision import Explanation
from troth.field.routing.day import DayEvent, EventKind
from troth.field.routing.explain import REASONS, reason, sentence
from troth.field.routing.reasons import reasons
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


def test_a_reason_has_words_what_is_missing_and_what_may_help() -> None:
    """Every code that reasons can have; each advice is a sentence that begins with Maybe."""
    lacks = Explanation("routing.no-parts", {"technicians": 2, "who": ("ada", "ben"), "what": ("pump", "valve")})
    assert sentence(lacks) == (
        "2 technicians without the parts (pump, valve). Maybe order them, put them on a van, or name the depot that has them."
    )
    assert reason(Explanation("routing.no-together", {"technicians": 1, "what": ("ada",)}), names={"ada": "Ada"}) == (
        "1 technician may not, as somebody else makes visits of its label (Ada)"
    )
    told = str(inspect.getdoc(reasons))
    for code, (words, advice) in REASONS.items():
        assert words and advice.startswith("Maybe ") and advice.endswith(".")
        assert f"``{code.removeprefix('routing.no-')}``" in told or f"``{code}``" in told


def test_other_codes_are_told_by_their_parameters() -> None:
    """Other codes are told by their parameters."""
    assert sentence(Explanation("insert.no-room", {"technicians": 3})) == "insert.no-room: technicians 3."
