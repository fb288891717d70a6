"""A discipline is written, read back and checked."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given

from tests.queueing import lines
from troth.core import InputError, Severity
from troth.queueing import Appointments, CustomerClass, Discipline, Fairness, check, from_json, to_json


@given(lines.disciplines())
def test_a_discipline_survives_json(discipline: Discipline) -> None:
    """Written as JSON text and read back it is the same record."""
    assert from_json(json.dumps(to_json(discipline))) == discipline


@given(lines.disciplines())
def test_generated_disciplines_are_sound(discipline: Discipline) -> None:
    """What the other tests try holds no error, so that they try what may be used."""
    assert [issue for issue in check(discipline) if issue.severity is Severity.ERROR] == []


@pytest.mark.parametrize(
    ("discipline", "codes"),
    [
        (Discipline(()), ["no-classes"]),
        (Discipline((CustomerClass("a", priorities=(1,)),)), ["no-last-class"]),
        (Discipline((CustomerClass("a"), CustomerClass("b"))), ["class-unreachable"]),
        (Discipline((CustomerClass("a", booked=True), CustomerClass("a"))), ["class-twice"]),
        (Discipline((CustomerClass(" ", head_start=float("nan"), ageing=-1),)), ["class-name", "out-of-range", "negative-ageing"]),
        (Discipline((CustomerClass("a", ageing=0.00005, level=2000),)), ["too-fine", "out-of-range"]),
        (Discipline((CustomerClass("a", ageing=float("inf")),)), ["out-of-range"]),
        (Discipline((CustomerClass("a", priorities=(1,), level=1), CustomerClass("b"))), ["may-starve"]),
        (Discipline((CustomerClass("a", priorities=(1,), level=1), CustomerClass("b")), fairness=Fairness(overtakes=3)), []),
        (Discipline(fairness=Fairness(overtakes=-1, wait=timedelta(days=-1), behind=timedelta(days=2))), ["out-of-range"] * 3),
        (Discipline(appointments=Appointments(head_start=timedelta(minutes=20))), ["idle-head-start"]),
    ],
)  # fmt: skip
def test_what_is_wrong_or_doubtful_is_said(discipline: Discipline, codes: list[str]) -> None:
    """Every mistake has its code, all at once."""
    assert [issue.code for issue in check(discipline)] == codes


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("{", ["discipline"]),
        ("[]", ["discipline"]),
        ("{}", ["format"]),
        ('{"format": 1, "clases": []}', ["clases"]),
        ('{"format": 1, "classes": 3}', ["classes"]),
        ('{"format": 1, "classes": [3]}', ["classes[0]"]),
        ('{"format": 1, "classes": []}', ["classes"]),
        ('{"format": 1, "classes": [{"name": "a", "level": true}]}', ["classes[0].level"]),
        ('{"format": 1, "classes": [{"name": "a", "services": "cash"}]}', ["classes[0].services"]),
        ('{"format": 1, "classes": [{"name": "a", "ageing": NaN}]}', ["classes[0].ageing"]),
        ('{"format": 1, "fairness": {"wait_s": "soon", "behind_s": 1e999}}', ["fairness.behind_s", "fairness.wait_s"]),
        ('{"format": 1, "returning": {"to": "start"}, "appointments": {"x": 1}}', ["appointments.x", "returning.to"]),
    ],
)
def test_bad_records_are_refused_with_every_mistake(text: str, where: list[str]) -> None:
    """Nothing unreadable, unknown or out of range becomes a discipline, and each place is named."""
    with pytest.raises(InputError) as caught:
        from_json(text)
    assert sorted({issue.where for issue in caught.value.issues}) == where
