"""A bucket that cannot be used: one issue with advice, nothing half-written, and no key in any word or file."""

from __future__ import annotations

import json
import traceback
from pathlib import Path

import pytest

from tests.log.buckets import SECRET, Server
from tests.log.lakes import event, filled, keys, rows, settled
from troth.cli.main import main
from troth.core.errors import BucketError, InputError
from troth.log.ingest import ImportReport, ingest
from troth.log.lake import Lake
from troth.log.readers import ReadOptions


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """Return a file of forty events."""
    path = tmp_path / "calls.csv"
    lines = [f"2026-01-05T10:{n:02d}:00Z,opened,k{n},calls,e{n}" for n in range(40)]
    path.write_text("\n".join(["occurred_at,activity,case_id,source,source_id", *lines]) + "\n")
    return path


def told(words: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """Run a command that fails and return its one issue."""
    assert main([*words, "--format", "json"]) == 2
    said = capsys.readouterr()
    assert SECRET not in said.out + said.err
    (issue,) = json.loads(said.out)["issues"]
    assert issue["advice"].startswith("Maybe ")
    found: dict[str, str] = issue
    return found


WRONG = {
    "bad-credentials": {"AWS_ACCESS_KEY_ID": "somebody"},
    "no-bucket": {"lake": "s3://no-such-bucket/made"},
    "store-unreachable": {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
    "no-credentials": {"AWS_SECRET_ACCESS_KEY": ""},
    "plain-endpoint": {"AWS_ALLOW_HTTP": ""},
    "bad-endpoint": {"AWS_ENDPOINT_URL": f"https://name:{SECRET}@127.0.0.1"},
    "bad-lake-address": {"lake": "s3://Lakes!"},
    "bad-number": {"TROTH_CACHE_GIB": "much"},
}


@pytest.mark.parametrize("code", WRONG)
def test_each_fault_is_one_issue(
    far: str,
    calls: Path,
    server: Server,
    code: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Importing and asking say the same: what is wrong and what to do, and the bucket is as it was."""
    before = set(server.objects("lakes"))
    lake = WRONG[code].get("lake", far)
    for name, value in WRONG[code].items():
        if name != "lake":
            monkeypatch.setenv(name, value)
    for words in (["import", "csv", str(calls)], ["kpi", "--kpi", "speed.answer"]):
        assert told([*words, "--lake", lake], capsys)["code"] == code
    assert set(server.objects("lakes")) == before


def test_a_server_that_is_no_store_is_told(
    far: str, calls: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], server: Server
) -> None:
    """An endpoint that answers, but not as a store does, is an issue like any other."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"{server.endpoint}/no/such/place")
    assert told(["import", "csv", str(calls), "--lake", far], capsys)["code"] in {
        "no-bucket",
        "store-failed",
        "missing-file",
    }


def test_several_faults_of_the_environment_are_told_at_once(far: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is missing is named, not the first thing only."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "127.0.0.1")
    with pytest.raises(InputError) as error:
        Lake(far)
    assert [issue.code for issue in error.value.issues] == ["no-credentials", "no-credentials", "bad-endpoint"]


def test_a_store_that_passes_over_conditions_is_refused(
    far: str, calls: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two writers would undo each other there unseen, so no lake is begun in it; nothing of the attempt stays."""
    before = set(server.objects("lakes"))
    server.ask("careless", True)
    try:
        assert told(["import", "csv", str(calls), "--lake", far], capsys)["code"] == "no-atomic-writes"
    finally:
        server.ask("careless", False)
    assert set(server.objects("lakes")) == before
    assert main(["import", "csv", str(calls), "--lake", far]) == 0


def test_a_server_gone_in_mid_import_leaves_whole_batches(far: str, calls: Path, server: Server) -> None:
    """What was committed stays, nothing else is there, and the same import goes on where it was cut."""
    lake, gone = Lake(far), list[int]()

    def cut(file: str, done: float, so_far: ImportReport) -> None:
        if not gone:
            gone.append(so_far.events)
            server.ask("stop")

    options = ReadOptions(batch_rows=2)  # in bytes, so that a batch has about seven rows
    try:
        with pytest.raises(BucketError) as error:
            ingest(lake, source="csv", paths=[calls], options=options, on_progress=cut)
    finally:
        server.ask("start")
    assert error.value.issue.code == "store-unreachable"
    words = "".join(traceback.format_exception(error.value))
    assert SECRET not in words
    left = settled(Lake(far))
    assert gone[0] <= len(left) < 40  # another batch may have been in before the server went
    assert keys(left) == keys(event(n) for n in range(len(left)))
    report = ingest(Lake(far), source="csv", paths=[calls], options=options)
    assert (report.events, report.duplicates) == (40, len(left))
    assert keys(settled(Lake(far))) == keys(event(n) for n in range(40))


def test_a_file_that_cannot_be_sent_is_in_no_commit(far: str, server: Server) -> None:
    """Without the server an append fails, and no file of it stays here to be taken for a copy."""
    lake = filled(far, [event(1)])
    server.ask("stop")
    try:
        with pytest.raises(BucketError):
            lake.events.append(rows([event(2)]), batch=("s", 1))
    finally:
        server.ask("start")
    assert keys(settled(Lake(far))) == ["e1"]
    here = {str(p) for p in lake.home.rglob("*.parquet")}
    assert here == set(Lake(far).events.files()["tail"])


def test_commands_work_on_a_bucket(
    far: str, calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Import, figure, scorecard, report and export take the address of a bucket and say what they say of a folder."""
    monkeypatch.setenv("TROTH_LAKE", far)
    said: dict[bool, list[str]] = {}
    for where in ([], ["--lake", str(tmp_path / "lake")]):
        for words in (
            ["import", "csv", str(calls)],
            ["kpi", "--kpi", "flow.volume"],
            ["kpi", "--role", "agent", "--kpi", "flow.volume"],
            ["export", "csv", "--out", str(tmp_path / "log.csv")],
        ):
            assert main([*words, *where, "--format", "json"]) == 0, words
            said.setdefault(bool(where), []).append(capsys.readouterr().out)
        said[bool(where)].append((tmp_path / "log.csv").read_text())
    assert said[False] == said[True]
    assert said[True][-1].count("e39") == 1
    assert main(["report", "--out", str(tmp_path / "report.html")]) == 0
    assert far.rsplit("/", 1)[1] in (tmp_path / "report.html").read_text()
