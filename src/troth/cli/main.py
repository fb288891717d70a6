"""The `troth` command: finds the command asked for, runs it, and turns every failure into issues.

A command is one module here with a ``command`` (a `click.Command`). It returns its exit status (None is 0) and
raises `InputError` for wrong input. Add it to `COMMANDS`; its module is imported only when it is asked for, so
that ``troth --help`` stays quick.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, Final

import click

from troth.cli import output
from troth.core.decision import Issue, Severity
from troth.core.errors import BucketError, InputError, StoreError

#: Every command: its module and the first sentence of its help.
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "demo": ("troth.cli.demo", "Write the log of a made-up company, to try everything on."),
    "import": ("troth.cli.import_", "Read service logs and reference tables into a lake."),
    "kpi": ("troth.cli.kpi", "Compute figures from a lake."),
    "recheck": ("troth.cli.recheck", "Compute published figures anew and tell what changed them."),
    "reconcile": ("troth.cli.reconcile", "Set another product's own figures beside ours and find why they differ."),
    "explain": ("troth.cli.explain", "Open a figure down to the events it is made of."),
    "sla": ("troth.cli.sla", "Tell how service level agreements are kept."),
    "gaming": ("troth.cli.gaming", "Look for figures that are good for the wrong reason."),
    "report": ("troth.cli.report", 'Write one page that answers "How are we doing?".'),
    "forecast": ("troth.cli.forecast", "Forecast what customers will ask, from a lake or from a table in PATH."),
    "staff": ("troth.cli.staff", "Say how many people of each skill must be at work."),
    "erlang": ("troth.cli.erlang", "Say how many agents a target takes."),
    "twin": (
        "troth.cli.twin",
        "Simulate a service: how it would go, what another plan would change, what to do next, whether days go as they went.",
    ),
    "roster": (
        "troth.cli.roster",
        "Say who works when: read a problem from a lake, make a roster, judge one, mend one after an absence, judge a swap or a leave.",
    ),
    "route": (
        "troth.cli.route",
        "Say who goes where, when: plan tours, judge a plan, find a window for a visit, plan a day again from now.",
    ),
    "projects": (
        "troth.cli.projects",
        "Say what can be sold and when it can start: check a portfolio, plan who works on what, promise a start.",
    ),
    "parts": (
        "troth.cli.parts",
        "Say which parts go where: how many to keep, from where visits get them, what to put on the vans.",
    ),
    "plan": ("troth.cli.plan", "Plan a month: who comes, who is needed, who works when, and how it will go."),
    "rejects": ("troth.cli.rejects", "List the rows that no import could take, each with file, row, value and advice."),
    "export": ("troth.cli.export", "Write the events of a lake as OCEL, XES, CSV or Parquet."),
    "init": ("troth.cli.init", "Set up an installation: its folder, its database, its first administrator."),
    "serve": ("troth.cli.serve", "Run the site until Ctrl-C."),
    "work": (
        "troth.cli.work",
        "Do what goes on behind the pages until Ctrl-C: facts to the lake, promises, repairs, long computations.",
    ),
    "doctor": (
        "troth.cli.doctor",
        "Look for what could go wrong: folder and rights, room on the disk, database, tables, lake, mail, addresses.",
    ),
    "backup": ("troth.cli.backup", "Write the database into a new file that only you may read."),
    "restore": ("troth.cli.restore", "Load a backup, whole or not at all."),
    "move-database": (
        "troth.cli.move_database",
        "Copy the whole database to another server (PostgreSQL 14 or newer) and use that one from now on.",
    ),
}

#: Exit statuses: done; done, with issues beyond the allowed; wrong use or input.
DONE, ISSUES, WRONG = 0, 1, 2
_STOPPED: Final = 130


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which they are used."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands for ``--help`` without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, sentence) for name, (_, sentence) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: troth demo --out demo-data && troth import troth demo-data && troth kpi",
)
@click.version_option(package_name="troth", message="%(prog)s %(version)s")
def group() -> None:
    """Troth: one log of what happened to customers, and every number computed from it."""


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Parameters
    ----------
    args : the words after ``troth``; None takes them from the process.

    Returns
    -------
    int
        0 done, 1 done with issues beyond the allowed, 2 wrong use or input, 130 stopped by the user.
    """
    words = list(sys.argv[1:] if args is None else args)
    form = output.wanted(words)
    try:
        return _status(group.main(words, prog_name="troth", standalone_mode=False))
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
    except click.ClickException as error:
        _complain([_usage(error)], form=form)
    except InputError as error:
        _complain(error.issues, form=form)
    except BucketError as error:
        _complain([error.issue], form=form)
    except StoreError as error:
        _complain([_unusable(error)], form=form)
    except click.Abort:
        click.echo("Stopped.", err=True)
        return _STOPPED
    except BrokenPipeError:
        # The reader (`| head`) has enough; what is still buffered must not raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ISSUES
    return WRONG


def _status(returned: Any) -> int:
    return returned if isinstance(returned, int) else DONE


def _complain(issues: Sequence[Issue], *, form: output.Form) -> None:
    output.show_issues(issues, form=form, err=form is not output.Form.JSON)


def _usage(error: click.ClickException) -> Issue:
    """Turn a misuse of the command line into an issue that names the command."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "troth"
    return Issue("wrong-use", Severity.ERROR, path, error.format_message(), f"Maybe see {path} --help.")


def _unusable(error: StoreError) -> Issue:
    advice = "Maybe the folder is not a lake, another program holds it, or the disk is full."
    return Issue("lake-unusable", Severity.ERROR, str(error.filename or "lake"), str(error), advice)


if __name__ == "__main__":
    sys.exit(main())
