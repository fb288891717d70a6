"""`troth sla`: the clocks of service level agreements: whether the policies are sound, how clocks stand, what is due next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from troth.cli import output
from troth.cli._lake import lake_option, opened
from troth.cli._quantities import SECONDS
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

if TYPE_CHECKING:
    import duckdb

    from troth.kpi.sla.read import SlaRules
    from troth.log.lake import Lake

_EXAMPLE = (
    "Example: troth sla check; troth sla forecast --within 4h --where team=desk; troth sla clocks --state breached; "
    "troth explain sla.met CASE --html clock.html draws the clocks of one case."
)
_COLUMNS = ("policy", "metric", "state", "team", "agent", "priority", "queue", "site", "channel", "service", "customer")
_IDS = {"agent": "agent_id", "customer": "customer_id"}
#: Years one can look from.
_YEARS = (1900, 2999)

_at_option = click.option(
    "--at", "at", metavar="INSTANT", help="Look from this instant (or now), not from the end of the log."
)
_where_option = click.option(
    "--where",
    multiple=True,
    metavar="COLUMN=VALUE",
    help=f"Keep only these clocks, by {', '.join(_COLUMNS)}. Repeatable.",
)
_limit_option = click.option(
    "--limit", type=click.IntRange(min=0), help="How many rows to list; JSON and CSV list all if left out."
)


@click.group("sla", epilog=_EXAMPLE)
def command() -> None:
    """Tell how service level agreements are kept.

    Policies, targets and conditions come from the reference tables sla_policies, sla_filters, sla_targets and
    sla_conditions. Clocks are computed from events each time: mending a table repairs them.
    """


@command.command("check", epilog="Example: troth sla check --format json")
@lake_option
@output.form_option
def check(lake: Path, form: output.Form) -> int:
    """List all that is wrong or doubtful about policies and calendars. Exit status 1 if anything cannot be used."""
    from troth.kpi.sla.ask import audit, counted

    with _asked(lake, None) as (found, con, rules, now):
        issues = counted(audit(found, con, rules=rules, now=now))
    rows = [issue.as_dict() for issue in issues]
    if form is output.Form.TABLE:
        output.show_issues(issues, form=form, err=False)
        click.echo("Nothing is wrong." if not issues else f"{len(issues)} in all.")
    else:
        output.show(rows, form=form, key="issues")
    return int(any(issue.severity is Severity.ERROR for issue in issues))


@command.command("clocks", epilog="Example: troth sla clocks --state breached --where team=desk --format csv")
@lake_option
@click.option("--case", "cases", multiple=True, metavar="ID", help="Only the clocks of this case. Repeatable.")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(["met", "breached", "running", "paused", "cancelled"]),
    help="Only clocks that stand so. Repeatable.",
)
@_where_option
@click.option(
    "--as-of",
    "as_of",
    metavar="DAY",
    help="Judge all cases by the policies of one day, not of the day each was opened.",
)
@_at_option
@_limit_option
@output.form_option
def clocks(
    lake: Path, cases: tuple[str, ...], states: tuple[str, ...], where: tuple[str, ...], as_of: str | None, at: str | None,
    limit: int | None, form: output.Form,
) -> int:  # fmt: skip
    """List clocks: what they counted of their target, and how they stand."""
    from troth.kpi.sla.ask import narrowed
    from troth.kpi.sla.read import sla_clocks, unknown_cases

    faults: list[Issue] = []
    asked = _filters(where, faults) | ({"state": list(states)} if states else {})
    day = None if as_of is None else _day(as_of, faults)
    with _asked(lake, at, faults) as (found, con, rules, now):
        if unknown := unknown_cases(found, con, cases=cases):
            raise InputError(unknown)
        table = narrowed(sla_clocks(found, con, rules=rules, now=now, as_of=day, cases=cases or None), where=asked)
    rows = table.to_pylist()
    tally = Counter(row["state"] for row in rows)
    if form is output.Form.TABLE:
        click.echo(
            ", ".join(f"{n:,} {state}" for state, n in sorted(tally.items())) or "No clocks: see `troth sla check`."
        )
    _listed(
        rows,
        form,
        limit,
        key="clocks",
        columns=_clock_columns(rules.time_zone),
        extra={"at": now, "states": dict(tally)},
    )
    return 0


@command.command("forecast", epilog="Example: troth sla forecast --within 4h --at now")
@lake_option
@click.option("--within", type=SECONDS, help="How far ahead: 4h, 30min. All if left out.")
@_where_option
@_at_option
@_limit_option
@output.form_option
def forecast(
    lake: Path, within: float | None, where: tuple[str, ...], at: str | None, limit: int | None, form: output.Form
) -> int:
    """List the clocks that still run, the first to break first: when each breaks if nothing happens, by its working hours."""
    from troth.kpi.sla.ask import forecast as ahead
    from troth.kpi.sla.ask import narrowed
    from troth.kpi.sla.read import sla_clocks

    faults: list[Issue] = []
    asked, length = _filters(where, faults), None if within is None else _length_of(within, faults)
    with _asked(lake, at, faults) as (found, con, rules, now):
        table = narrowed(sla_clocks(found, con, rules=rules, now=now), where=asked)
    rows = ahead(table, now=now, within=length)
    broken, risky = sum(r["left_s"] < 0 for r in rows), sum(r["at_risk"] and r["left_s"] >= 0 for r in rows)
    if form is output.Form.TABLE:
        click.echo(
            f"{len(rows):,} open, {broken:,} broken already, {risky:,} more at risk, as of {_local(now, rules.time_zone)}"
        )
    columns = _clock_columns(rules.time_zone)
    chosen = {name: columns[name] for name in ("case", "metric", "policy", "team", "state")}
    chosen |= {"due": columns["due"], "left": lambda r: _length(r["left_s"]), "used": columns["used"]}
    chosen["note"] = lambda r: "broken" if r["left_s"] < 0 else "at risk" if r["at_risk"] else ""
    _listed(rows, form, limit, key="clocks", columns=chosen, extra={"at": now})
    return 0


@command.command("rerun", epilog="Example: troth sla rerun --as-of 2026-07-01")
@lake_option
@click.option("--as-of", "as_of", metavar="DAY", required=True, help="The day whose policies judge all cases.")
@_at_option
@_limit_option
@output.form_option
def rerun(lake: Path, as_of: str, at: str | None, limit: int | None, form: output.Form) -> int:
    """Judge all cases anew by the policies of one day, and list what comes out otherwise, with its cause."""
    from troth.kpi.sla.ask import rerun as again

    faults: list[Issue] = []
    day = _day(as_of, faults)
    with _asked(lake, at, faults) as (found, con, rules, now):
        rows = again(found, con, rules=rules, now=now, as_of=day)
    tally = Counter((r["cause"], f"{r['state_before'] or 'none'} to {r['state_after'] or 'none'}") for r in rows)
    if form is output.Form.TABLE:
        for (cause, change), n in sorted(tally.items()):
            click.echo(f"{n:,} {change}, by {cause}")
        if not rows:
            click.echo("Nothing comes out otherwise.")
    names = ("case_id", "metric", "policy_before", "policy_after", "state_before", "state_after", "cause")
    columns = {n.removesuffix("_id").replace("_", " "): _cell(n) for n in names}
    _listed(rows, form, limit, key="clocks", columns=columns, extra={"as_of": day})
    return 0


@command.command("holds", epilog="Example: troth sla holds --format csv")
@lake_option
@_at_option
@output.form_option
def holds(lake: Path, at: str | None, form: output.Form) -> int:
    """Tell how long cases were on hold, by reason."""
    from troth.kpi.sla.flow import holds as held

    with _asked(lake, at) as (found, con, _, now):
        rows = held(found, con, now=now)
    columns = {name: _cell(name) for name in ("reason", "status", "stretches", "cases", "open")}
    columns |= {word: _time(name) for word, name in (("in all", "total_s"), ("mean", "mean_s"), ("median", "p50_s"))}
    output.show(rows, form=form, key="holds", columns=columns)
    return 0


@command.command("loops", epilog="Example: troth sla loops --limit 5")
@lake_option
@_at_option
@_limit_option
@output.form_option
def loops(lake: Path, at: str | None, limit: int | None, form: output.Form) -> int:
    """Tell how often cases come back to a team that had them before, and between which teams they go to and fro."""
    from troth.kpi.sla.flow import loops as found_loops

    with _asked(lake, at) as (found, con, _, now):
        sums, rows = found_loops(found, con, now=now)
    if form is output.Form.TABLE:
        click.echo(
            f"{sums['cases']:,} cases, {sums['passed_on']:,} handed over ({sums['handed_over']:,} times); {sums['returned']:,} came back to a team"
            f" ({sums['returns']:,} times, {sums['back_at_once']:,} straight from the next team)"
        )
    columns = {name: _cell(name) for name in ("team", "other", "times", "cases")} | {"median away": _time("p50_s")}
    _listed(rows, form, limit, key="pairs", columns=columns, extra=sums)
    return 0


# ---- what all of them share ---------------------------------------------------------------------------------------


@contextmanager
def _asked(
    folder: Path, at: str | None, faults: Sequence[Issue] = ()
) -> Iterator[tuple[Lake, duckdb.DuckDBPyConnection, SlaRules, datetime]]:
    """Give the lake, a session of it, its rules, and the instant to look from; refuse all faults of the question at once."""
    from troth.kpi.query import Engine
    from troth.kpi.sla.read import rules

    found = [*faults]
    instant = None if at is None else _instant(at, found)
    if found:
        raise InputError(found)
    lake = opened(folder)
    with lake.session() as con:
        engine = Engine(lake, con)
        instant = instant or engine.now
        now = instant if instant.tzinfo else instant.replace(tzinfo=ZoneInfo(engine.time_zone))
        yield lake, con, rules(lake, time_zone=engine.time_zone), now


def _instant(text: str, faults: list[Issue]) -> datetime | None:
    """Return an instant, without a time zone if none is named; what is none is a fault."""
    if text == "now":
        return datetime.now(UTC)
    found: datetime | None = None
    with suppress(ValueError):
        found = datetime.fromisoformat(text)
    # The first and last years leave no room for time zones and what is due.
    if found is None or not _YEARS[0] <= found.year <= _YEARS[1]:
        faults.append(_wrong("bad-time", "--at", text, "Maybe an instant such as 2026-03-29T10:00, or now."))
    return found


def _day(text: str, faults: list[Issue]) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        faults.append(_wrong("bad-date", "--as-of", text, "Maybe a day such as 2026-03-29 is meant."))
        return date.min


def _length_of(seconds: float, faults: list[Issue]) -> timedelta:
    try:
        return timedelta(seconds=seconds)
    except OverflowError:
        faults.append(_wrong("bad-time", "--within", f"{seconds:g}s", "Maybe a shorter time, such as 4h or 30d."))
        return timedelta.max


def _filters(where: tuple[str, ...], faults: list[Issue]) -> dict[str, list[str]]:
    """Return the words to keep by column."""
    found: dict[str, list[str]] = {}
    for one in where:
        name, equals, value = (part.strip() for part in one.partition("="))
        if name not in _COLUMNS or not equals or not value:
            advice = f"Maybe team=desk is meant: one of {', '.join(_COLUMNS)}."
            faults.append(_wrong("bad-filter", "--where", one, advice))
        found.setdefault(_IDS.get(name, name), []).append(value)
    return found


def _wrong(code: str, where: str, value: str, advice: str) -> Issue:
    return Issue(code, Severity.ERROR, where, value, advice)


def _listed(
    rows: list[dict[str, Any]], form: output.Form, limit: int | None, *, key: str,
    columns: Mapping[str, Callable[[Mapping[str, Any]], str]], extra: Mapping[str, Any],
) -> None:  # fmt: skip
    """Print rows, in a table the first twenty."""
    most = 20 if limit is None and form is output.Form.TABLE else limit
    shown = rows if most is None else rows[:most]
    if shown or form is not output.Form.TABLE:
        output.show(shown, form=form, key=key, columns=columns, extra=dict(extra) | {"count": len(rows)})
    if form is output.Form.TABLE and len(rows) > len(shown):
        click.echo(f"... and {len(rows) - len(shown):,} more: --limit N, or --format csv for all.")


def _clock_columns(time_zone: str) -> dict[str, Callable[[Mapping[str, Any]], str]]:
    return {
        "case": lambda r: output.text(r["case_id"]),
        "metric": lambda r: f"{r['metric']} {r['number']}" if r["number"] > 1 else str(r["metric"]),
        "policy": lambda r: output.text(r["policy"]),
        "team": lambda r: output.text(r["team"]),
        "state": lambda r: str(r["state"]),
        "due": lambda r: _local(r["due_at"], time_zone) if r["due_at"] else "-",
        "counted": lambda r: _length(r["counted_s"]),
        "of": lambda r: _length(r["target_s"]),
        "used": lambda r: f"{100 * r['share']:.1f} %",
    }


def _cell(name: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda row: output.text(row[name])


def _time(name: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda row: _length(row[name])


def _length(seconds: float) -> str:
    from troth.charts.numbers import duration

    return duration(seconds)


def _local(at: datetime, time_zone: str) -> str:
    return at.astimezone(ZoneInfo(time_zone)).isoformat(sep=" ", timespec="minutes")
