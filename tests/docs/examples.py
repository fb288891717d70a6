"""Find the examples of a page that are to be run, and run them.

A block is run if the line before it is ``<!-- run -->``, followed by options: ``status=1`` for the exit status to
expect, ``needs=FOLDER/FILE`` for a published log that must lie beside the page, or ``samples`` for all of them. In a console block lines with ``$`` are commands; the
lines after a command are what it must print, where ``...`` stands for anything. Python blocks of a page share names.
"""

from __future__ import annotations

import contextlib
import doctest
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_BLOCK = re.compile(
    r"^<!-- run(?P<options>[^>]*)-->\n(?:\n)?(?P<fence>`{3,})(?P<language>\w+)[^\n]*\n(?P<text>.*?)^(?P=fence)\s*$",
    flags=re.MULTILINE | re.DOTALL,
)
_MARK = re.compile(r"^<!-- run", flags=re.MULTILINE)
_COMMAND = re.compile(r"^\$ (?P<command>(?:.*\\\n)*.*)\n(?P<printed>(?:(?!\$ ).*\n)*)", flags=re.MULTILINE)
_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
#: A published log taken into a lake of its own: pages that begin with the same words begin with the same lake.
_PUBLISHED = re.compile(r"troth import \w+ (?P<log>[\w.]+)(?: --time-zone \w+)? --lake (?P<lake>\w+)")


@dataclass(frozen=True, slots=True)
class Example:
    """A block to run: its language, its text and what is asked of it."""

    language: str
    text: str
    line: int
    status: int = 0
    samples: bool = False
    needs: tuple[str, ...] = ()


def find(page: str) -> list[Example]:
    """Return the examples of a page; a mark without a block is an error."""
    found = [_example(match, page) for match in _BLOCK.finditer(page)]
    if len(found) != len(_MARK.findall(page)):
        raise ValueError("a run mark without a block after it")
    return found


def _example(match: re.Match[str], page: str) -> Example:
    options = match["options"].split()
    unknown = [one for one in options if not re.fullmatch(r"samples|status=\d|needs=\S+", one)]
    if unknown or match["language"] not in {"console", "bash", "python"}:
        raise ValueError(f"cannot run {match['language']} with {unknown}")
    status = next((int(one[-1]) for one in options if one.startswith("status=")), 0)
    line = page.count("\n", 0, match.start()) + 1
    needs = tuple(one.removeprefix("needs=") for one in options if one.startswith("needs="))
    return Example(match["language"], match["text"], line, status, bool(needs) or "samples" in options, needs)


def run(
    example: Example, *, folder: Path, names: dict[str, Any], env: Mapping[str, str], kept: Path | None = None
) -> None:
    """Run one example in a folder; raise `AssertionError` if it does not do what its page says.

    Parameters
    ----------
    kept : where lakes of published logs are kept for the pages after this one; without it each page makes its own.
    """
    if example.language == "python":
        _python(example, folder=folder, names=names)
        return
    shell = _Shell(folder, env, kept, frozenset(Path(log).name for log in example.needs))
    if example.language == "bash":
        first, _, rest = example.text.partition("\n")
        taken = _PUBLISHED.fullmatch(first)
        if taken:
            shell.run(first, "", status=0)
        if rest.strip() or not taken:
            shell.run(rest if taken else example.text, "", status=example.status)
    else:
        commands = list(_COMMAND.finditer(example.text))
        assert commands, f"line {example.line}: no command in a console block"
        for match in commands:
            shell.run(match["command"], match["printed"], status=example.status)


def _python(example: Example, *, folder: Path, names: dict[str, Any]) -> None:
    with contextlib.chdir(folder):
        if ">>>" not in example.text:
            exec(compile(example.text, f"<line {example.line}>", "exec"), names)
            return
        test = doctest.DocTestParser().get_doctest(example.text, names, "page", None, example.line)
        said = io.StringIO()
        runner = doctest.DocTestRunner(verbose=False, optionflags=_FLAGS)
        runner.run(test, out=said.write, clear_globs=False)
        names.update(test.globs)
    assert runner.failures == 0, said.getvalue()


@dataclass(frozen=True, slots=True)
class _Shell:
    """Commands run in a folder; what takes a published log in runs once, and is copied for whoever asks again.

    Parameters
    ----------
    logs : names of the published logs beside the page.
    """

    folder: Path
    env: Mapping[str, str]
    kept: Path | None = None
    logs: frozenset[str] = frozenset()

    def run(self, command: str, printed: str, *, status: int) -> None:
        """Run a command, and compare what it returns and prints."""
        returned, output = self._once(command)
        said = f"$ {command}\n{output}"
        assert returned == status, f"status {returned}, not {status}\n{said}"
        if printed.strip():
            assert doctest.OutputChecker().check_output(printed, output, _FLAGS), f"{said}\n--- not ---\n{printed}"

    def _once(self, command: str) -> tuple[int, str]:
        match = _PUBLISHED.fullmatch(command)
        if (
            self.kept is None
            or match is None
            or match["log"] not in self.logs
            or (self.folder / match["lake"]).exists()
        ):
            return self._ran(command)
        mine, lake = self.kept / hashlib.sha256(command.encode()).hexdigest(), self.folder / match["lake"]
        if mine.exists():
            shutil.copytree(mine / "lake", lake)
            return 0, (mine / "output").read_text(encoding="utf-8")
        returned, output = self._ran(command)
        if returned == 0:
            shutil.copytree(lake, mine / "lake")
            (mine / "output").write_text(output, encoding="utf-8")
        return returned, output

    def _ran(self, command: str) -> tuple[int, str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=self.folder,
            env={**os.environ, **self.env, "PATH": path, "COLUMNS": "100"},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr
