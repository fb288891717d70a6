"""`troth reconcile`: another product's own figures beside ours, case by case, with the cause of each difference."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from troth.cli import output
from troth.cli._lake import lake_option, opened
from troth.cli._places import refuse_unwritable, write
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

if TYPE_CHECKING:
    from troth.kpi.reconcile import Compared, Reconciled, Reconciliation

_EXAMPLE = (
    "Example: troth import zendesk export/ && troth reconcile --vendor zendesk --calendar office --html beside.html"
)


@click.command("reconcile", epilog=_EXAMPLE)
@lake_option
@click.option("--vendor", "vendors", multiple=True, metavar="NAME", help="Only figures of this product. Repeatable.")
@click.option("--figure", "figures", multiple=True, metavar="NAME", help="Only this figure. Repeatable.")
@click.option("--cause", "causes", multiple=True, metavar="CODE", help="List only cases with this cause. Repeatable.")
@click.option("--calendar", metavar="NAME", help="Calendar of business time, instead of what calendar_use says.")
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with a dot for each case, too."
)
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    help="How many differing cases to list (a table: 10); JSON and CSV list all if left out.",
)
@output.form_option
def command(
    lake: Path, vendors: tuple[str, ...], figures: tuple[str, ...], causes: tuple[str, ...], calendar: str | None,
    html: Path | None, limit: int | None, form: output.Form,
) -> int:  # fmt: skip
    """Set another product's own figures beside ours and find why they differ.

    Ours is computed by the named definition. Where it differs it is computed anew with one change at a time (another
    schedule rule, a bot's reply counted, the first resolution instead of the last, ...), then with two. What no change
    explains stays unexplained. JSON holds figures, causes, cases and issues; CSV the cases.
    """
    from troth.kpi.reconcile import reconcile

    refuse_unwritable({"--html": html})
    _check(causes)
    found = reconcile(opened(lake), vendors=vendors, figures=figures, calendar=calendar)
    cases = [(one, case) for one in found.figures for case in _chosen(one, causes, form)]
    most = 10 if limit is None and form is output.Form.TABLE else limit
    shown = cases if most is None else cases[:most]
    if form is output.Form.TABLE:
        _tell(found, shown, len(cases))
    else:
        rows = [_case(one, case) for one, case in shown]
        extra = {
            "figures": [_figure(one) for one in found.figures], "causes": _causes(found), "learned": _learned(found),
            "issues": [issue.as_dict() for issue in found.issues],
        }  # fmt: skip
        output.show(rows, form=form, key="cases", extra=extra | {"count": len(cases)})
    if form is not output.Form.JSON and found.issues:
        output.show_issues(found.issues, form=form)
    if html is not None:
        from troth.kpi.reconcile.page import reconcile_page

        write(html, reconcile_page(found))
    return 0


def _check(causes: tuple[str, ...]) -> None:
    """Refuse causes that are none."""
    import difflib

    from troth.kpi.reconcile.verdicts import CLOCK_DEPARTURES
    from troth.kpi.reconcile.ways import DEPARTURES
    from troth.kpi.reconcile.words import PLAIN

    known = (*PLAIN, *DEPARTURES, *CLOCK_DEPARTURES)
    issues = []
    for cause in causes:
        for code in cause.split("+"):
            if code not in known:
                near = difflib.get_close_matches(code, known, n=3, cutoff=0.4) or known
                issues.append(Issue("unknown-cause", Severity.ERROR, "--cause", code, f"Maybe {', '.join(near)}."))
    if issues:
        raise InputError(issues)


def _chosen(one: Reconciled, causes: tuple[str, ...], form: output.Form) -> list[Compared]:
    """Return the cases to list: those that differ, the widest apart first; for programs all, unless causes are named."""
    from troth.kpi.reconcile.page import ranked

    if causes:
        same = [case for case in one.cases if case.fit != "differs"]
        return [case for case in (*ranked(one.cases), *same) if case.said in causes]
    return ranked(one.cases) if form is output.Form.TABLE else list(one.cases)


def _figure(one: Reconciled) -> dict[str, Any]:
    return {
        "vendor": one.figure.vendor, "figure": one.figure.name, "kpi": one.figure.kpi, "cases": len(one.cases),
        "equal": one.count("equal"), "rounding": one.count("rounding"), "differ": sum(one.causes.values()),
        "unexplained": one.count("unexplained"), "source": one.figure.source,
    }  # fmt: skip


def _causes(found: Reconciliation) -> list[dict[str, Any]]:
    """Return every cause of every figure; those that only would settle something come after those that do."""
    from troth.kpi.reconcile.words import meaning

    rows = []
    for one in found.figures:
        tallies = {"+".join(tally.codes): tally for tally in one.tallies}
        for said in dict.fromkeys([*one.causes, *tallies]):
            tally = tallies.get(said)
            rows.append(
                {
                    "vendor": one.figure.vendor, "figure": one.figure.name, "cause": said, "cases": one.causes.get(said, 0),
                    "settles": tally.settles if tally else None, "alone": tally.alone if tally else None,
                    "breaks": tally.breaks if tally else None, "meaning": meaning(said),
                }
            )  # fmt: skip
    return rows


def _learned(found: Reconciliation) -> list[dict[str, Any]]:
    return [
        {
            "vendor": one.figure.vendor, "figure": one.figure.name, "clock": "+".join(codes) or "as agreed",
            "cases": target.cases, "agree": target.agree,
            "target_s": {name or "others": seconds for name, seconds in target.target_s.items()},
        }
        for one in found.figures
        for codes, target in one.learned.items()
    ]  # fmt: skip


def _case(one: Reconciled, case: Compared) -> dict[str, Any]:
    return {
        "vendor": one.figure.vendor, "figure": one.figure.name, "case": case.name, "theirs": case.theirs, "ours": case.ours,
        "difference": None if case.ours is None else case.theirs - case.ours, "cause": case.said,
        "also": " ".join("+".join(codes) for codes in case.also) or None, "fit": str(case.cause_fit or case.fit),
        "missing": case.missing or None, "own_figure": case.coarse, "kpi": one.figure.kpi,
    }  # fmt: skip


def _tell(found: Reconciliation, shown: list[tuple[Reconciled, Compared]], count: int) -> None:
    """Print the figures, their causes, and the cases widest apart."""
    heads = ("cases", "equal", "rounding", "differ", "unexplained")
    columns: dict[str, Any] = {"their figure": lambda r: f"{r['vendor']} {r['figure']}", "ours": lambda r: r["kpi"]}
    columns |= {head: lambda r, h=head: f"{r[h]:,}" for head in heads}
    output.show([_figure(one) for one in found.figures], form=output.Form.TABLE, key="figures", columns=columns)
    causes = _causes(found)
    if causes:
        click.echo()
        columns = {"figure": lambda r: r["figure"], "cause": lambda r: r["cause"], "cases": lambda r: f"{r['cases']:,}"}
        columns |= {f"would {w[:-1]}": lambda r, w=w: output.text(r[w]) for w in ("settles", "breaks")}
        columns["what it means"] = lambda r: r["meaning"]
        output.show(causes, form=output.Form.TABLE, key="causes", columns=columns)
    learned = [row for row in _learned(found) if row["cases"]]
    if learned:
        click.echo()
        best = sorted(learned, key=lambda r: -r["agree"])[:5]
        columns = {"clock, with a length learned": lambda r: r["clock"], "later cases": lambda r: f"{r['cases']:,}"}
        columns |= {"differ": lambda r: f"{r['cases'] - r['agree']:,}", "lengths": _lengths}
        output.show(best, form=output.Form.TABLE, key="learned", columns=columns)
    if shown:
        click.echo()
        columns = {"figure": lambda r: r[0].figure.name, "case": lambda r: r[1].name}
        columns |= {"theirs": lambda r: _value(r[0], r[1].theirs), "ours": lambda r: _value(r[0], r[1].ours)}
        columns["cause"] = lambda r: r[1].said
        output.show(shown, form=output.Form.TABLE, key="cases", columns=columns)  # type: ignore[arg-type]
        if count > len(shown):
            click.echo(f"... and {count - len(shown):,} more: --limit N, or --format csv for all.")
        one, case = shown[0]
        click.echo(f"`troth explain {one.figure.kpi} {case.name}` opens ours.")


def _lengths(row: dict[str, Any]) -> str:
    from troth.charts.numbers import duration

    return ", ".join(f"{name} {duration(s)}" for name, s in sorted(row["target_s"].items()) if name != "others")


def _value(one: Reconciled, value: float | None) -> str:
    from troth.charts.numbers import number
    from troth.kpi.reconcile.vendors import Sort

    if one.figure.sort is Sort.VERDICT:
        return "-" if value is None else "kept" if value else "missed"
    return number(value, unit="s" if one.figure.sort is Sort.LENGTH else "count")
