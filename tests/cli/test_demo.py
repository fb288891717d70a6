"""`troth demo` writes a company and nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from troth.cli.demo import _instant
from troth.cli.main import DONE, WRONG, main


def _demo(out: Path, *more: str) -> int:
    return main(["demo", "--out", str(out), "--days", "2", "--size", "0.02", "--format", "json", *more])


def test_a_company_is_written_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The summary says what is in the folder, and a second run takes the place of the first."""
    out = tmp_path / "data"
    for _ in range(2):
        assert _demo(out) == DONE
        said = json.loads(capsys.readouterr().out)
        files = list(out.glob("events-*.parquet"))
        assert said["files"] == len(files) > 0
        assert said["rows"] > 0
        assert said["bytes"] == sum(path.stat().st_size for path in files)
    assert (out / "truth.json").is_file()


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody's own files are not written among, let alone removed."""
    (tmp_path / "events-0.parquet").write_text("mine", encoding="utf-8")
    assert _demo(tmp_path) == WRONG
    assert json.loads(capsys.readouterr().out)["issues"][0]["code"] == "folder-in-use"
    assert [path.name for path in tmp_path.iterdir()] == ["events-0.parquet"]
    assert _demo(tmp_path / "events-0.parquet") == WRONG
    assert "not-a-folder" in capsys.readouterr().out


def test_a_time_that_is_none_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt end is an issue with advice."""
    assert _demo(tmp_path / "x", "--until", "yesterday") == WRONG
    assert json.loads(capsys.readouterr().out)["issues"][0]["code"] == "bad-time"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-03-29", datetime(2026, 3, 29, 7, 40, tzinfo=UTC)),
        ("2026-03-29T05:00", datetime(2026, 3, 29, 5, tzinfo=UTC)),
        ("2026-03-29T05:00Z", datetime(2026, 3, 29, 5, tzinfo=UTC)),
        ("2026-03-29T05:00+03:00", datetime(2026, 3, 29, 2, tzinfo=UTC)),
    ],
)
def test_a_day_ends_in_the_morning_and_a_time_as_written(text: str, meant: datetime) -> None:
    """A day alone means mid-morning in Vilnius; a time without zone is UTC."""
    assert _instant(text) == meant
