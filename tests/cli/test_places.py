"""A place that cannot be written is told before anything is computed for it, by every command that writes a page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest

from troth.cli._places import refuse_unwritable, write
from troth.cli.main import COMMANDS, group, main
from troth.core.errors import InputError

#: Commands with a page, as they are asked for one; none of them gets as far as to look for a lake.
WORDS = {
    "erlang": ["erlang", "--contacts", "100", "--handle", "3min", "--html"],
    "explain": ["explain", "speed.answer", "c-1", "--html"],
    "forecast": ["forecast", "--html"],
    "report": ["report", "--out"],
    "staff": ["staff", "--html"],
}


@pytest.mark.parametrize("name", list(WORDS))
def test_a_page_that_cannot_be_written_is_told_first(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file is no folder to write into: that is all that is said, though there is no lake either."""
    file = tmp_path / "file"
    file.write_text("kept", encoding="utf-8")
    lake = [] if name == "erlang" else ["--lake", str(tmp_path / "none")]
    assert main([*WORDS[name], str(file / "page.html"), *lake, "--format", "json"]) == 2
    issues = json.loads(capsys.readouterr().out)["issues"]
    assert [(one["code"], one["where"]) for one in issues] == [("cannot-write", WORDS[name][-1])]
    assert file.read_text(encoding="utf-8") == "kept" and [one.name for one in tmp_path.iterdir()] == ["file"]


def test_every_command_with_a_page_is_tried() -> None:
    """A new command that writes a page has to refuse such places as well."""
    context = click.Context(group, info_name="troth")
    found = {
        name
        for name in COMMANDS
        if (command := group.get_command(context, name)) and {"html", "out"} & {one.name for one in command.params}
    }
    # These write folders, and say so in tests of their own.
    elsewhere = {"demo", "export", "plan", "reconcile"}
    assert found - elsewhere == set(WORDS)


def test_what_can_be_written_is_left_as_it_is(tmp_path: Path) -> None:
    """Trying leaves nothing behind, also where the folder is still to be made."""
    there = tmp_path / "there.html"
    there.write_text("kept", encoding="utf-8")
    refuse_unwritable({"--html": there, "--out": tmp_path / "new" / "page.html", "--save": None})
    assert there.read_text(encoding="utf-8") == "kept" and list(tmp_path.iterdir()) == [there]
    write(tmp_path / "new" / "page.html", "made")
    assert (tmp_path / "new" / "page.html").read_text(encoding="utf-8") == "made"
    with pytest.raises(InputError, match="cannot-write"):
        write(there / "page.html", "made")


def test_the_reference_lists_commands_of_commands() -> None:
    """`troth twin run` has its own help in the list of commands, under that of `troth twin`."""
    from tools.reference import commands

    heads = re.findall(r"^(#+) (troth .*)$", commands(), flags=re.MULTILINE)
    assert ("##", "troth twin") in heads and ("###", "troth twin run") in heads and ("###", "troth sla clocks") in heads
