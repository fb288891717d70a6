"""`troth twin advise` on a lake: the sentence, the table, the page, and everything that can be wrong with the question."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from troth.cli.main import DONE, WRONG, main
from troth.demo import small_company, write
from troth.demo.dirt import Dirt

UNTIL = datetime(2026, 3, 19, 13, 0, tzinfo=UTC)
AT = ["--site", "branch-z", "--at", "2026-03-18T10:00+01:00"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the lake of a small company, two weeks and a half long."""
    folder = tmp_path_factory.mktemp("shop")
    write(folder / "data", truth=small_company(days=17), seed=2, until=UNTIL, workers=1, dirt=Dirt.none())
    assert main(["import", "troth", str(folder / "data"), "--lake", str(folder / "lake"), "--format", "json"]) == DONE
    return folder / "lake"


def _asked(lake: Path, *words: str) -> int:
    return main(["twin", "advise", "--lake", str(lake), "--replications", "20", *words])


def _codes(capsys: pytest.CaptureFixture[str]) -> list[str]:
    issues = json.loads(capsys.readouterr().out)["issues"]
    assert all(one["advice"].startswith("Maybe") for one in issues)
    return [one["code"] for one in issues]


def test_the_best_step_is_said_and_shown(shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same question gives the same answer, on the page too; what is barred is not among the steps."""
    page = tmp_path / "next.html"
    capsys.readouterr()
    assert _asked(shop, *AT, "--format", "json", "--html", str(page)) == DONE
    told = json.loads(capsys.readouterr().out)
    assert told["steps"][0]["kind"] == "nothing" and told["tried"] > 1
    assert told["nothing"]["came"]["mean"] > 0 and told["advice"] in page.read_text(encoding="utf-8")
    assert _asked(shop, *AT, "--format", "json") == DONE
    assert json.loads(capsys.readouterr().out) == told
    bars = [word for kind in ("breaks", "extend", "turn") for word in ("--without", kind)]
    assert _asked(shop, *AT, *bars, "--helper", "Ona", "--format", "json") == DONE
    only = json.loads(capsys.readouterr().out)["steps"]
    assert {one["kind"] for one in only} == {"nothing", "call_in"} and {one["agent"] for one in only} == {"", "Ona"}
    assert _asked(shop, *AT) == DONE
    assert capsys.readouterr().out.startswith(told["advice"])


def test_what_came_later_is_not_looked_at(shop: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A log that ends at the instant gives the same answer as one that goes on for a day."""
    at = datetime.fromisoformat(AT[-1])
    write(
        tmp_path / "data",
        truth=small_company(days=17),
        seed=2,
        until=at + timedelta(minutes=1),
        workers=1,
        dirt=Dirt.none(),
    )
    assert main(["import", "troth", str(tmp_path / "data"), "--lake", str(tmp_path / "lake")]) == DONE
    capsys.readouterr()
    assert _asked(shop, *AT, "--format", "json") == DONE
    told = capsys.readouterr().out
    assert _asked(tmp_path / "lake", *AT, "--format", "json") == DONE
    assert json.loads(capsys.readouterr().out) == json.loads(told)


def test_bad_questions_are_told_with_advice(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An instant without a zone, before the log or after it, a site nobody knows, at night, without days to learn from."""
    capsys.readouterr()
    for words, codes in (
        (["--site", "branch-z", "--at", "2026-03-18T10:00"], ["naive-time"]),
        (["--site", "branch-z", "--at", "soon"], ["bad-time"]),
        (["--site", "nowhere", "--at", "2025-01-01T10:00Z"], ["unknown-site", "before-the-log"]),
        (["--site", "branch-z", "--at", "2027-01-01T10:00Z"], ["after-the-log"]),
        (["--site", "branch-z", "--at", "2026-03-18T02:00+01:00"], ["nobody-on-shift"]),
        ([*AT, "--fit-from", "2026-03-18"], ["bad-period"]),
        ([*AT, "--fit-from", "2026-03-14", "--fit-to", "2026-03-16"], ["no-history"]),
        ([*AT, "--horizon", "10s"], ["out-of-range"]),
    ):
        assert _asked(shop, *words, "--format", "json") == WRONG, words
        assert _codes(capsys) == codes
