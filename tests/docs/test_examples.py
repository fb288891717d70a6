"""Every example marked to run does what its page says."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.docs import examples

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
WITH_EXAMPLES = [page for page in PAGES if examples.find(page.read_text(encoding="utf-8"))]


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the log of a small made-up company and a lake that holds it."""
    folder = tmp_path_factory.mktemp("company")
    for words in (
        ["demo", "--out", "demo-data", "--days", "28", "--size", "0.1"],
        ["import", "troth", "demo-data", "--lake", "demo-lake"],
    ):
        subprocess.run([sys.executable, "-m", "troth.cli.main", *words], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where lakes of published logs are kept once a page has made them."""
    return tmp_path_factory.mktemp("published")


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=[page.relative_to(ROOT).as_posix() for page in WITH_EXAMPLES])
def test_the_examples_of_a_page_run(
    page: Path, tmp_path: Path, published: Path, request: pytest.FixtureRequest
) -> None:
    """What a page shows works, in the order of the page, in a folder with the demo company."""
    found = examples.find(page.read_text(encoding="utf-8"))
    folder = tmp_path / "work"
    shutil.copytree(request.getfixturevalue("company"), folder)
    env: dict[str, str] = {"TROTH_LAKE": "demo-lake"}
    names: dict[str, Any] = {"__name__": "page"}
    if any(one.samples for one in found):
        samples = request.getfixturevalue("samples")
        env["TROTH_SAMPLES"] = str(samples)
        for log in {log for one in found for log in one.needs}:
            (folder / Path(log).name).symlink_to(samples / log)
    for one in found:
        examples.run(one, folder=folder, names=names, env=env, kept=published)


def test_marked_blocks_are_found_and_others_are_left_alone() -> None:
    """Only a marked block is run, with the options of its mark."""
    page = "<!-- run status=1 needs=a/b.csv -->\n```console\n$ false\n```\n\n```python\nnot code\n```\n<!-- run -->\n\n```python\nx = 1\n```\n"
    first, second = examples.find(page)
    assert (first.language, first.status, first.samples, first.line) == ("console", 1, True, 1)
    assert first.needs == ("a/b.csv",)
    assert (second.language, second.status, second.samples) == ("python", 0, False)


@pytest.mark.parametrize(
    "page",
    ["<!-- run -->\ntext\n", "<!-- run status=x -->\n```console\n$ a\n```\n", "<!-- run -->\n```sql\nselect\n```\n"],
    ids=["no-block", "bad-option", "bad-language"],
)
def test_a_mark_that_cannot_be_kept_is_an_error(page: str) -> None:
    """A misspelt mark must not pass as an example that ran."""
    with pytest.raises(ValueError, match="run"):
        examples.find(page)


def _run(text: str, folder: Path, *, language: str = "console", status: int = 0) -> None:
    examples.run(examples.Example(language, text, 1, status), folder=folder, names={}, env={})


def test_what_a_command_prints_is_compared(tmp_path: Path) -> None:
    """Printed lines are compared, with dots for anything."""
    _run("$ echo one two\none ...\n$ echo x \\\n    y\nx y\n", tmp_path)
    _run("$ exit 1\n", tmp_path, status=1)
    for text in ("$ echo one\ntwo\n", "$ false\n", "no command\n"):
        with pytest.raises(AssertionError):
            _run(text, tmp_path)


def test_a_published_log_is_taken_in_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second page gets the lake and the words of the first; another log, other words or a lake that is there run anew."""
    ran: list[str] = []

    def made(shell: examples._Shell, command: str) -> tuple[int, str]:
        ran.append(command)
        lake = shell.folder / command.rpartition(" ")[2]
        lake.mkdir(exist_ok=True)
        (lake / "made").write_text(str(len(ran)))
        return 0, "rows 12\n"

    monkeypatch.setattr(examples._Shell, "_ran", made)
    take = "troth import servicenow a.zip --time-zone UTC --lake lake"
    kept, pages = tmp_path / "kept", [tmp_path / name for name in "abc"]
    for page, text in zip(pages, (f"$ {take}\nrows 12\n", f"{take}\n", f"$ {take}\nrows 13\n"), strict=True):
        page.mkdir()
        one = examples.Example("console" if text.startswith("$") else "bash", text, 1, needs=("x/a.zip",))
        with contextlib.nullcontext() if page != pages[2] else pytest.raises(AssertionError, match="rows 13"):
            examples.run(one, folder=page, names={}, env={}, kept=kept)
        assert (page / "lake" / "made").read_text() == "1"
    assert ran == [take]
    for text, needs in ((take, ("x/b.zip",)), (f"{take}2", ("x/a.zip",)), (take, ("x/a.zip",))):
        one = examples.Example("console", f"$ {text}\n", 1, needs=needs)
        examples.run(one, folder=pages[0], names={}, env={}, kept=kept)
    assert len(ran) == 4


def test_what_python_prints_is_compared(tmp_path: Path) -> None:
    """A block with prompts is a doctest, one without is a program."""
    _run(">>> 1 + 1\n2\n", tmp_path, language="python")
    _run("assert 1 + 1 == 2\n", tmp_path, language="python")
    for text in (">>> 1 + 1\n3\n", "assert False\n"):
        with pytest.raises(AssertionError):
            _run(text, tmp_path, language="python")
