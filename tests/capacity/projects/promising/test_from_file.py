"""Beliefs as JSON and back: nothing is lost, and everything wrong is told at once."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import date

import pytest
from hypothesis import given, settings

from tests.capacity.projects.promising.firms import firms
from troth.capacity.projects.portfolio import Portfolio
from troth.capacity.projects.promising import Beliefs, LearnedBeliefs, SlipBelief
from troth.capacity.projects.promising.from_file import from_json, to_json
from troth.core.errors import InputError


@settings(max_examples=20, deadline=None)
@given(firms())
def test_what_is_written_is_read_back(firm: tuple[Portfolio, Beliefs]) -> None:
    """Any beliefs, with levels, turns, loads, projects that had a say, what they rest on and their day."""
    portfolio, beliefs = firm
    beliefs = replace(
        beliefs, slips=replace(beliefs.slips, told=frozenset({"b", "a"})), reactive=replace(beliefs.reactive, loads=portfolio.reactive)
    )  # fmt: skip
    learned = LearnedBeliefs(beliefs, {"slips": {"clients": 3}, "wins": {"deals": 0, "months": 0}})
    assert from_json(to_json(learned, day=portfolio.day)) == (learned, portfolio.day)


def test_every_number_stands_in_the_file() -> None:
    """Also what is neutral: whoever opens it sees what can be changed."""
    data = json.loads(to_json(Beliefs()))
    assert set(data) == {one.name for one in fields(Beliefs)} | {"format"}
    assert data["people"]["hiring_days"] == 60.0 and data["slips"]["share"] == 0.0


def test_what_is_left_out_is_neutral() -> None:
    """A file of one number is enough; nothing rests on anything then."""
    learned, day = from_json('{"slips": {"share": 0.25}}')
    assert learned == LearnedBeliefs(Beliefs(slips=SlipBelief(0.25)), {}) and day is None


def test_everything_wrong_is_told_at_once() -> None:
    """Each with its place: percentages, signs, lengths, order, unknown names, other kinds."""
    bad = {
        "format": 2, "day": "soon", "estimates": {"build": {"sd": -0.1, "long_factor": 0}}, "wins": {"market": 1.0, "shift": -3},
        "decisions": {"days": {"lead": [9, 3]}, "otherwise": [4]}, "slips": {"share": 30}, "people": {"absense": 0.1, "attrition": "x"},
        "coming": {"per_week": {"t": -1}, "months": [1, 1]}, "pace": {"levels": {"high": 1.2}},
        "reactive": {"loads": [{"load_id": "l", "hours": [1, 1]}], "kept": 1.5},
    }  # fmt: skip
    with pytest.raises(InputError) as caught:
        from_json(json.dumps(bad))
    assert {(one.code, one.where) for one in caught.value.issues} == {
        ("unknown-format", "format"), ("bad-day", "day"), ("negative-number", "estimates.build.sd"), ("not-positive", "estimates.build.long_factor"),
        ("bad-share", "wins.market"), ("bad-quantiles", "decisions.days.lead"), ("bad-quantiles", "decisions.otherwise"),
        ("bad-share", "slips.share"), ("unknown-key", "people.absense"), ("wrong-type", "people.attrition"),
        ("negative-number", "coming.per_week.t"), ("wrong-length", "coming.months"), ("wrong-type", "pace.levels"),
        ("wrong-length", "reactive.loads[0].hours"), ("bad-share", "reactive.kept"),
    }  # fmt: skip
    assert all(one.advice.startswith("Maybe ") for one in caught.value.issues)


@pytest.mark.parametrize(("text", "code"), [("[1]", "wrong-type"), ("{", "not-json"), ('{"slips": 3}', "wrong-type")])
def test_what_is_no_file_of_beliefs_is_told(text: str, code: str) -> None:
    """Another kind of file, or a part of another kind."""
    with pytest.raises(InputError) as caught:
        from_json(text)
    assert [one.code for one in caught.value.issues] == [code]


def test_a_day_is_kept() -> None:
    """Whose turn it is and what waits hold for the day on which they were learned."""
    assert from_json(to_json(Beliefs(), day=date(2026, 6, 1)))[1] == date(2026, 6, 1)
