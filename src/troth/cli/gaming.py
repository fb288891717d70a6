"""`troth gaming`: five ways to make figures better than the service is, looked for person by person."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from troth.cli import output
from troth.cli._lake import lake_option, opened

if TYPE_CHECKING:
    from troth.kpi.gaming.read import Suspicion

_DAY = click.DateTime(formats=["%Y-%m-%d"])
_KINDS = ("last-minutes", "handed-on-before-breach", "pending-without-a-word", "cut-short", "chosen-surveys")


@click.command(
    "gaming", epilog="Example: troth demo --out demo --days 180 --gaming && troth import troth demo && troth gaming"
)
@lake_option
@click.option("--pattern", "kinds", multiple=True, type=click.Choice(_KINDS), help="Only this pattern. Repeatable.")
@click.option("--from", "start", type=_DAY, help="Only what was done on this day or later.")
@click.option("--to", "end", type=_DAY, help="Only what was done before this day.")
@click.option("--all", "everybody", is_flag=True, help="Everybody who was judged, not only who stands out.")
@output.form_option
def command(
    lake: Path,
    kinds: tuple[str, ...],
    start: datetime | None,
    end: datetime | None,
    everybody: bool,
    form: output.Form,
) -> int:
    """Look for figures that are good for the wrong reason.

    Each person is compared with colleagues who had the same chances. What stands out is a reason to open the cases that
    are named and to talk, not a verdict. Beside each pattern stand the figures it flatters and those that show the other
    side. Exit status 1 if anybody stands out.
    """
    from troth.kpi.gaming import suspicions

    found = suspicions(
        opened(lake), start=start.date() if start else None, end=end.date() if end else None, kinds=kinds
    )
    rows = [row for one in found for row in _rows(one) if everybody or row["suspicious"]]
    patterns = [
        {
            "pattern": one.pattern.id, "sentence": one.pattern.sentence, "judged": len(one.findings),
            "flatters": list(one.pattern.flatters), "beside": list(one.pattern.beside),
        }
        for one in found
    ]  # fmt: skip
    columns = _columns() if form is output.Form.TABLE else None
    output.show(rows, form=form, key="findings", columns=columns, extra={"patterns": patterns})
    if form is output.Form.TABLE:
        click.echo()
        for one in found:
            out = sum(finding.suspicious for finding in one.findings)
            judged = f"{out} of {len(one.findings)} stand out" if one.findings else "too few people or chances to judge"
            click.echo(
                f"{one.pattern.id}: {judged}. {one.pattern.sentence} Read {_listed(one.pattern.flatters)} beside {_listed(one.pattern.beside)}."
            )
    return int(any(row["suspicious"] for row in rows))


def _rows(one: Suspicion) -> list[dict[str, Any]]:
    return [
        {
            "pattern": one.pattern.id, "agent": finding.agent, "hits": finding.hits, "trials": finding.trials,
            "expected": round(finding.expected, 1), "q": finding.q, "suspicious": finding.suspicious,
            "cases": " ".join(one.cases.get(finding.agent, ())),
        }
        for finding in one.findings
    ]  # fmt: skip


def _columns() -> dict[str, Any]:
    return {
        "pattern": lambda r: r["pattern"],
        "agent": lambda r: r["agent"],
        "done": lambda r: f"{r['hits']:,}",
        "of": lambda r: f"{r['trials']:,}",
        "colleagues would": lambda r: f"{r['expected']:,.1f}",
        "by chance": lambda r: f"{r['q']:.1g}",
        "such as": lambda r: " ".join(r["cases"].split()[-2:]),
    }


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join(names)
