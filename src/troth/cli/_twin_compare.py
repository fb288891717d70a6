"""`troth twin compare`: plans under the same chance, and what differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from troth.cli import output
from troth.cli._places import refuse_unwritable, write
from troth.cli._twin_run import asking, number_of, question
from troth.cli._twin_shared import sources
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

if TYPE_CHECKING:
    from troth.queueing.twin import TwinProblem
    from troth.queueing.twin.plans import PlanDifference
    from troth.queueing.twin.summary import TwinQuestion

_FILE: Final = click.Path(path_type=Path, dir_okay=False, exists=True)
_BASE: Final = "as it is"


@click.command(
    "compare",
    epilog='Example: troth twin compare problem.json --change "staff:phone=+1@10:00-12:00" --html compare.html; '
    "troth twin compare now.json one-line.json two-lines.json; troth twin compare --changes lists what --change takes.",
)
@click.argument("paths", nargs=-1, type=_FILE, metavar="[BASE [OTHER]...]")
@click.option(
    "--change",
    "changes",
    multiple=True,
    metavar="WHAT:WHOM=VALUE",
    help="A plan made of the base: staff:phone=+1@10:00-12:00, arrivals=+10%, policy=specialised. Repeatable: all together are one plan.",
)
@click.option("--apart", is_flag=True, help="Each --change is a plan of its own.")
@click.option("--changes", "listed", is_flag=True, help="List what --change takes, and end.")
@asking
@sources
def command(
    *, form: output.Form, paths: tuple[Path, ...], changes: tuple[str, ...], apart: bool, listed: bool, **given: Any
) -> int:
    """Compare plans with the base: the same customers come, need as long and are as patient in all.

    Differences are taken by pairs of courses; each comes with where its mean lies (95 %). An interval that leaves
    nought out is no chance.
    """
    if listed:
        _list(form)
        return 0
    from troth.cli._twin_source import problems
    from troth.queueing.twin.plans import plans

    if not changes and (len(paths) < 2 or given["on"]):
        raise click.UsageError("Name a second file, or a --change: nothing would differ.")
    refuse_unwritable({"--html": given["html"]})
    (base, *others), doubts = problems(paths, given)
    names = _names(paths[1:])
    every = dict(zip(names, others, strict=True)) | _changed(base, changes, apart=apart)
    # Split as soon as one of the plans has parts to tell apart.
    asked = question(max((base, *every.values()), key=lambda one: len(one.queues)), given)
    with output.progress("compare") as tell:
        found = plans(base, others=every, asked=asked, name=_BASE, on_progress=tell)
        if given["html"] is not None:
            _page(given["html"], base, every, found=found, asked=asked, tell=tell)
    rows = [_row(one) for one in found.differences]
    extra = {
        "base": str(paths[0]) if paths else f"{given['on']:%Y-%m-%d}",
        "replications": asked.replications,
        "seed": asked.seed,
    }
    output.show(
        rows, form=form, key="differences", columns=_columns(rows) if form is output.Form.TABLE else None, extra=extra
    )
    output.show_issues(doubts, form=form)
    return int(bool(doubts))


def _list(form: output.Form) -> None:
    from troth.queueing.twin.change import RULES

    rows = [{"change": rule.form, "means": rule.means} for rule in RULES.values()]
    output.show(rows, form=form, key="changes")


def _names(paths: Sequence[Path]) -> list[str]:
    """Return names of plans: of their files, or the whole paths where two files go by one name."""
    stems = [path.stem for path in paths]
    return [
        stem if stems.count(stem) == 1 and stem != _BASE else str(path) for stem, path in zip(stems, paths, strict=True)
    ]


def _changed(base: TwinProblem, changes: Sequence[str], *, apart: bool) -> dict[str, TwinProblem]:
    """Return plans made by changes; all that is wrong with any of them is raised at once."""
    from troth.queueing.twin.change import changed
    from troth.queueing.twin.check import check

    found: dict[str, TwinProblem] = {}
    issues: list[Issue] = []
    for lot in [(one,) for one in changes] if apart else [changes] if changes else []:
        try:
            made = changed(base, changes=lot)
            issues += [replace(one, where="--change") for one in check(made) if one.severity is Severity.ERROR]
            found["; ".join(lot)] = made
        except InputError as error:
            issues += [replace(one, where="--change") for one in error.issues]
    if issues:
        raise InputError(issues)
    return found


def _row(one: PlanDifference) -> output.Row:
    return {
        "plan": one.plan, "of": one.figure.member, "kpi": one.figure.kpi, "unit": str(one.figure.unit), "base": one.before,
        "with_plan": one.after, "difference": one.figure.mean, "low": one.figure.low, "high": one.figure.high, "verdict": one.verdict,
    }  # fmt: skip


def _columns(rows: Sequence[output.Row]) -> Mapping[str, Callable[[output.Row], str]]:
    from troth.queueing.twin.compare_page import signed, span

    found: dict[str, Callable[[output.Row], str]] = {}
    if len({row["plan"] for row in rows}) > 1:
        found["plan"] = lambda r: r["plan"]
    found |= {"of": lambda r: r["of"], "kpi": lambda r: r["kpi"]}
    found |= {_BASE: number_of("base"), "with plan": number_of("with_plan")}
    found["difference"] = lambda r: signed(r["difference"], unit=r["unit"])
    found["lies in (95 %)"] = lambda r: span(r["low"], r["high"], unit=r["unit"])
    found["is it?"] = lambda r: r["verdict"]
    return found


def _page(
    path: Path, base: TwinProblem, every: Mapping[str, TwinProblem], *, found: Any, asked: TwinQuestion, tell: Any
) -> None:
    from troth.queueing.twin.compare_page import page
    from troth.queueing.twin.courses import courses

    over = {
        name: courses(
            problem, by=asked.by or "queue", replications=asked.replications, seed=asked.seed, on_progress=tell
        )
        for name, problem in {_BASE: base, **every}.items()
    }
    write(path, page(base, found=found, over=over, seed=asked.seed))
