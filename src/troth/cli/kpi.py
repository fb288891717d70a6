"""`troth kpi`: compute figures from a lake, or list what can be computed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from troth.cli import output
from troth.cli._lake import lake_option, opened, question, question_options

if TYPE_CHECKING:
    from troth.kpi.definition import Figure
    from troth.kpi.gaming.pairs import Together
    from troth.kpi.query import Query
    from troth.log.lake import Lake

_EXAMPLE = (
    "Example: troth kpi --kpi speed.answer --by queue --every week --from 2026-01-01; "
    "troth kpi list shows every KPI with its definition."
)


@click.command("kpi", epilog=_EXAMPLE)
@click.argument("action", required=False, type=click.Choice(["list"]))
@lake_option
@click.option(
    "--kpi",
    "kpis",
    multiple=True,
    metavar="ID",
    help="A KPI with all its variants, one as ID/VARIANT, or an alias. Repeatable; one of each if left out.",
)
@click.option(
    "--role",
    type=click.Choice(["agent", "team-lead", "quality-specialist", "operations-lead"]),
    help="Print the scorecard of a role: its KPIs against their targets.",
)
@click.option(
    "--spark",
    is_flag=False,
    flag_value="local[*]",
    metavar="MASTER",
    help="Compute with Apache Spark: on this machine, or on the cluster at spark://HOST:PORT.",
)
@click.option(
    "--publish", metavar="NAME", help="Keep the figures as they are under a name; `troth recheck` looks at them again."
)
@question_options
@output.form_option
def command(
    action: str | None,
    lake: Path,
    kpis: tuple[str, ...],
    role: str | None,
    spark: str | None,
    publish: str | None,
    form: output.Form,
    **asked: Any,
) -> int:
    """Compute figures from a lake.

    Every figure comes with its n, a 95 % interval, the spread where it is a time, the period before, and whether it
    can still change. `troth kpi list` prints the definitions.
    """
    ways = {"list": action, "--role": role, "--spark": spark, "--publish": publish}
    if len(given := [way for way, value in ways.items() if value is not None]) > 1:
        raise click.UsageError(f"{' and '.join(given)}: only one of them at a time.")
    if action == "list":
        _list(kpis, form)
        return 0
    if role is not None:
        _scorecard(opened(lake), role, kpis, form, asked)
        return 0
    figures = [figure.as_dict() for figure in _computed(opened(lake), question(kpis, **asked), spark, publish)]
    if form is output.Form.CSV:
        figures = [{**f, **{f"by_{k}": v for k, v in f["by"].items()}} for f in figures]
        for figure in figures:
            del figure["by"]
    output.show(figures, form=form, key="kpis", columns=_columns(figures) if form is output.Form.TABLE else None)
    return 0


def _computed(lake: Lake, asked: Query, spark: str | None, publish: str | None) -> list[Figure]:
    if publish is not None:
        from datetime import UTC, datetime

        from troth.kpi import history

        return history.publish(lake, asked=asked, name=publish, now=datetime.now(UTC))
    if spark is None:
        from troth.kpi.query import query

        return query(lake, asked)
    from troth.kpi.spark import query_on
    from troth.log.spark import session

    return query_on(session(master=spark), lake=lake, wanted=asked)


def _scorecard(lake: Lake, name: str, kpis: tuple[str, ...], form: output.Form, asked: Mapping[str, Any]) -> None:
    """Print the figures of a role with target and status."""
    from troth.charts.numbers import number
    from troth.core.terms import Role
    from troth.kpi.catalogue import canonical, catalogue, chosen
    from troth.kpi.gaming.pairs import name_of, partners, together
    from troth.kpi.query import query
    from troth.kpi.scorecard import in_order, roles_of, scored
    from troth.log.references import read_reference

    role = Role(name.replace("-", "_"))
    ids = kpis or tuple(f"{kpi.id}/{kpi.variant}" for kpi in canonical() if role in roles_of(kpi.id))
    named = [kpi.name for kpi in chosen(ids)]
    # Those to be read beside them are asked for alone, so that no other variants come along.
    more = tuple(name if "/" in name else f"{name}/" for name in partners(named))
    every = query(lake, question((*ids, *more), **asked))
    figures = in_order((figure for figure in every if name_of(figure) in named), role=role)
    pairs = together(every)
    rows = [
        {
            **s.figure.as_dict(), "target": s.target.value if s.target else None, "status": str(s.standing),
            "beside": _beside(s.figure, pairs),
        }
        for s in scored(figures, kpis=catalogue(), targets=read_reference(lake, "targets"))
    ]  # fmt: skip
    if form is output.Form.CSV:
        rows = [{**row, "beside": "; ".join(f"{b['kpi']} {b['change']}" for b in row["beside"])} for row in rows]
    columns = _columns(rows)
    for key in ("p50", "p90"):
        del columns[key]
    note = columns.pop("note")
    columns |= {"target": lambda r: number(r["target"], unit=r["unit"]), "status": lambda r: r["status"], "note": note}
    output.show(rows, form=form, key="kpis", columns=columns if form is output.Form.TABLE else None)
    if form is output.Form.TABLE:
        _read_together(pairs)


def _beside(figure: Figure, pairs: list[Together]) -> list[dict[str, Any]]:
    """Return what is to be read beside a figure, and how it changed."""
    from troth.kpi.gaming.pairs import name_of

    found = []
    for one in (pair for pair in pairs if figure in (pair.first, pair.second)):
        other, way = one.beside(name_of(figure))
        change = {1: "better", -1: "worse"}.get(way, "no clear change")
        told = {"pair": one.pair.id, "kpi": name_of(other), "value": other.value, "previous": other.previous}
        found.append({**told, "change": change, "traded": one.traded})
    return found


def _read_together(pairs: list[Together]) -> None:
    """Print pairs of which one got better while the other got worse, and which other pairs there are."""
    from troth.kpi.gaming.pairs import told

    traded = [one for one in pairs if one.traded]
    for one in traded:
        click.echo(f"\nOne got better while the other got worse. {told(one)}")
    quiet: dict[str, dict[str, None]] = {}
    for one in pairs:
        if not one.traded:
            quiet.setdefault(one.pair.first, {})[one.pair.second] = None
    if quiet:
        click.echo("\nRead together; nothing was traded as far as chance lets tell:")
        for first, others in quiet.items():
            click.echo(f"  {first} beside {', '.join(others)}")


def _columns(figures: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a table shows: only what tells rows apart, then the figure with its truth."""
    from troth.charts.numbers import number

    columns: dict[str, Any] = {"kpi": lambda f: f"{f['id']}/{f['variant']}" if f["variant"] else f["id"]}
    for dim in figures[0]["by"] if figures else ():
        columns[dim] = lambda f, d=dim: output.text(f["by"][d])
    if len({f["from"] for f in figures}) > 1:
        columns["from"] = lambda f: f["from"][:16].replace("T00:00", "")
    for key in ("value", "low", "high", "p50", "p90", "previous"):
        columns[key] = lambda f, k=key: number(f[k], unit=f["unit"])
    columns["n"] = lambda f: f"{f['n']:,}"
    columns["note"] = _note
    return columns


def _note(figure: Mapping[str, Any]) -> str:
    notes = [figure["reason"]] if figure["value"] is None else []
    notes += ["approximate"] if figure["approximate"] else []
    notes += [] if figure["mature"] else ["can still change"]
    return ", ".join(notes)


def _list(kpis: tuple[str, ...], form: output.Form) -> None:
    from troth.kpi.catalogue import catalogue, chosen

    listed = chosen(kpis) if kpis else list(catalogue().values())
    rows = [
        {
            "id": k.id,
            "variant": k.variant,
            "title": k.title,
            "question": k.question,
            "unit": str(k.unit),
            "direction": str(k.direction),
            "numerator": k.numerator,
            "denominator": k.denominator,
            "population": k.population,
            "cohort": k.cohort,
            "clock": str(k.clock),
            "version": k.version,
            "effective_from": k.effective_from.isoformat(),
            "source": k.source,
            "aliases": " ".join(k.aliases),
        }
        for k in listed
    ]
    columns = {
        "kpi": lambda r: f"{r['id']}/{r['variant']}" if r["variant"] else r["id"],
        "unit": lambda r: r["unit"],
        "question": lambda r: r["question"],
    }
    output.show(rows, form=form, key="kpis", columns=columns)
