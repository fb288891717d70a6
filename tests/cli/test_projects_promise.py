"""`troth projects promise`: days with probabilities, what an earlier one moves and costs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.capacity.projects.portfolio.house import STUDY, house
from tests.cli.test_projects_check import written
from troth.capacity.projects.portfolio import Portfolio, ProjectPhase, SkillNeed
from troth.cli.main import DONE, ISSUES, WRONG, main

FEW = ["--futures", "60", "--weeks", "40"]


def busy() -> Portfolio:
    """Return the house with a deal that takes ten weeks of ada, wished for in a month."""
    (deal,) = house().deals
    long = ProjectPhase("draft", (SkillNeed("law", 300.0, 1),))
    return replace(house(), deals=(deal, replace(deal, deal_id="d2", phases=(long,), wanted=date(2026, 7, 27))))


def test_days_are_told_with_their_probability(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The surer, the later; a finish after each start; the same seed says the same; what the start waits for."""
    asked = ["projects", "promise", written(tmp_path, busy()), "--deal", "d1", *FEW]
    assert main([*asked, "--format", "json", "--by", "2026-09-02"]) == DONE
    told = json.loads(capsys.readouterr().out)
    assert [one["sure"] for one in told["levels"]] == [0.5, 0.8, 0.9]
    starts = [one["start"] for one in told["levels"]]
    assert starts == sorted(starts) and starts[0] >= "2026-09-01"
    assert all(one["finish"] >= one["start"] for one in told["levels"])
    chances = [one["probability"] for one in told["curve"]]
    assert chances == sorted(chances) and 0 <= chances[0] <= chances[-1] <= 1
    assert told["by"]["day"] == "2026-09-02" and 0 <= told["by"]["probability"] <= 1
    assert {one["code"] for one in told["binds"]["parts"]} >= {"waits-for-client", "reactive-work"}
    assert main(asked) == DONE
    table = capsys.readouterr().out
    assert table.splitlines()[0].split() == ["sure", "start", "finish"]
    assert "If d1 is won" in table and "for the day the client wants" in table


def test_a_day_that_is_never_sure_enough_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A deal whose skill nobody has starts in no future: no day, exit status 1, and a warning."""
    (deal,) = house().deals
    nobody = replace(STUDY, needs=(SkillNeed("dance", 20.0),))
    path = written(tmp_path, replace(house(), deals=(replace(deal, phases=(nobody,)),)))
    assert main(["projects", "promise", path, "--deal", "d1", *FEW, "--sure", "80%", "--format", "json"]) == ISSUES
    told = json.loads(capsys.readouterr().out)
    assert told["levels"] == [{"sure": 0.8, "start": None, "finish": None}]
    assert [one["code"] for one in told["issues"]] == ["skill-nobody-holds"]


def test_a_deal_that_is_not_there_is_told_before_anything_is_computed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the name that is near."""
    assert main(["projects", "promise", written(tmp_path, house()), "--deal", "d11", "--format", "json"]) == WRONG
    (told,) = json.loads(capsys.readouterr().out)["issues"]
    assert (told["code"], told["advice"]) == ("unknown-deal", "Maybe d1 is meant.")


def test_a_deal_that_is_never_won_has_no_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a probability of nothing nothing follows: told with what may mend it, before anything is computed."""
    (deal,) = house().deals
    path = written(tmp_path, replace(house(), deals=(replace(deal, probability=0.0),)))
    assert main(["projects", "promise", path, "--deal", "d1", "--format", "json"]) == WRONG
    (told,) = json.loads(capsys.readouterr().out)["issues"]
    assert told["code"] == "never-won" and told["advice"].startswith("Maybe give it a probability")


def test_a_file_has_no_past_to_learn_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Beliefs of a portfolio in a file are neutral or of a file, whose mistakes are all told; learned ones there are none."""
    asked = ["projects", "promise", written(tmp_path, house()), "--deal", "d1", *FEW, "--format", "json", "--beliefs"]
    assert main([*asked, "learned"]) == WRONG
    assert json.loads(capsys.readouterr().out)["issues"][0]["code"] == "wrong-use"
    assert main([*asked, "nothing.json"]) == WRONG
    (told,) = json.loads(capsys.readouterr().out)["issues"]
    assert (told["code"], told["where"], told["value"]) == ("cannot-read", "--beliefs", "nothing.json")
    bad = tmp_path / "bad.json"
    bad.write_text('{"slips": {"share": 30}, "people": {"absence": -1}}', encoding="utf-8")
    assert main([*asked, str(bad)]) == WRONG
    assert [one["code"] for one in json.loads(capsys.readouterr().out)["issues"]] == ["bad-share", "bad-share"]
    late = tmp_path / "late.json"
    late.write_text('{"slips": {"share": 1.0, "days": 14}}', encoding="utf-8")
    assert main([*asked, str(late)]) == DONE
    told = json.loads(capsys.readouterr().out)
    assert told["beliefs"]["source"] == str(late)
    assert told["binds"]["parts"][0]["parameters"]["late_weeks"] > 1


@pytest.mark.parametrize(("by", "code"), [("2026-05-31", "by-in-past"), ("2027-03-08", "by-too-far")])
def test_a_day_that_cannot_be_asked_about_is_told(
    by: str, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that is over, and the first that the futures of 40 weeks do not reach."""
    asked = ["projects", "promise", written(tmp_path, house()), "--deal", "d1", *FEW, "--format", "json", "--by", by]
    assert main(asked) == WRONG
    assert [one["code"] for one in json.loads(capsys.readouterr().out)["issues"]] == [code]
