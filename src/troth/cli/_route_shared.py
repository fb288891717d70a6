"""What the commands of `troth route` share: options, what is printed, files written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from troth.cli import output
from troth.cli._places import refuse_unwritable, write
from troth.cli._route_files import FORMS, RouteFile
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

if TYPE_CHECKING:
    from troth.core.decision import Explanation
    from troth.field.routing import RouteBreach, RoutePlan, RoutingProblem, Tour

FILE: Final = click.Path(path_type=Path, dir_okay=False, exists=True)
_OUT: Final = click.Path(path_type=Path, dir_okay=False)
input_option = click.option(
    "--input", "source", type=click.Choice(FORMS), default="json", show_default=True,
    help="What the problem is: a file of Troth, of VROOM, or an instance of a published set.",
)  # fmt: skip
travel_option = click.option(
    "--travel", metavar="WHAT",
    help="How long ways take if the problem has no matrix: a table (.csv, .json, .npz), osrm:URL, valhalla:URL or roads:FILE.osm.pbf; "
    "the straight way with a detour if left out.",
)  # fmt: skip
_FILES: Final = (
    click.option("--out", type=_OUT, help="Write the plan as JSON, for the other commands and --start."),
    click.option("--vroom", type=_OUT, help="Write the plan as VROOM answers; with --input vroom."),
    click.option("--geojson", type=_OUT, help="Write tours and stops as GeoJSON."),
    click.option("--csv", type=_OUT, help="Write a row for each stop as CSV."),
    click.option(
        "--html", type=_OUT, help="Write a page: tours over time, the map, cost by rule, what is left out and why."
    ),
)
FILES: Final = ("out", "vroom", "geojson", "csv", "html")


def writing(function: Any) -> Any:
    """Add the options that say where a plan is written."""
    for option in reversed(_FILES):
        function = option(function)
    return function


def refuse(given: Mapping[str, Any], *, source: str) -> None:
    """Refuse places that cannot be written, and files that cannot be made of the input, before anything is computed."""
    if given["vroom"] is not None and source != "vroom":
        advice = "Maybe --out, or --input vroom: only such a problem has VROOM's numbers."
        raise InputError([Issue("wrong-use", Severity.ERROR, "--vroom", str(given["vroom"]), advice)])
    refuse_unwritable({f"--{name}": given[name] for name in FILES})


def placed(problem: RoutingProblem, given: Mapping[str, Any]) -> None:
    """Refuse a map of places without coordinates before anything is computed."""
    if given["geojson"] is not None and len(problem.places) < len(problem.seconds):
        advice = "Maybe add places with lat and lon to the problem: a matrix alone has none."
        raise InputError(
            [Issue("no-coordinates", Severity.ERROR, "--geojson", f"{len(problem.places)} places", advice)]
        )


def written(plan: RoutePlan, given: Mapping[str, Any], *, file: RouteFile) -> None:
    """Write a plan wherever it was asked for."""
    from troth.field.routing import export

    if given["out"] is not None:
        write(given["out"], export.plan_to_json(plan), option="--out")
    if given["vroom"] is not None and file.vroom is not None:
        from troth.field.routing.vroom import plan_to_vroom

        answer = plan_to_vroom(plan, instance=file.vroom)
        write(given["vroom"], json.dumps(answer, ensure_ascii=False, indent=1) + "\n", option="--vroom")
    if given["geojson"] is not None:
        write(given["geojson"], export.geojson(plan), option="--geojson")
    if given["csv"] is not None:
        write(given["csv"], output.to_csv(export.stop_rows(plan)), option="--csv")
    if given["html"] is not None:
        from troth.field.routing.page import page

        write(given["html"], page(plan))


def plan_of(problem: RoutingProblem, tours: Sequence[Tour]) -> RoutePlan:
    """Return a plan of tours that nobody searched for, with the judge's figures and without reasons for what is left out."""
    from troth.field.routing.solve import judged

    return judged(problem, tours=tuple(tours), why=False)


def rule_rows(found: Sequence[RouteBreach]) -> list[output.Row]:
    """Return how often each rule is broken and what that costs: hard ones first, then the dearest."""
    from troth.field.routing import ROUTING_RULES

    by: dict[str, list[RouteBreach]] = {}
    for one in found:
        by.setdefault(one.rule, []).append(one)
    rows = [
        {
            "rule": rule, "hard": ROUTING_RULES[rule].hard, "times": len(some), "amount": sum(v.amount for v in some),
            "cost_cents": sum(v.cost_cents for v in some), "says": ROUTING_RULES[rule].sentence,
        }
        for rule, some in by.items()
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (not row["hard"], -row["cost_cents"], row["rule"]))


def show_breaches(found: Sequence[RouteBreach], *, most: int = 20) -> None:
    """Print breaches for people, the first of many."""
    from troth.field.routing.export import breach_row

    for one in found[:most]:
        row = breach_row(one)
        shift = f"shift {one.shift + 1}" if one.shift > 0 else ""
        who = ", ".join(part for part in (one.technician_id or "the plan", shift, one.visit_id, one.what) if part)
        price = "" if row["hard"] else f", costs {one.cost_cents / 100:,.2f}"
        click.echo(f"  {one.rule} ({who}): {one.amount:,.6g}{price}. {row['says']}")
    if len(found) > most:
        click.echo(f"  ... and {len(found) - most:,} more; --format json lists all.")


def show_left(plan: RoutePlan, *, most: int = 20) -> None:
    """Print visits left out with the reasons, the first of many, and what may help against the first reason of each."""
    from troth.field.routing.explain import REASONS

    for one in plan.unserved[:most]:
        why = ", ".join(
            f"{reason.code.removeprefix('routing.')} ({reason.parameters.get('technicians', 0)}){_about(reason)}"
            for reason in one.reasons
        )
        click.echo(f"  {one.visit_id}{': ' if why else ''}{why}")
    if len(plan.unserved) > most:
        click.echo(f"  ... and {len(plan.unserved) - most:,} more; --format json lists all.")
    for code in dict.fromkeys(one.reasons[0].code for one in plan.unserved if one.reasons):
        if code in REASONS:
            words, advice = REASONS[code]
            click.echo(f"  {code.removeprefix('routing.')}: {words}. {advice}")


def _about(reason: Explanation) -> str:
    """Return what a reason is about, such as the parts that are missing."""
    said = ", ".join(str(one) for one in reason.parameters.get("what", ()))
    return f" {said}" if said else ""
