"""The repository says nothing about the machine it was written on, and its rooms look down."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture import checks

#: Names no text of ours need be searched: the checker's own examples, and pictures.
_SKIPPED = {"tests/architecture/checks.py", "tests/architecture/test_repository.py"}
_TEXT = {".py", ".md", ".toml", ".yml", ".yaml", ".lock", ".txt", ".html", ".css", ".js", ".json", ".csv", ""}


def _tracked() -> list[Path]:
    """Return the files under version control; of an unpacked archive, all that would be."""
    if shutil.which("git") and (checks.ROOT / ".git").exists():
        command = ["git", "-C", str(checks.ROOT), "ls-files", "-z"]
        names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")
        return [checks.ROOT / name for name in names if name and (checks.ROOT / name).is_file()]
    folders = ["src", "tests", "docs", "benchmarks", ".ci"]
    return [path for folder in folders for path in (checks.ROOT / folder).rglob("*") if path.is_file()]


def test_no_file_names_a_package_index_or_a_folder_of_one_machine() -> None:
    """A clone works anywhere: the lock has hashes and no index, no path is absolute."""
    found: dict[str, list[str]] = {}
    for path in _tracked():
        name = checks.name_of(path)
        if path.suffix in _TEXT and name not in _SKIPPED and "__pycache__" not in name:
            what = checks.traces(path.read_text(encoding="utf-8"))
            found |= {name: what} if what else {}
    assert found == {}


@pytest.mark.parametrize(
    "text",
    [
        "--index-url https://example.org/simple",
        "see /home/me/lake",
        '"/work/data"',
        "https://files.pythonhosted.org/packages/x",
    ],
)
def test_a_trace_of_a_machine_is_noticed(text: str) -> None:
    """The search for traces can fail."""
    assert checks.traces(text)


@pytest.mark.parametrize(
    "text", ["https://example.org/home/me", "--no-emit-index-url", "src/troth", "./work/x", "a/opt/b"]
)
def test_an_ordinary_path_is_no_trace(text: str) -> None:
    """Relative paths and web addresses are fine."""
    assert not checks.traces(text)


def test_the_lock_pins_every_package_with_hashes() -> None:
    """What is installed is exactly what was tried."""
    lines = (checks.ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    packages = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert len(packages) > 50
    assert [line for line in packages if "==" not in line or not line.endswith("\\")] == []
    assert all("--hash=sha256:" in line for line in lines if line.startswith(" "))


def _contracts() -> str:
    """Return the import contracts of pyproject.toml as a file of their own."""
    text = (checks.ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return text[text.index("[tool.importlinter]") :]


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [
        str(Path(sys.executable).parent / "lint-imports"),
        "--config",
        str(folder / "pyproject.toml"),
        "--no-cache",
    ]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(folder)}
    )


def _toy(folder: Path, files: dict[str, str]) -> Path:
    """Write a package with our rooms and contracts, and the given files in it."""
    apps = [f"web/{path.name}" for path in (checks.SRC / "web").iterdir() if (path / "__init__.py").exists()]
    for room in [*checks.ENGINE, "cli", "web", *apps]:
        (folder / "troth" / room).mkdir(parents=True)
        (folder / "troth" / room / "__init__.py").touch()
    (folder / "troth" / "__init__.py").touch()
    for name, text in files.items():
        (folder / "troth" / name).parent.mkdir(exist_ok=True)
        (folder / "troth" / name).write_text(text, encoding="utf-8")
    (folder / "pyproject.toml").write_text(_contracts(), encoding="utf-8")
    return folder


def test_the_contracts_are_those_of_the_linter() -> None:
    """Layers over all rooms and over the apps of the site, no cycles, no Django in the engine."""
    contracts = tomllib.loads(_contracts())["tool"]["importlinter"]["contracts"]
    assert [one["type"] for one in contracts] == ["layers", "layers", "acyclic_siblings", "forbidden"]
    assert all(one["exhaustive"] is True for one in contracts[:2])


@pytest.mark.parametrize(
    ("files", "kept"),
    [
        ({"kpi/query.py": "from troth.log import x"}, True),
        ({"core/terms.py": "import troth.kpi"}, False),
        ({"stats/fit.py": "import troth.charts"}, False),
        ({"kpi/a.py": "import troth.kpi.b", "kpi/b.py": "import troth.kpi.a"}, False),
        ({"log/rows.py": "import django"}, False),
        ({"newroom/__init__.py": ""}, False),
        ({"web/people/a.py": "import troth.web.flow"}, False),
        ({"web/newapp/__init__.py": ""}, False),
    ],
    ids=["down", "up", "sideways", "cycle", "django", "unlisted-room", "app-up", "unlisted-app"],
)
def test_an_import_against_the_direction_is_noticed(tmp_path: Path, files: dict[str, str], kept: bool) -> None:
    """The contracts themselves can fail: up, sideways, in a circle, to Django, and for a room nobody listed."""
    run = _lint(_toy(tmp_path, files))
    assert (run.returncode == 0) is kept, run.stdout + run.stderr
