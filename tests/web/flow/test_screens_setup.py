"""Setting up a branch: counters, lines with their rules, times for appointments; wrong input is told all at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.web import cast
from tests.web.flow.day import Day
from troth.queueing import Discipline, from_json, to_json
from troth.web.flow.models import Counter, Line, LineService, SlotRule


@pytest.fixture
def admin(clock: Day) -> Client:
    """Return Ada's browser."""
    return cast.signed_in(clock.company.ada)


def _rules(**said: Any) -> dict[str, Any]:
    """Return the form of first come, first served, with two rows of classes of which the second is blank."""
    form = {
        "do": "rules", "classes": 2, "class0-name": "everybody", "class0-level": 0, "class0-head_start": 0,
        "class0-ageing": 1, "class1-name": "", "class1-ageing": 1, "rules-early": 10, "rules-head_start": 0,
        "rules-grace": 10, "rules-late": "shift", "rules-to": "place", "rules-back_start": 0, "rules-overtakes": "",
        "rules-behind": "", "rules-wait": "",
    }  # fmt: skip
    return {**form, **said}


def test_the_pages_of_setting_up_are_there(clock: Day, admin: Client) -> None:
    """Each page shows what is, and who only looks has no buttons."""
    paths = [
        "/branches", "/branches/vilnius/settings", f"/lines/{clock.place.line.pk}",
        f"/counters/{clock.place.counters[0].pk}",
    ]  # fmt: skip
    looks = cast.signed_in(clock.company.otto)
    for path in paths:
        assert admin.get(path).status_code == 200
        assert looks.get(path).status_code == 200
    assert "Save the rules" in admin.get(paths[2]).content.decode()
    assert "Save the rules" not in looks.get(paths[2]).content.decode()
    assert looks.post(paths[2], _rules()).status_code == 403


def test_a_discipline_goes_through_the_form_unchanged(clock: Day, admin: Client) -> None:
    """What the form shows and sends back is the record that was there, up to defaults written out."""
    record = to_json(
        from_json(
            {
                "format": 1,
                "classes": [
                    {"name": "urgent", "priorities": [1, 2], "labels": ["elderly"], "head_start": 10.5, "ageing": 2.0},
                    {"name": "booked", "booked": True, "services": ["cash"], "level": 1},
                    {"name": "everybody", "level": 1},
                ],
                "appointments": {"early_s": None, "head_start_s": 300.0, "grace_s": 90.0, "late": "walk_in"},
                "returning": {"to": "end", "head_start_s": 240.0},
                "fairness": {"overtakes": 3, "behind_s": None, "wait_s": 2400.0},
            }
        )
    )
    Line.objects.filter(pk=clock.place.line.pk).update(discipline=record)
    page = admin.get(f"/lines/{clock.place.line.pk}").content.decode()
    assert "urgent" in page
    said = _rules(
        classes=4, **{
            "class0-name": "urgent", "class0-priorities": ["1", "2"], "class0-labels": "elderly",
            "class0-head_start": 10.5, "class0-ageing": 2, "class1-name": "booked", "class1-booked": "yes",
            "class1-services": ["cash"], "class1-level": 1, "class2-name": "everybody", "class2-level": 1,
            "class3-name": "", "rules-early": "", "rules-head_start": 5, "rules-grace": 1.5, "rules-late": "walk_in",
            "rules-to": "end", "rules-back_start": 4, "rules-overtakes": 3, "rules-wait": 40,
        },
    )  # fmt: skip
    assert admin.post(f"/lines/{clock.place.line.pk}", said).status_code == 302
    saved = Line.objects.get(pk=clock.place.line.pk).discipline
    assert to_json(from_json(saved)) == record


def test_all_that_is_wrong_with_a_discipline_is_told_at_once(clock: Day, admin: Client) -> None:
    """Nothing is saved, each mistake has its place, and what was typed stays."""
    said = _rules(
        classes=3, **{
            "class0-name": "all", "class0-ageing": -1, "class1-name": "all", "class1-head_start": 9e9,
            "class1-ageing": 1, "class2-name": "",
        },
    )  # fmt: skip
    answer = admin.post(f"/lines/{clock.place.line.pk}", said)
    page = answer.content.decode()
    assert answer.status_code == 400
    for text in ("Class 1, points a minute", "Two classes are called all.", "Class 2, head start", "No ticket reaches"):
        assert text in page
    assert 'value="-1"' in page
    assert Line.objects.get(pk=clock.place.line.pk).discipline == {}


def test_fields_that_hold_no_number_are_marked(clock: Day, admin: Client) -> None:
    """Letters for a number, a choice that is none, a count of rows that is none."""
    for wrong in ({"rules-grace": "soon"}, {"rules-late": "never"}, {"class0-level": "1.5"}, {"classes": "many"}):
        answer = admin.post(f"/lines/{clock.place.line.pk}", _rules(**wrong))
        assert answer.status_code == 400, wrong
    assert Line.objects.get(pk=clock.place.line.pk).discipline == {}


