"""The benchmark of a site's own promises tells what the page says, and judges by what was stated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.quality import word

PAGE = {"n": 100, "kept": 0.9, "inside": 0.81, "low": 0.7, "high": 0.9, "stated": 0.8, "waived": 4}


def test_a_kind_is_told_in_words_and_as_a_line(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """Near what was stated is feasible, 0.59 of 0.80 is not; the days of learning are in words only."""
    found = {"all": {"wait": PAGE}, "later": {"wait": PAGE, "appointment": {**PAGE, "inside": 0.59}}}
    asked: list[Any] = []

    def lived(folder: Path, **given: Any) -> Any:
        asked.append((folder.is_dir(), given))
        return found

    monkeypatch.setattr(word, "lived", lived)
    assert word.main(["--set", "quick", "--json"]) == 0
    lines = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert [(one["case"], one["value"], one["reference"], one["feasible"]) for one in lines] == [
        ("wait", 0.81, 0.8, True), ("appointment", 0.59, 0.8, False),
    ]  # fmt: skip
    assert asked == [(True, {"days": 5, "learning": 2, "seed": 1})]
    word.main(["--set", "quick"])
    assert capsys.readouterr().out.count("stated 0.800") == 3
