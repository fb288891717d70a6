"""`troth twin run` and `troth twin compare`: from a file or a day of a lake to figures, pages, events and differences."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_twin import recorded_lake
from tests.queueing.twin.test_twin_file import SMALL
from troth.cli.main import DONE, ISSUES, WRONG, main

FEW = ["--replications", "3"]


@pytest.fixture
def file(tmp_path: Path) -> str:
    """Return a file with the smallest problem."""
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(SMALL))
    return str(path)


def told(capsys: pytest.CaptureFixture[str], words: list[str], *, status: int = DONE) -> Any:
    """Return what a command prints as JSON."""
    assert main(["twin", *words, "--format", "json"]) == status
    return json.loads(capsys.readouterr().out)


def codes(capsys: pytest.CaptureFixture[str], words: list[str]) -> list[tuple[str, str]]:
    """Return code and place of the issues of a command that is refused."""
    return [(issue["code"], issue["where"]) for issue in told(capsys, words, status=WRONG)["issues"]]


def test_a_course_can_be_asked_as_a_lake(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The events of one course, asked by `troth kpi`, give the figures that the simulation gives of that course alone."""
    page, lake = tmp_path / "new" / "page.html", tmp_path / "course"
    words = ["run", file, *FEW, "--seed", "5", "--kpi", "flow.volume/", "--kpi", "speed.answer/", "--every", "hour"]
    found = told(capsys, [*words, "--html", str(page), "--events", str(lake), "--replication", "2"])["figures"]
    assert {row["of"] for row in found} == {"all"}
    assert len({row["from"] for row in found}) == 8
    assert "Who waits when?" in page.read_text(encoding="utf-8")
    assert told(capsys, words)["figures"] == found
    assert (
        main(["kpi", "--lake", str(lake), "--kpi", "flow.volume/", "--kpi", "speed.answer/", "--format", "json"])
        == DONE
    )
    real = {row["id"]: row["value"] for row in json.loads(capsys.readouterr().out)["kpis"]}
    from troth.queueing.twin import problem_from_json
    from troth.queueing.twin.measure import measure

    alone = measure(
        problem_from_json(SMALL)[0], kpis=("flow.volume/", "speed.answer/"), first=2, replications=1, seed=5
    )
    assert {name: values[0, 0, 0] for name, values in alone.values.items()} == pytest.approx(real)
    assert codes(capsys, ["run", file, *FEW, "--events", str(lake)]) == [("folder-in-use", "--events")]


