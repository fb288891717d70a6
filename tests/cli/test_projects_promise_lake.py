"""`troth projects promise` on a lake: beliefs learned from its log, kept in a file, and what it cannot be asked."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.capacity.projects.portfolio.practice_lake import lake_of_world, lived
from tests.kpi.logs import Event, put, put_reference
from troth.capacity.projects.portfolio.read import portfolio_of
from troth.cli.main import DONE, ISSUES, WRONG, main
from troth.log.lake import Lake

FEW = ["--futures", "40", "--weeks", "26"]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the lake of a practice of twelve that lived 16 weeks."""
    folder = tmp_path_factory.mktemp("lake") / "lake"
    world, until = lived(weeks=16)
    lake_of_world(folder, world, until=until)
    return folder


def _told(lake: Path, capsys: pytest.CaptureFixture[str], *words: str, status: int = DONE) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["projects", "promise", "--lake", str(lake), "--format", "json", *words]) == status
    return dict(json.loads(capsys.readouterr().out))


def _open_deal(lake: Path) -> str:
    return max(portfolio_of(Lake(lake))[0].deals, key=lambda one: one.probability).deal_id


def test_beliefs_are_learned_and_can_be_kept_and_given_again(
    lake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a word they are learned, with what they rest on; the file says the same; neutral ones are others."""
    deal, kept = _open_deal(lake), tmp_path / "more" / "beliefs.json"
    learned = _told(lake, capsys, "--deal", deal, *FEW, "--save-beliefs", str(kept))
    assert learned["beliefs"]["source"] == "learned" and learned["beliefs"]["log_from"] == "2026-03-02"
    assert (
        learned["beliefs"]["rests_on"]["wins"]["deals"] > 0
        and learned["beliefs"]["rests_on"]["people"]["days due"] > 500
    )
    assert [one["part"] for one in learned["beliefs"]["parts"]][:2] == ["estimates", "wins"]
    given = _told(lake, capsys, "--deal", deal, *FEW, "--beliefs", str(kept))
    assert given["beliefs"]["source"] == str(kept) and given["beliefs"]["rests_on"] == learned["beliefs"]["rests_on"]
    same = ("levels", "curve", "win", "within", "binds")
    assert [given[key] for key in same] == [learned[key] for key in same]
    neutral = _told(lake, capsys, "--deal", deal, *FEW, "--beliefs", "neutral")
    assert neutral["beliefs"]["rests_on"] == {} and neutral["win"] != learned["win"]
    # A number is changed by hand: nobody believes in what was stated any more.
    data = json.loads(kept.read_text(encoding="utf-8"))
    data["wins"]["shift"] = -9.0
    kept.write_text(json.dumps(data), encoding="utf-8")
    assert _told(lake, capsys, "--deal", deal, *FEW, "--beliefs", str(kept))["win"] < 0.05


def test_a_table_and_a_page_say_what_is_believed(
    lake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each part with its words and counts, in the text and on the page; days that are asked about, too."""
    page, deal = tmp_path / "start.html", _open_deal(lake)
    words = [
        "projects",
        "promise",
        "--lake",
        str(lake),
        "--deal",
        deal,
        *FEW,
        "--by",
        "2026-08-31",
        "--html",
        str(page),
    ]
    assert main(words) == DONE
    text = capsys.readouterr().out
    assert "Believed, learned from the log, 2 Mar 2026 to " in text and "\n  wins: a stated 50% is worth " in text
    assert f"If {deal} is won, which is " in text and "A start by 2026-08-31 is kept with " in text
    assert "finished phases" in text and " days due" in text
    html = page.read_text(encoding="utf-8")
    assert f"When can {deal} start?" in html and "What does it rest on?" in html and "And by 31 Aug 2026?" in html


def test_beliefs_of_another_day_are_told(lake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whose turn it is and what waits was so on another day: a warning, and exit status 1."""
    kept = tmp_path / "beliefs.json"
    kept.write_text('{"day": "2026-05-04"}', encoding="utf-8")
    told = _told(lake, capsys, "--deal", _open_deal(lake), *FEW, "--beliefs", str(kept), status=ISSUES)
    assert "beliefs-of-another-day" in {one["code"] for one in told["issues"]}


def test_what_is_over_or_begun_or_later_is_told_so(lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A lost deal, a won one whose project began, such a project itself, a deal that came up later, one that never was."""
    portfolio, _ = portfolio_of(Lake(lake))
    begun = next(one for one in portfolio.projects if one.started and not all(p.done for p in one.phases))

    def issue(deal: str, *more: str) -> dict[str, Any]:
        (found,) = _told(lake, capsys, "--deal", deal, *more, status=WRONG)["issues"]
        return dict(found)

    said = issue(begun.project_id)
    assert said["code"] == "already-started" and str(begun.started) in said["advice"]
    open_ = {one.deal_id for one in portfolio.deals}
    closed = next(name for k in range(1, 60) if (name := f"dp{k}") not in open_)
    assert issue(closed)["code"] == "deal-closed"
    said = issue(max(open_), "--day", "2026-03-09")
    assert said["code"] == "unknown-deal" and said["advice"].startswith("Maybe a later --day: it came up on 2026-")
    put_reference(Lake(lake), "sites", [{"site": "shop", "title": "Shop", "time_zone": "UTC"}])
    said = issue(min(open_), "--site", "shop")
    assert said["code"] == "unknown-deal" and said["advice"] == "Maybe another --site: it is open at practice-p."
    said = issue("warehouse")
    assert said["code"] == "unknown-deal" and said["advice"].startswith("Maybe one of dp")


def test_a_log_of_ten_days_says_little_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Hardly anything was counted yet: it is told how little, what was not seen is neutral, and an answer is given."""
    world, until = lived(weeks=2)
    folder = tmp_path / "lake"
    lake_of_world(folder, world, until=until - timedelta(days=1))
    capsys.readouterr()
    status = main(["projects", "promise", "--lake", str(folder), "--deal", _open_deal(folder), *FEW])
    text = capsys.readouterr().out
    assert "Believed, learned from the log, 2 Mar 2026 to 12 Mar 2026:" in text and "nobody leaves unannounced" in text
    told = _told(folder, capsys, "--deal", _open_deal(folder), *FEW, status=status)
    rests = told["beliefs"]["rests_on"]
    assert rests["estimates"]["finished phases"] == rests["people"]["leavers"] == 0 and rests["reactive"]["days"] == 18
    assert len(told["levels"]) == 3 and 0 < told["within"] <= 1


def test_a_lake_without_projects_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to promise: said with what is missing."""
    lake = Lake(tmp_path / "lake")
    put_reference(lake, "sites", [{"site": "s", "title": "S", "time_zone": "UTC"}])
    put(lake, [Event(datetime(2026, 6, 1, 9, tzinfo=UTC), "opened", "1", case_id="c", site="s")])
    (issue,) = _told(tmp_path / "lake", capsys, "--deal", "d1", status=WRONG)["issues"]
    assert issue["code"] == "no-projects"
