"""`troth explain`: open a number of one case down to its events, or a figure down to its cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import click

from troth.cli import output
from troth.cli._lake import lake_option, opened, question, question_options

if TYPE_CHECKING:
    from troth.kpi.explain import Behind, Explained, Opened, Used

_EXAMPLE = (
    "Example: troth explain speed.first_reply INC0042 opens the number of one case; "
    "troth explain speed.first_reply --from 2026-03-01 --to 2026-04-01 --where queue=cards lists the cases behind a figure."
)
#: How many events people are shown.
_SHOWN: Final = 60


@click.command("explain", epilog=_EXAMPLE)
@click.argument("kpi")
@click.argument("case", required=False)
@lake_option
@question_options
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with a picture of a CASE's time, too."
)
@click.option("--limit", type=click.IntRange(min=0), help="How many cases to list; JSON and CSV list all if left out.")
@output.form_option
def command(
    kpi: str,
    case: str | None,
    lake: Path,
    html: Path | None,
    limit: int | None,
    form: output.Form,
    every: str | None,
    **asked: Any,
) -> int:
    """Open a figure down to the events it is made of.

    KPI with CASE opens the number of one case: segments, calendar, pauses and events. KPI alone lists the cases behind
    the figure, worst first. CASE may be the id of a case, contact, survey, review, promise, customer or person. A row
    that is not in the figure says why not.
    """
    if every is not None:
        raise click.UsageError("--every splits into periods; name the one to open by --from and --to.")
    from troth.cli._places import refuse_unwritable

    refuse_unwritable({"--html": html})
    found = opened(lake)
    if case is not None:
        given = sorted(
            f"--{'from' if o == 'start' else 'to' if o == 'end' else o}"
            for o in ("by", "start", "end", "where")
            if asked[o]
        )
        if given or limit is not None:
            raise click.UsageError(
                f"{', '.join(given) or '--limit'} choose among cases; leave the case out to list them."
            )
        from troth.kpi.explain import explain

        one = explain(found, kpi=kpi, case=case, calendar=asked["calendar"], time_zone=asked["time_zone"])
        _show_case(one, form)
        if html is not None:
            from troth.cli._places import write
            from troth.kpi.explain_page import explain_page

            write(html, explain_page(one))
        return 0
    if html is not None:
        raise click.UsageError("--html draws one case; name it.")
    from troth.kpi.explain import explain_figure

    rows = 20 if limit is None and form is output.Form.TABLE else limit
    _show_rows(explain_figure(found, query=question((kpi,), **asked), limit=rows), form)
    return 0


# ---- the cases behind a figure --------------------------------------------------------------------------------------


def _show_rows(found: Behind, form: output.Form) -> None:
    if form is not output.Form.TABLE:
        sums = {"numerator": found.numerator, "denominator": found.denominator, "count": found.count}
        extra = {
            "kpi": found.kpi.name,
            "definition": found.kpi.definition,
            "value": found.value,
            "unit": str(found.kpi.unit),
        }
        output.show(found.rows, form=form, key="rows", extra=extra | sums)
        return
    click.echo(_headline(found.kpi.name, found.kpi.title, found.value, str(found.kpi.unit)))
    click.echo(
        f"{found.kpi.numerator}, over {found.kpi.denominator}: {found.numerator:,.6g} / {found.denominator:,.6g}\n"
    )
    if found.rows:
        output.show(found.rows, form=form, key="rows", columns=_columns(found))
    more = found.count - len(found.rows)
    if more > 0:
        click.echo(f"... and {more:,} more: --limit N, or --format csv for all.")


def _columns(found: Behind) -> dict[str, Any]:
    """Return what a table shows: ids that differ, the value, its date, and what the split is by."""
    ids = [c for c in ("case_id", "contact_id", "subject_id", "customer_id", "agent_id") if _told(found.rows, c)]
    members = dict.fromkeys([*found.by, *(c for c in ("queue", "site", "channel", "team") if _told(found.rows, c))])
    columns: dict[str, Any] = {c.removesuffix("_id"): lambda r, c=c: output.text(r.get(c)) for c in ids}
    columns["value"] = lambda r: _figure(r["value"], str(found.kpi.unit))
    if len({r["weight"] for r in found.rows}) > 1:
        columns["weight"] = lambda r: f"{r['weight']:,.6g}"
    columns["at"] = lambda r: _instant(r["at"])
    columns |= {m: lambda r, m=m: output.text(r.get(m)) for m in members if m not in columns}
    if any(r["approximate"] for r in found.rows):
        columns["note"] = lambda r: "approximate" if r["approximate"] else ""
    return columns


def _told(rows: Sequence[Mapping[str, Any]], column: str) -> bool:
    return any(row.get(column) is not None for row in rows)


# ---- one case -------------------------------------------------------------------------------------------------------


def _show_case(found: Explained, form: output.Form) -> None:
    if form is output.Form.JSON:
        click.echo(output.to_json(found.as_dict()))
        return
    if form is output.Form.CSV:
        output.show([_event_row(e) for e in found.events], form=form, key="events")
        return
    click.echo(_headline(found.kpi.name, found.subject, found.value, str(found.kpi.unit)))
    click.echo(
        f"{found.kpi.title}: {found.kpi.numerator}. Times of {found.time_zone}; definition {found.kpi.definition}."
    )
    if found.reason:
        click.echo(f"\nNot in the figure. {found.reason}")
    for row in found.rows:
        click.echo("\n" + "\n".join(_row_lines(row, found)))
    click.echo("\nEvents")
    events = [_event_row(event) for event in found.events[:_SHOWN]]
    shown = {name: (lambda r, n=name: output.text(r[n])) for name in ("at", "what", "who", "used for", "event_id")}
    output.show(events, form=form, key="events", columns=shown)
    if len(found.events) > _SHOWN:
        click.echo(f"... and {len(found.events) - _SHOWN:,} more: --format csv lists all.")


def _row_lines(row: Opened, found: Explained) -> Iterator[str]:
    """Yield the lines that open one row: whether it counts, from where to where, and its time."""
    kind = row.name[0].removesuffix("_id")
    several = f"{kind} {row.name[1]}: {_adds(row, found)}. " if len(found.rows) > 1 else ""
    yield f"{several}It counts, dated {_instant(row.at)}." if row.counts else f"{several}Not in the figure."
    yield from (f"  {reason}" for reason in row.reasons)
    if row.facts:
        yield f"  {_clock_fact(row, found.time_zone)}"
    for word, event in (("from", row.start), ("to", row.end)):
        if event is not None:
            yield f"  {word:<4} {_exactly(event.occurred_at)}  {_what(event)}{f' by {event.who}' if event.who else ''}"
    for rule in row.calendars:
        tz = ZoneInfo(rule.time_zone)
        ever = f"from {_instant(rule.effective_from.astimezone(tz))}" if rule.effective_from else "always"
        until = f" until {_instant(rule.effective_until.astimezone(tz))}" if rule.effective_until else ""
        yield f"  calendar {rule.name} ({rule.time_zone}), version {rule.version}, in force {ever}{until}"
    yield from _segment_lines(row, found.time_zone)
    yield from (f"  approximate: {doubt}" for doubt in row.doubts)


def _clock_fact(row: Opened, time_zone: str) -> str:
    """Return how the clock of an agreement stands."""
    facts = row.facts
    due = f", due {_exactly(facts['due_at'].astimezone(ZoneInfo(time_zone)))}" if facts["due_at"] else ""
    ended = f", ended by {facts['ended_by']}" if facts["ended_by"] else ""
    stood = f"{_clock(facts['counted_s'])} of {_clock(facts['target_s'])} used"
    return f"{facts['metric']} {facts['number']} of policy {facts['policy']}: {facts['state']}, {stood}{due}{ended}"


def _adds(row: Opened, found: Explained) -> str:
    """Return what a row of several adds to the figure."""
    if len(found.kpi.parts) == 1 and row.weight == 1.0:
        return _figure(row.value, str(found.kpi.unit))
    return f"adds {row.value or 0.0:,.6g} above the line and {row.weight:,.6g} below it"


def _segment_lines(row: Opened, time_zone: str) -> Iterator[str]:
    tz = ZoneInfo(time_zone)
    for segment in row.segments:
        start, end = (_exactly(at.astimezone(tz)) for at in (segment.start, segment.end))
        mark = "+" if segment.counted else " "
        what = segment.calendar or segment.what
        yield f"  {mark} {start}  {end}  {_clock(segment.seconds):>12}  {what}{'' if segment.counted else ' (not counted)'}"
    if len(row.segments) > 1:
        yield f"  = {_clock(row.counted_s)}"


def _event_row(event: Used) -> dict[str, Any]:
    return {
        "at": _instant(event.occurred_at),
        "utc": event.occurred_at.astimezone(UTC).isoformat(),
        "what": _what(event),
        "who": event.who or event.actor,
        "used for": ", ".join(event.uses),
        "origin": event.origin,
        "event_id": event.event_id,
    }


def _what(event: Used) -> str:
    notes = [
        event.step or "",
        "internal" if event.direction == "internal" else "",
        event.actor if event.actor in {"bot", "system"} else "",
        "" if event.origin == "exact" else event.origin,
    ]
    told = ", ".join(note for note in notes if note)
    return f"{event.activity} ({told})" if told else event.activity


# ---- words ----------------------------------------------------------------------------------------------------------


def _headline(name: str, of: str, value: float | None, unit: str) -> str:
    return f"{name}  {of}\n{_figure(value, unit)}"


def _figure(value: float | None, unit: str) -> str:
    """Return a figure in words, a time also to the second."""
    from troth.charts.numbers import number

    told = number(value, unit=unit)
    return f"{told} ({_clock(value)})" if unit == "s" and value is not None and abs(value) >= 60 else told


def _clock(seconds: float) -> str:
    """Return a length as hours, minutes and seconds, with what is left of a second if anything."""
    sign, left = ("-" if seconds < 0 else ""), abs(seconds)
    minutes, rest = divmod(round(left, 6), 60)
    tail = f"{rest:02.0f}" if rest == int(rest) else f"{rest:09.6f}".rstrip("0")
    return f"{sign}{int(minutes // 60)}:{int(minutes % 60):02}:{tail}"


def _instant(at: datetime | None) -> str:
    """Return an instant as it stands on the wall clock, with its offset."""
    return at.isoformat(sep=" ", timespec="seconds") if at is not None else "-"


def _exactly(at: datetime) -> str:
    """Return an instant with what is left of its second, if anything: lengths are told so exactly."""
    digits = "microseconds" if at.microsecond % 1000 else "milliseconds" if at.microsecond else "seconds"
    return at.isoformat(sep=" ", timespec=digits)
