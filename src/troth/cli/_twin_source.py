"""What `troth twin run` and `compare` simulate: problems in files, or a day of a lake on a floor learned from other days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from troth.cli._twin_shared import days, seen
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

if TYPE_CHECKING:
    from troth.queueing.twin import TwinProblem


def problems(paths: Sequence[Path], given: Mapping[str, Any]) -> tuple[list[TwinProblem], list[Issue]]:
    """Return the problems of files, or that of a day of a lake, and what is doubtful with them.

    Raises
    ------
    InputError
        With everything that is wrong with any of the files.
    click.UsageError
        If neither is named, or both.
    """
    named = [
        f"--{name}"
        for name, value in (("day", given["on"]), ("fit-from", given["fit_from"]), ("fit-to", given["fit_to"]))
        if value
    ]
    if paths and named:
        raise click.UsageError(f"{' and '.join(named)}: for a day of a lake; a file says all itself.")
    if not paths and len(named) < 3:
        raise click.UsageError("Name a file, or a day of a lake with --day, --fit-from and --fit-to.")
    if not paths:
        return [_of_day(dict(given))], []
    found, issues, wrong = [], [], False
    for path in paths:
        try:
            made, doubts = _of_file(path)
            found.append(made)
        except InputError as error:
            doubts, wrong = error.issues, True
        issues += [replace(one, where=f"{path}, {one.where}" if one.where else str(path)) for one in doubts]
    if wrong:
        raise InputError(issues)
    return found, issues


def _of_file(path: Path) -> tuple[TwinProblem, tuple[Issue, ...]]:
    from troth.queueing.twin import problem_from_json

    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        advice = "Maybe save it as JSON in UTF-8."
        raise InputError([Issue("not-json", Severity.ERROR, "", str(error), advice)]) from None
    return problem_from_json(text)


def _of_day(given: dict[str, Any]) -> TwinProblem:
    from troth.queueing.read import day_number
    from troth.queueing.twin.day import problem_of, recorded_day
    from troth.queueing.twin.learn import Learning, learn

    on, fit = given["on"].date(), days(given["fit_from"], given["fit_to"], "--fit-to")
    how = Learning(gap_s=given["gap"], idle_rests=given["idle_rests"])
    contacts = seen(given, [on, *fit])
    day = recorded_day(contacts, on=on, time_zone=given["time_zone"], how=how)
    floor = learn(contacts.on([day_number(one) for one in fit]), how=how)
    return problem_of(day, floor=floor, seed=given["seed"])