def test_rules_can_be_tried_without_saving(clock: Day, admin: Client) -> None:
    """A doubt is told: a class of a higher level may wait without end."""
    said = _rules(
        classes=3, **{"class0-name": "first", "class0-priorities": ["1"], "class1-name": "rest", "class1-level": 1},
        **{"try": "1"},
    )  # fmt: skip
    page = admin.post(f"/lines/{clock.place.line.pk}", said).content.decode()
    assert "These rules are sound" in page
    assert "rest may wait without end" in page
    assert Line.objects.get(pk=clock.place.line.pk).discipline == {}


def test_a_class_is_removed_and_added(clock: Day, admin: Client) -> None:
    """The box takes a class away; the blank row at the end makes a new one when it has a name."""
    path = f"/lines/{clock.place.line.pk}"
    said = {"class0-name": "vip", "class0-priorities": ["1"], "class1-name": "everybody"}
    assert admin.post(path, _rules(**said)).status_code == 302
    assert [one.name for one in from_json(Line.objects.get(pk=clock.place.line.pk).discipline).classes] == [
        "vip", "everybody",
    ]  # fmt: skip
    assert admin.post(path, _rules(classes=3, **said, **{"class0-remove": "on"})).status_code == 302
    assert from_json(Line.objects.get(pk=clock.place.line.pk).discipline) == Discipline()


def test_a_service_waits_in_one_line_of_a_branch(clock: Day, admin: Client) -> None:
    """A service is put in with a letter, and cannot be put in twice."""
    path = f"/lines/{clock.place.line.pk}"
    advice = cast.service("advice", title="Advice", standard_s=600, sites=[clock.company.vilnius])
    for prefix, status in (("9", 400), ("ABCD", 400), ("d", 302), ("E", 400)):
        answer = admin.post(path, {"do": "add", "service": advice.pk, "prefix": prefix})
        assert answer.status_code == status, prefix
    assert LineService.objects.get(service=advice).prefix == "D"
    assert admin.post(path, {"do": "add", "service": clock.company.loans.pk, "prefix": "X"}).status_code == 400


def test_a_closed_line_takes_nobody(clock: Day, admin: Client) -> None:
    """Who waits in it stays; nobody can join."""
    mine = clock.join()
    admin.post(f"/lines/{clock.place.line.pk}", {"do": "close"})
    page = Client().get(f"/join/{clock.place.branch.token}").content.decode()
    assert "Cash" not in page and "Loans" in page
    assert mine.label in admin.get("/branches/vilnius/today").content.decode()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"opens": "9"}, "A time of day"),
        ({"closes": "08:00"}, "later than the beginning"),
        ({"slot_s": "0"}, "1"),
        ({"slot_s": "500"}, "No slot of this length"),
        ({"capacity": "0"}, ""),
        ({"weekday": "8"}, ""),
        ({"valid_from": "2026-05-01", "valid_to": "2026-04-01"}, "later than the beginning"),
        ({"service": "999999"}, ""),
    ],
)
def test_times_that_cannot_be_are_told(clock: Day, admin: Client, said: dict[str, str], told: str) -> None:
    """Nothing is saved, and the database is not what says so."""
    good = {"service": str(clock.company.loans.pk), "weekday": "1", "opens": "09:00", "closes": "12:00",
            "slot_s": "30", "buffer_s": "0", "capacity": "1"}  # fmt: skip
    answer = admin.post("/branches/vilnius/slots/new", good | said)
    assert answer.status_code == 400
    assert told in answer.content.decode()
    assert SlotRule.objects.count() == 0
    assert admin.post("/branches/vilnius/slots/new", good).status_code == 302
    assert SlotRule.objects.get().slot_s == 1800


def test_a_counter_serves_lines_of_its_own_branch(clock: Day, admin: Client) -> None:
    """A line of another branch cannot be chosen, and a code is there once."""
    other = cast.branch(clock.company, where=clock.company.klaipeda)
    said = {"title": "Counter 9", "code": "c9", "lines": [clock.place.line.pk]}
    assert admin.post("/branches/vilnius/counters/new", said | {"lines": [other.line.pk]}).status_code == 400
    assert admin.post("/branches/vilnius/counters/new", said | {"code": "c1"}).status_code == 400
    assert admin.post("/branches/vilnius/counters/new", said).status_code == 302
    assert list(Counter.objects.get(code="c9").lines.all()) == [clock.place.line]


def test_settings_of_a_branch_are_minutes_on_the_screen(clock: Day, admin: Client) -> None:
    """Seconds in the row, minutes on the page; languages only from those there are, the usual one first."""
    said = {
        "languages": ["en", "lt"],
        "usual": "lt",
        "notice_ahead": 3,
        "no_show_s": "1.5",
        "forgotten_s": 60,
        "join_by_link": "on",
    }
    assert admin.post("/branches/vilnius/settings", said).status_code == 302
    branch = type(clock.place.branch).objects.get(pk=clock.place.branch.pk)
    assert (branch.no_show_s, branch.forgotten_s, branch.notice_ahead, branch.languages) == (90, 3600, 3, ["lt", "en"])
    assert admin.post("/branches/vilnius/settings", said | {"languages": ["xx"]}).status_code == 400
