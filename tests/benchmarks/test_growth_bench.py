"""The growth benchmark measures what it says: whole process trees, slopes, and nothing twice."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks.quality import growth
from troth.log.lake import Lake

#: A process that does nothing but start another, which takes memory and time.
_TREE = """
import subprocess, sys
subprocess.run([sys.executable, "-c", "b = bytearray(80 << 20); b[::4096] = b'x' * len(b[::4096]); sum(range(6_000_000)); print('there')"])
"""


def test_a_tree_of_processes_is_measured_whole(tmp_path: Path) -> None:
    """Memory and processor time of what a command starts are its own."""
    seconds, cpu, peak, status, said = growth.watched([sys.executable, "-c", _TREE], inside=tmp_path)
    assert (status, said) == (0, "there\n")
    assert peak > 80 << 20
    assert 0 < cpu <= 4 * seconds


def test_a_command_that_fails_says_why(tmp_path: Path) -> None:
    """Status and complaint come back, and are part of the line."""
    *_, status, said = growth.watched([sys.executable, "-c", "raise SystemExit('no room')"], inside=tmp_path)
    assert (status, said) == (1, "no room\n")


def test_the_exponent_is_the_slope_of_the_logarithms() -> None:
    """Squares grow with exponent 2, constants with 0; one size has none."""
    assert growth.exponent([(n, 3.0 * n * n) for n in (1, 10, 50)]) == pytest.approx(2)
    assert growth.exponent([(n, 7.0) for n in (1, 10, 50)]) == pytest.approx(0)
    assert growth.exponent([(5, 1.0), (5, 2.0)]) is None


def test_what_was_measured_is_not_measured_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that was cut goes on with the step that is missing; a step that failed is not kept."""
    ran: list[str] = []

    def fake(command: list[str], *, inside: Path) -> tuple[float, float, int, int, str]:
        ran.append(command[3])
        return (
            1.0,
            1.0,
            1 << 20,
            int(ran[-1] == "timelines" and len(ran) < 5),
            json.dumps({"events": 8, "duplicates": 0}),
        )

    monkeypatch.setattr(growth, "watched", fake)
    monkeypatch.setattr(Lake, "count", lambda _: 8)
    for folder in ("log-10-1", "lake-10-1"):
        (tmp_path / folder).mkdir()
    first = [m.good for m in growth.measured(tmp_path, events=10, seed=1, path=None)]
    assert first == [True, True, False, True, True, True, True]
    ran.clear()
    ran.extend("....")
    second = list(growth.measured(tmp_path, events=10, seed=1, path=None))
    assert ran[4:] == ["timelines"]
    assert [m.step for m in second] == list(growth.STEPS)
    assert {m.events for m in second[1:]} == {8}
