"""Every notebook of the documentation runs from its first cell to its last, and is kept without what it printed."""

from __future__ import annotations

import ast
import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

NOTEBOOKS = sorted((ROOT / "docs").rglob("*.ipynb"))


def code(notebook: Path) -> list[str]:
    """Return the code cells of a notebook."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def run(cells: list[str], *, folder: Path) -> list[Any]:
    """Run cells in a folder, one after the other with the same names; return what the last line of each gives."""
    names: dict[str, Any] = {"__name__": "notebook"}
    shown = []
    with contextlib.chdir(folder):
        for number, text in enumerate(cells, 1):
            tree = ast.parse(text)
            last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, f"<cell {number}>", "exec"), names)
            value = ast.Expression(last.value) if isinstance(last, ast.Expr) else None
            shown.append(eval(compile(value, f"<cell {number}>", "eval"), names) if value else None)
    return shown


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_a_notebook_runs(notebook: Path, tmp_path: Path) -> None:
    """Every cell runs, in order, in an empty folder; what is shown at its end is something."""
    shown = run(code(notebook), folder=tmp_path)
    assert any(one is not None for one in shown)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_a_notebook_is_kept_clean(notebook: Path) -> None:
    """Outputs and counters are of whoever ran it last, and do not belong to the source."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    assert [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")] == []


def test_a_cell_that_fails_is_an_error(tmp_path: Path) -> None:
    """Names live on from cell to cell; what is wrong is not passed over."""
    assert run(["x = 2", "x + 1"], folder=tmp_path) == [None, 3]
    with pytest.raises(NameError):
        run(["x = 2", "y"], folder=tmp_path)


def test_there_is_a_notebook() -> None:
    """A search that finds nothing would pass all the others."""
    assert "look-ahead" in {path.stem for path in NOTEBOOKS}