def test_a_day_of_a_lake_is_run_and_saved(lake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The floor is learned from the log; the saved file gives the same figures by the log's own queues."""
    recorded_lake(lake)
    kept = tmp_path / "day.json"
    kpi = ["--kpi", "flow.volume/", "--kpi", "flow.abandonment/", *FEW]
    day = ["--lake", str(lake), "--day", "2026-03-04", "--fit-from", "2026-03-02", "--fit-to", "2026-03-04"]
    found = told(capsys, ["run", *day, *kpi, "--save", str(kept)])["figures"]
    assert {row["of"] for row in found} == {"all", "a", "b"}
    assert next(row["mean"] for row in found if row["of"] == "all" and row["kpi"] == "flow.volume") == 120
    assert told(capsys, ["run", str(kept), *kpi])["figures"] == found
    more = told(capsys, ["compare", *day, *kpi, "--change", "staff:a=+1"])["differences"]
    gone = next(row for row in more if row["of"] == "all" and row["kpi"] == "flow.abandonment")
    assert gone["difference"] < 0


def test_plans_are_compared(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another file is a plan, all changes together are one, or each is its own; the page has the difference first."""
    other = tmp_path / "four.json"
    other.write_text(json.dumps(SMALL | {"agents": [SMALL["agents"][0] | {"count": 4}]}))
    page = tmp_path / "page.html"
    words = ["compare", file, "--kpi", "flow.volume/", "--kpi", "speed.answer/mean_wait", *FEW]
    found = told(
        capsys,
        [
            *words[:2],
            str(other),
            *words[2:],
            "--change",
            "staff:phone=+1",
            "--change",
            "policy=specialised",
            "--html",
            str(page),
        ],
    )
    by_plan = {
        row["plan"]: row for row in found["differences"] if (row["of"], row["kpi"]) == ("all", "speed.answer/mean_wait")
    }
    assert by_plan.keys() == {"four", "staff:phone=+1; policy=specialised"}
    four, changed = by_plan.values()
    assert four["difference"] == pytest.approx(changed["difference"])
    assert four["verdict"] == "better" and four["high"] < 0
    assert four["base"] + four["difference"] == pytest.approx(four["with_plan"])
    assert "Mean wait down by" in page.read_text(encoding="utf-8")
    apart = told(capsys, [*words, "--apart", "--change", "arrivals=+10%", "--change", "handle=-10%"])["differences"]
    assert {row["plan"] for row in apart} == {"arrivals=+10%", "handle=-10%"}
    assert main(["twin", *words, "--change", "staff:phone=+1@10:00-12:00", "--format", "csv"]) == DONE
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["verdict"] for row in rows if row["kpi"] == "flow.volume"} == {"the same"}
    assert main(["twin", "compare", "--changes"]) == DONE
    assert "staff:QUEUE=+1@10:00-12:00" in capsys.readouterr().out


def test_doubts_are_told_and_change_the_status(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A queue that nobody serves does not stop the run; it is named with its file and the status is 1."""
    path = tmp_path / "doubtful.json"
    path.write_text(json.dumps(SMALL | {"queues": [*SMALL["queues"], {"name": "mail", "handle": "5min"}]}))
    assert main(["twin", "run", str(path), *FEW, "--kpi", "flow.volume/"]) == ISSUES
    out, err = capsys.readouterr()
    assert "phone" in out and "all" in out
    assert "nobody-serves" in err and "doubtful.json, queues[1]" in err


def test_all_that_is_wrong_is_told_at_once(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Mistakes of several files come together with their places, those of changes, too."""
    bad, worse = tmp_path / "bad.json", tmp_path / "worse.json"
    bad.write_text(json.dumps(SMALL | {"queus": []}))
    worse.write_bytes(b"{\xff")
    assert codes(capsys, ["compare", str(bad), str(worse)]) == [
        ("unknown-key", f"{bad}, queus"),
        ("not-json", str(worse)),
    ]
    changes = ["--change", "staff:fone=+1", "--change", "policy=fast"]
    assert [code for code, _ in codes(capsys, ["compare", file, *changes])] == ["unknown-name", "unknown-word"]
    later = tmp_path / "later.json"
    later.write_text(json.dumps(SMALL | {"end": "17:00"}))
    assert codes(capsys, ["compare", file, str(later), *FEW]) == [("other-time", "later")]


@pytest.mark.parametrize(
    "words",
    [["run"], ["run", "--day", "2026-03-04"], ["run", "FILE", "--day", "2026-03-04"], ["compare", "FILE"], ["compare"], ["run", "nowhere.json"]],
)  # fmt: skip
def test_misuse_is_told(words: list[str], file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a problem, with two kinds of it, or with nothing that differs there is nothing to do."""
    assert codes(capsys, [file if word == "FILE" else word for word in words])[0][0] == "wrong-use"


@pytest.mark.parametrize("words", [["run"], ["compare", "--change", "staff:phone=+1"]])
def test_a_place_that_cannot_be_written_is_told_before_anything_is_simulated(
    words: list[str], file: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file is no folder to write into; nothing is simulated for a page that cannot be."""
    monkeypatch.setattr("troth.queueing.twin.summary.measure", lambda *_, **__: pytest.fail("simulated"))
    page = str(Path(file) / "page.html")
    assert codes(capsys, [words[0], file, *words[1:], *FEW, "--html", page]) == [("cannot-write", "--html")]
    if words == ["run"]:
        more = ["--html", page, "--save", page, "--events", str(Path(file) / "lake")]
        told_ = [("cannot-write", "--html"), ("cannot-write", "--save"), ("cannot-write", "--events")]
        assert codes(capsys, ["run", file, *FEW, *more]) == told_


def test_what_is_there_is_kept_when_a_run_is_refused(file: str, tmp_path: Path) -> None:
    """Whether a page can be written is tried without a trace: an older page stays, and nothing is made."""
    old, wrong = tmp_path / "old.html", tmp_path / "wrong.json"
    old.write_text("old")
    wrong.write_text("{}")
    before = sorted(tmp_path.rglob("*"))
    new = str(tmp_path / "new" / "save.json")
    assert main(["twin", "run", str(wrong), *FEW, "--html", str(old), "--save", new]) == WRONG
    assert old.read_text() == "old"
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "words",
    [
        ["advise", "--site", "x", "--at", "2026-06-29T10:40+03:00"],
        [
            "validate",
            "--from",
            "2026-03-04",
            "--to",
            "2026-03-05",
            "--fit-from",
            "2026-03-02",
            "--fit-to",
            "2026-03-04",
        ],
    ],
)
def test_commands_on_a_lake_tell_it_before_they_read(
    words: list[str], file: str, lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The lake is empty, which comes second."""
    page = str(Path(file) / "page.html")
    assert codes(capsys, [*words, "--lake", str(lake), "--html", page]) == [("cannot-write", "--html")]
