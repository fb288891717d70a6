"""The command line finds its commands, keeps its exit statuses and says every error as issues."""

from __future__ import annotations

import importlib
import importlib.util
import json
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import click
import pytest

from troth.cli import main as cli
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError, StoreError


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put a command called `try` on the command line, whose body a test gives."""

    def put(body: Any) -> None:
        module = SimpleNamespace(command=click.Command("try", callback=body))
        monkeypatch.setitem(cli.COMMANDS, "try", ("troth.cli.trial", "Try."))
        monkeypatch.setitem(sys.modules, "troth.cli.trial", module)

    return put


def _raise(error: BaseException) -> Any:
    def body() -> None:
        raise error

    return body


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_the_help_of_a_command_is_the_sentence_of_the_list(name: str) -> None:
    """``troth --help`` lists without importing, so the sentence stands twice and must agree."""
    module, sentence = cli.COMMANDS[name]
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not written yet")
    found: click.Command = importlib.import_module(module).command
    assert found.get_short_help_str(limit=200).removesuffix(".") == sentence.removesuffix(".")
    assert "Example" in (found.help or "") + (found.epilog or ""), "every --help has an example"


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """A newcomer sees what there is."""
    assert cli.main(["--help"]) == cli.DONE
    shown = capsys.readouterr().out
    assert all(sentence.split()[0] in shown for _, sentence in cli.COMMANDS.values())


def test_no_words_is_wrong_use_and_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    """`troth` alone did nothing: status 2, the help on standard error."""
    assert cli.main([]) == cli.WRONG
    assert "Commands:" in capsys.readouterr().err


def test_a_wrong_word_is_an_issue(capsys: pytest.CaptureFixture[str]) -> None:
    """Wrong use ends with status 2 and, when asked, in JSON on standard output."""
    assert cli.main(["kip", "--format=json"]) == cli.WRONG
    shown = capsys.readouterr()
    (issue,) = json.loads(shown.out)["issues"]
    assert issue["code"] == "wrong-use"
    assert "kip" in issue["value"]
    assert issue["advice"].startswith("Maybe")
    assert shown.err == ""


def test_wrong_input_lists_every_issue(command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """All issues of an `InputError` are told, on standard error for people."""
    issues = [Issue("bad-time", Severity.ERROR, f"a.csv:{row}", "x", "Maybe a date.") for row in (2, 3)]
    command(_raise(InputError(issues)))
    assert cli.main(["try"]) == cli.WRONG
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == [f"error: bad-time at a.csv:{row}: 'x'. Maybe a date." for row in (2, 3)]


def test_a_lake_that_cannot_be_used_is_an_issue(command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """A broken store is told as an issue, not as a traceback."""
    command(_raise(StoreError("no space left")))
    assert cli.main(["try"]) == cli.WRONG
    assert "lake-unusable at lake: 'no space left'" in capsys.readouterr().err


@pytest.mark.parametrize(("returned", "status"), [(None, 0), (0, 0), (1, 1)])
def test_the_status_is_what_the_command_returns(command: Any, returned: int | None, status: int) -> None:
    """0 is done, 1 is done with more issues than allowed."""
    command(lambda: returned)
    assert cli.main(["try"]) == status


def test_stopping_by_hand_is_no_traceback(command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C ends with the usual status and one word."""
    command(_raise(KeyboardInterrupt()))
    assert cli.main(["try"]) == 130
    assert capsys.readouterr().err.strip() == "Stopped."


def test_a_mistake_of_ours_is_not_hidden(command: Any) -> None:
    """What nobody foresaw keeps its traceback."""
    command(_raise(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        cli.main(["try"])


def test_a_reader_that_has_enough_is_no_error() -> None:
    """``troth ... | head`` ends quietly."""
    script = (
        "import sys; from troth.cli import main as m; from types import SimpleNamespace as N; import click\n"
        "m.COMMANDS['try'] = ('trial', 'Try.')\n"
        "sys.modules['trial'] = N(command=click.Command('try', callback=lambda: [click.echo('x' * 99) for _ in range(9999)]))\n"
        "sys.exit(m.main(['try']))"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.readline()
        run.stdout.close()
        assert run.stderr.read() == b""
