"""The files of `troth plan`: all or none of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Final

from troth.cli._places import refuse_unwritable
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

if TYPE_CHECKING:
    from troth.capacity.month import MonthPlan

PAGE: Final = "plan.html"


def refuse_out(out: Path) -> Iterator[Issue]:
    """Yield what is wrong with a folder to write: it holds something, is a file, or cannot be written."""
    if out.is_file() or (out.exists() and not out.is_dir()):
        yield Issue("not-a-folder", Severity.ERROR, "--out", str(out), "Maybe name a folder that does not exist yet.")
        return
    try:
        if out.is_dir() and any(out.iterdir()):
            yield Issue(
                "folder-in-use", Severity.ERROR, "--out", str(out), "Maybe name a new folder: this one holds something."
            )
        refuse_unwritable({"--out": out})
    except InputError as error:
        yield from error.issues
    except OSError as error:
        yield Issue(
            "cannot-write", Severity.ERROR, "--out", f"{out}: {error.strerror or error}", "Maybe another place."
        )


def written(plan: MonthPlan, out: Path, *, source: str, now: datetime) -> list[str]:
    """Write all files of a plan and return their names; if one cannot be written there is none.

    Raises
    ------
    InputError
        ``cannot-write``.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(mkdtemp(prefix=f".{out.name}-", dir=out.parent))
        try:
            made = _contents(plan, source=source, now=now)
            for name, data in made.items():
                place = folder / name
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data)
            folder.chmod(0o755)
            folder.replace(out)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        advice = "Maybe another place: this one is not yours to write in, is full, or was filled meanwhile."
        raise InputError(
            [Issue("cannot-write", Severity.ERROR, "--out", f"{out}: {error.strerror or error}", advice)]
        ) from error
    return sorted(made)


def _contents(plan: MonthPlan, *, source: str, now: datetime) -> dict[str, bytes]:
    """Return every file by its name."""
    from troth.capacity.month import everything, figure_rows, forecast_rows, needed_rows, shift_rows
    from troth.capacity.month.page import MonthPage, render
    from troth.capacity.roster import export
    from troth.cli import output
    from troth.cli._roster_files import plan_to_json, problem_to_json
    from troth.cli._roster_shared import file_names

    problem, duties = plan.roster.problem, plan.roster.duties
    texts = {
        PAGE: render(MonthPage(plan, source, now, version("troth"))),
        "plan.json": output.to_json(everything(plan)) + "\n",
        "roster.csv": export.grid_csv(problem, duties),
        "shifts.csv": output.to_csv(shift_rows(plan)),
        "requirement.csv": output.to_csv(needed_rows(plan)),
        "forecast.csv": output.to_csv(forecast_rows(plan)),
        "figures.csv": output.to_csv(figure_rows(plan)),
        "roster-problem.json": problem_to_json(problem),
        "roster.json": plan_to_json(plan.roster),
    }
    made = {name: text.encode() for name, text in texts.items()}
    made["roster.xlsx"] = export.grid_excel(problem, duties)
    calendars = export.calendars(problem, duties, stamped_at=now)
    names = file_names(calendars)
    return made | {f"calendars/{names[who]}.ics": data for who, data in calendars.items()}
