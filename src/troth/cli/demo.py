"""`troth demo`: write the log of a made-up company."""

from __future__ import annotations

from datetime import UTC, datetime, time
from pathlib import Path

import click

from troth.cli import output
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

#: The time of day, in UTC, at which a log ends whose end is given as a day.
_MORNING = time(7, 40, tzinfo=UTC)


@click.command(
    "demo",
    epilog="Example: troth demo --out demo-data --days 28 --size 0.2 && troth import troth demo-data",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write; made if missing.")
@click.option(
    "--until", metavar="TIME", help="Where the log ends: a day, or a time (UTC unless it has a zone). Fixed by default."
)
@click.option("--days", type=click.IntRange(1), default=365, show_default=True, help="How many days the log covers.")
@click.option(
    "--size",
    type=click.FloatRange(0, min_open=True),
    default=1.0,
    show_default=True,
    help="Volume, relative to the default.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="The same seed and end give the same log."
)
@click.option("--clean", is_flag=True, help="Without missing ends, repeats, corrections and late rows.")
@click.option(
    "--gaming", is_flag=True, help="Some people make their figures better than their service; truth.json names them."
)
@output.form_option
def command(
    *, out: Path, until: str | None, days: int, size: float, seed: int, clean: bool, gaming: bool, form: output.Form
) -> None:
    """Write the log of a made-up company, to try everything on.

    The folder holds events, reference tables, and truth.json: the parameters the company really has, to compare
    figures with. Read it with `troth import troth`.
    """
    ends = None if until is None else _instant(until)
    _refuse_foreign(out)

    from troth import demo

    with output.progress("Living through the days") as tell:
        written = demo.write(
            out,
            seed=seed,
            until=ends or demo.UNTIL,
            days=days,
            size=size,
            dirt=demo.Dirt.none() if clean else None,
            gaming=gaming,
            progress=tell,
        )
    data = {"folder": str(written.folder), "rows": written.rows, "files": written.files, "bytes": written.size}
    output.show_one(data, form=form)


def _instant(text: str) -> datetime:
    """Return the instant a day or time on the command line means."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            [_issue("bad-time", "--until", text, "Maybe write it as 2026-06-30 or 2026-06-30T07:40Z.")]
        ) from None
    if len(text) <= len("2026-06-30"):
        return datetime.combine(found.date(), _MORNING)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _refuse_foreign(out: Path) -> None:
    """Refuse to write among files that are not an earlier demo's."""
    if out.is_file():
        raise InputError([_issue("not-a-folder", "--out", str(out), "Maybe name a folder that does not exist yet.")])
    if out.is_dir() and any(out.iterdir()) and not (out / "truth.json").is_file():
        raise InputError(
            [_issue("folder-in-use", "--out", str(out), "Maybe name a new folder: this one holds other files.")]
        )


def _issue(code: str, where: str, value: str, advice: str) -> Issue:
    return Issue(code, Severity.ERROR, where, value, advice)
