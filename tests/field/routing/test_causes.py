"""Which event led to which change."""

from __future__ import annotations

from troth.field.routing import PlannedStop, StopKind, Tour
from troth.field.routing.causes import causes
from troth.field.routing.day import DayEvent, EventKind


def _tour(who: str, *visits: str) -> Tour:
    return Tour(who, 0, 0, 9, tuple(PlannedStop(StopKind.VISIT, name, 1, 2, 3) for name in visits))


def test_events_are_carried_from_tour_to_tour() -> None:
    """Events are carried from tour to tour."""
    ill = DayEvent(EventKind.ILL, 0, technician_id="ada")
    late = DayEvent(EventKind.LATE, 0, technician_id="eva")
    gone = DayEvent(EventKind.CANCELLED, 0, visit_id="x")
    before = [_tour("ada", "a"), _tour("ben", "b"), _tour("cy", "c"), _tour("dan", "d", "x"), _tour("eva", "e")]
    after = [_tour("ben", "a"), _tour("cy", "b", "c"), _tour("dan", "d"), _tour("eva", "e")]
    changes = [
        ("a", "ada", "ben"),
        ("b", "ben", "cy"),
        ("c", "cy", "cy"),
        ("d", "dan", "dan"),
        ("e", "eva", "eva"),
        ("z", "fay", "gus"),
    ]
    found = causes(changes, events=[ill, late, gone], before=before, after=after)
    assert found == {"a": ill, "b": ill, "c": ill, "d": gone, "e": late}


def test_an_event_about_a_visit_is_its_cause() -> None:
    """An event about a visit is its cause."""
    new = DayEvent(EventKind.EMERGENCY, 0, visit_id="n")
    late = DayEvent(EventKind.LATE, 0, technician_id="ada")
    changes = [("n", "", "ada"), ("m", "ada", "ada")]
    found = causes(changes, events=[late, new], before=[], after=[_tour("ada", "n", "m")])
    assert found == {"n": new, "m": late}
