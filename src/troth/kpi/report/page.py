"""The page of a report: its parts in the order of what a reader wants to know first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from troth.charts.numbers import between, exact, number, plural, when
from troth.charts.page import Cell, page, table, text
from troth.core.spans import zone
from troth.core.terms import Role, Unit
from troth.kpi.report import beside, sections, words
from troth.kpi.report.case import opened
from troth.kpi.report.data import Line, Report, Telling
from troth.kpi.report.sections import figure_cell
from troth.kpi.scorecard import Scored, Standing, changed, roles_of

#: A sign and a class for each standing: never colour alone.
_SIGNS: Final = {
    Standing.MET: ("ok", "\u2713"),
    Standing.WATCH: ("watch", "\u25d0"),
    Standing.MISSED: ("late", "\u25b2"),
    Standing.NONE: ("none", ""),
}
#: Marks of figures that are not firm, and what they say.
_OPEN: Final = "\u25cb"
_OPEN_SAID: Final = "can still change by itself"
_ROUGH: Final = "\u2248"
_ROUGH_SAID: Final = "approximate: some of it is repaired or known only as a length"
_ROLES: Final = (
    ("", "Everything"), (Role.OPERATIONS_LEAD, "Operations lead"), (Role.TEAM_LEAD, "Team lead"),
    (Role.QUALITY_SPECIALIST, "Quality specialist"), (Role.AGENT, "Agent"),
)  # fmt: skip


def render(report: Report, *, now: datetime, version: str) -> str:
    """Return the report as one HTML page that needs nothing else.

    Parameters
    ----------
    report : from `gather`.
    now : when it is made, shown in the footer.
    version : of the software, shown in the footer.
    """
    parts = [(key, title, body) for key, title, body in _parts(report) if body]
    rail = "".join(f'<a href="#{key}">{text(title)}</a>' for key, title, _ in parts)
    body = "".join(
        f'<section id="{key}" aria-labelledby="{key}-h"><h2 id="{key}-h">{text(title)}</h2>{content}</section>'
        for key, title, content in parts
    )
    frame = report.frame
    where = "".join(
        f'<span class="chip">{text(dim)} {text(", ".join(str(m) for m in members))}</span>'
        for dim, members in frame.where.items()
    )
    note = "" if frame.chosen else _why(report)
    return page(
        f'<a class="skip" href="#main">Skip to the figures</a><div class="frame"><nav class="rail" aria-label="Parts of this page">'
        f'<p class="brand">Troth</p>{rail}</nav><main id="main" tabindex="-1"><header class="top"><p class="over">'
        f"{text(words.period(frame))}{where}</p><h1>How are we doing?</h1>{_answer(report)}{note}</header>{body}"
        f"{_footer(report, now, version)}</main></div>"
        '<dialog id="sheet" aria-label="Definition and cases of a figure"><button type="button" class="quiet close" data-close>Close</button>'
        '<div class="inside"></div></dialog>',
        title=f"How are we doing? {words.period(frame)}",
    )


def _parts(report: Report) -> list[tuple[str, str, str]]:
    step = words.step(report.frame.every)
    trends = sections.trends(report)
    explained = (
        f'<p class="lead">Points by {text(step)}. The band is where the process has been by chance alone; what a rule calls more '
        "than chance is ringed. Hollow points can still change.</p>"
    )
    spreads, backlog = sections.spreads(report), sections.backlog(report)
    return [
        ("scorecard", "Scorecard", _scorecard(report)),
        ("pairs", "What is bought with what?", beside.section(report.pairs)),
        ("trends", "Is it changing?", f'{explained}<div class="grid">{trends}</div>' if trends else ""),
        ("spreads", "How long for whom?", f'<p class="lead">Not only means: the shape says who waits. Time grows tenfold at equal steps.</p><div class="grid wide">{spreads}</div>' if spreads else ""),
        ("arrivals", "When do they come?", sections.arrivals(report)),
        ("members", _by_title(report), _members(report)),
        ("backlog", "What is left?", f'<div class="grid wide">{backlog}</div>{_oldest(report)}' if backlog else ""),
        ("worst", "Who had it worst?", _worst(report)),
        ("definitions", "What the figures mean", _definitions(report)),
        ("data", "How good is the data?", _data(report)),
    ]  # fmt: skip


def _why(report: Report) -> str:
    frame = report.frame
    whole = frame.start <= frame.first and frame.end > frame.last
    return f'<p class="note">{"All of the log." if whole else f"The last {words.length(frame)} the log has whole."} Another period: --from and --to.</p>'


def _answer(report: Report) -> str:
    cards = "".join(_card(line) for line in words.attention(report))
    strip = f'<div class="strip">{cards}</div>' if cards else ""
    return f'<p class="answer">{text(words.headline(report))}</p>{strip}'


def _card(line: Line) -> str:
    figure, kind = line.figure, _SIGNS[line.scored.standing][0]
    small = " \u00b7 ".join(part for part in (words.against(line), words.before(line)) if part)
    shown, hover = number(figure.value, unit=figure.unit), exact(figure.value, unit=figure.unit)
    return (
        f'<a class="card big {kind}" href="#{_anchor(line)}" data-sheet><span class="what">{text(line.kpi.title)}</span>'
        f'<span class="value" title="{text(hover)}">{text(shown)}</span>'
        f'{_status(line.scored.standing) or "<span></span>"}<span class="small">{text(small)}</span></a>'
    )


def _anchor(line: Line) -> str:
    return "kpi-" + "".join(c if c.isalnum() else "-" for c in line.kpi.name)


def _status(standing: Standing, *, words_shown: bool = True) -> str:
    """Return a standing as sign and words, or as a sign whose words are only read out; nothing without a target."""
    kind, sign = _SIGNS[standing]
    if not sign:
        return ""
    said = text(standing) if words_shown else f'<span class="hidden">{text(standing)}</span>'
    return f'<span class="status {kind}"><span aria-hidden="true">{sign}</span> {said}</span>'


def _scorecard(report: Report) -> str:
    """Return the scorecard, family by family, with buttons that narrow it to a role."""
    step = words.step(report.frame.every)
    shown = words.by_family(report.lines)
    columns: dict[str, Callable[[Line], Cell]] = {
        "Figure": _named,
        "Value": lambda line: figure_cell(line.figure.value, unit=line.kpi.unit, strong=True),
        "95 % interval": _interval,
        "Half within": lambda line: figure_cell(line.figure.p50, unit=line.kpi.unit, kind="spread"),
        "9 in 10 within": lambda line: figure_cell(line.figure.p90, unit=line.kpi.unit, kind="spread"),
        "n": lambda line: Cell(f"{line.figure.n:,}", line.figure.n, figure=True, kind="spread"),
    }
    if any(line.scored.target for line in report.lines):
        columns |= {"Target": _target, "Status": _stands}
    if any(line.figure.previous is not None for line in report.lines):
        columns[f"{words.length(report.frame).capitalize()} before"] = _before
    if any(line.course for line in report.lines):
        columns[f"By {step}"] = lambda line: Cell("", html=sections.spark(line, step=step) or " ", kind="course")
    made = table(
        list(columns),
        rows=[[column(line) for column in columns.values()] for _, line in shown],
        caption="Scorecard",
        name="scorecard",
        groups=[family for family, _ in shown],
        tags=[" ".join(roles_of(line.kpi.id)) for _, line in shown],
    )
    chips = "".join(
        f'<button type="button" class="chip" data-role="{role}" aria-pressed="{str(not role).lower()}">{text(name)}</button>'
        for role, name in _ROLES[:1] + _ROLES[2:]
    )
    absent = ", ".join(kpi.title for kpi in report.absent)
    legend = f'<p class="note">{_OPEN} {_OPEN_SAID} \u00b7 {_ROUGH} {_ROUGH_SAID} \u00b7 \u2197 clearly better, \u2198 clearly worse than before</p>'
    without = f'<p class="note">Without data here: {text(absent)}.</p>' if absent else ""
    return f'<div class="chips" role="group" aria-label="Show the scorecard of">{chips}</div><div class="scorecard">{made}</div>{legend}{without}'


def _named(line: Line) -> Cell:
    notes = ((_OPEN, _OPEN_SAID, not line.figure.mature), (_ROUGH, _ROUGH_SAID, line.figure.approximate))
    marks = "".join(
        f'<span class="mark" title="{text(said)}">{sign}<span class="hidden">{text(said)}</span></span>'
        for sign, said, holds in notes
        if holds
    )
    link = f'<a href="#{_anchor(line)}" data-sheet>{text(line.kpi.title)}</a>{marks}'
    return Cell(line.kpi.title, line.kpi.title, line.kpi.question, html=link)


def _interval(line: Line) -> Cell:
    f = line.figure
    shown = between(f.low, f.high, unit=f.unit) if f.low is not None else ""
    return Cell(shown, f.low, f.reason, figure=True, kind="said")


def _target(line: Line) -> Cell:
    target = line.scored.target
    if target is None:
        return Cell("", figure=True, kind="said")
    return Cell(number(target.value, unit=line.kpi.unit), target.value, words.against(line), figure=True, kind="said")


def _stands(line: Line) -> Cell:
    shown = line.scored.standing
    place = list(Standing).index(shown)
    return Cell("" if shown is Standing.NONE else str(shown), place, html=_status(shown) or " ", kind="stands")


def _before(line: Line) -> Cell:
    f = line.figure
    if f.previous is None:
        return Cell("", figure=True, kind="said")
    way, was = changed(f, direction=line.kpi.direction), text(number(f.previous, unit=f.unit))
    said = {1: "clearly better now", -1: "clearly worse now"}.get(way, "no clear change")
    html = {1: f'<span class="better">\u2197 {was}</span>', -1: f'<span class="worse">\u2198 {was}</span>'}.get(way, "")
    return Cell(number(f.previous, unit=f.unit), f.previous, said, figure=True, html=html, kind="said")


def _by_title(report: Report) -> str:
    return f"Where? By {report.members.dimension}" if report.members else "Where?"


def _members(report: Report) -> str:
    found = report.members
    if found is None or not found.kpis:
        return ""
    rows = [
        [Cell(member), *(_member_cell(cells.get(kpi.name)) for kpi in found.kpis)]
        for member, cells in found.cells.items()
    ]
    more = (
        f'<p class="note">The {len(found.cells)} with the most of {found.total:,}.</p>'
        if found.total > len(found.cells)
        else ""
    )
    heads = [found.dimension.capitalize(), *(kpi.title for kpi in found.kpis)]
    return table(heads, rows=rows, caption=f"Main figures by {found.dimension}", name=f"by-{found.dimension}") + more


def _member_cell(scored: Scored | None) -> Cell:
    if scored is None:
        return Cell("-", figure=True)
    f = scored.figure
    sure = f"; 95 %: {between(f.low, f.high, unit=f.unit)}" if f.low is not None else ""
    shown = number(f.value, unit=f.unit)
    html = f"{text(shown)} {_status(scored.standing, words_shown=False)}"
    return Cell(shown, f.value, f"{exact(f.value, unit=f.unit)}; n {f.n:,}{sure}", figure=True, html=html)


def _telling(rows: Sequence[Telling], report: Report, *, unit: Unit, head: str, caption: str) -> str:
    """Return a table of rows behind a figure, with the columns any of them has."""
    kinds = (
        ("case_id", "Case"), ("contact_id", "Contact"), ("customer_id", "Customer"), ("queue", "Queue"),
        ("agent_id", "Person"), ("team", "Team"),
    )  # fmt: skip
    used = [(key, title) for key, title in kinds if any(key in row.ids for row in rows)]
    if any(key == "case_id" for key, _ in used):
        used = [one for one in used if one[0] != "contact_id"]
    (first, name), *others = used[:4]
    cells = [
        [
            Cell(row.ids.get(first) or row.ids.get("contact_id", "-")),
            figure_cell(row.value, unit=unit),
            Cell(words.short(row.at, time_zone=report.frame.time_zone), row.at.timestamp()),
            *(Cell(row.ids.get(key, "-")) for key, _ in others),
        ]
        for row in rows
    ]
    return table([name, head, "When", *(title for _, title in others)], rows=cells, caption=caption)


def _oldest(report: Report) -> str:
    found = report.backlog
    if found is None or not found.oldest:
        return ""
    made = _telling(found.oldest, report, unit=Unit.SECONDS, head="Open for", caption="The oldest open cases")
    return f'<details class="more"><summary>The oldest open cases</summary>{made}</details>'


def _worst(report: Report) -> str:
    if not report.worst:
        return ""
    lines = {line.kpi.name: line for line in report.lines}
    said = []
    crossed, twice = lines.get("worst.crossed"), lines.get("worst.twice")
    if crossed is not None:
        said.append(f"{number(crossed.figure.value, unit='share')} of customers had a wait beyond the line")
    if twice is not None:
        said.append(f"{number(twice.figure.value, unit='share')} two in a row")
    lead = f'<p class="lead">A mean hides the people who leave. {text("; ".join(said) + "." if said else "")}</p>'
    heads = {
        "speed.answer/mean_wait": ("The longest waits", "Waited"),
        "speed.resolution": ("The slowest resolutions", "Took"),
    }
    blocks = []
    for line in report.worst:
        title, head = heads.get(line.kpi.name, ("The most broken promises", "Broken"))
        cases = "".join(opened(one) for one in line.opened)
        rows = _telling(line.rows, report, unit=line.kpi.unit, head=head, caption=title)
        blocks.append(f'<div class="card"><h3>{text(title)}</h3>{rows}{cases}</div>')
    return f'{lead}<div class="grid tables">{"".join(blocks)}</div>'


def _definitions(report: Report) -> str:
    return f'<div class="defs">{"".join(_definition(line, report) for _, line in words.by_family(report.lines))}</div>'


def _definition(line: Line, report: Report) -> str:
    kpi, f = line.kpi, line.figure
    facts = [
        ("Numerator", kpi.numerator), ("Denominator", kpi.denominator), ("Of whom", kpi.population), ("Counted at", kpi.cohort),
        ("Clock", f"{kpi.clock} time"), ("Direction", words.better(kpi)), ("Source", kpi.source or "-"),
        ("Definition", f"{kpi.definition}, since {kpi.effective_from.isoformat()}"),
    ]  # fmt: skip
    numbers = [
        ("n", f"{f.n:,}"),
        ("95 % interval", between(f.low, f.high, unit=f.unit) if f.low is not None else f.reason or "-"),
    ]
    if f.p50 is not None:
        spread = ", ".join(
            f"{name} {number(v, unit=f.unit)}"
            for name, v in (("P50", f.p50), ("P90", f.p90), ("P95", f.p95), ("longest", f.max))
        )
        numbers.append(("Spread", spread))
    if line.scored.target is not None:
        numbers.append(("Target", f"{words.against(line)}: {line.scored.standing}".removeprefix("target ")))
    if f.previous is not None:
        numbers.append(("Before", number(f.previous, unit=f.unit)))
    notes = [
        note
        for note, holds in (
            (_ROUGH_SAID, f.approximate),
            (_OPEN_SAID, not f.mature),
        )
        if holds
    ]
    if notes:
        numbers.append(("Note", "; ".join(notes)))
    if said := beside.words(f, pairs=report.pairs):
        numbers.append(("Read beside", said))
    facts_html = "".join(f"<dt>{text(k)}</dt><dd>{text(v)}</dd>" for k, v in [*numbers, *facts])
    rows = ""
    if line.rows:
        rows = f"<h4>Its most telling cases</h4>{_telling(line.rows, report, unit=kpi.unit, head='Own number', caption=f'Most telling cases of {kpi.title}')}"
    return (
        f'<article id="{_anchor(line)}"><h3>{text(kpi.title)} <code>{text(kpi.name)}</code></h3><p class="q">{text(kpi.question)}</p>'
        f'<p class="value" title="{text(exact(f.value, unit=f.unit))}">{text(number(f.value, unit=f.unit))}</p><dl>{facts_html}</dl>{rows}</article>'
    )


def _data(report: Report) -> str:
    q = report.quality
    total = sum(q.origins.values())
    origins = {
        "exact": "known exactly",
        "repaired": "with a repaired end",
        "aggregate": "known only as a length",
        "assumed_zone": "with an assumed time zone",
    }
    facts = [
        (f"Events {origins.get(name, name)}", f"{n:,} ({100 * n / max(total, 1):.1f} %)")
        for name, n in q.origins.items()
    ]
    facts.append(("Events of bots, which count as no person", f"{q.bots:,}"))
    rejects = sum(q.rejects.values())
    codes = ", ".join(f"{code} {n:,}" for code, n in list(q.rejects.items())[:6])
    facts.append(("Rows rejected at import, all time", f"{rejects:,}" + (f": {codes}" if codes else "")))
    facts.append(("Figures marked approximate", ", ".join(q.approximate) or "none"))
    return f'<dl class="facts">{"".join(f"<dt>{text(k)}</dt><dd>{text(v)}</dd>" for k, v in facts)}</dl>'


def _footer(report: Report, now: datetime, version: str) -> str:
    frame = report.frame
    tz = zone(frame.time_zone)
    extent = f"{when(frame.first.astimezone(tz))} to {when(frame.last.astimezone(tz))}"
    calendar = frame.calendar or "as the lake's table calendar_use says, else around the clock"
    defaults = ", ".join(
        f"{name.replace('_', ' ')} {_plain(value)}" for name, value in report.params.items() if value is not None
    )
    return (
        f"<footer><h2>How this was computed</h2><p>From {plural(frame.events, one='event')} of the lake <code>{text(frame.lake)}</code> "
        f"({text(extent)}) by Troth {text(version)}, {text(when(now.astimezone(tz)))}. Days and hours of {text(frame.time_zone)}; business "
        f"time {text(calendar)}. Intervals hold 95 %, by day. Defaults: {text(defaults)}.</p><p>This page holds all it needs and asks "
        "nothing of any network.</p></footer>"
    )


def _plain(value: object) -> str:
    from datetime import timedelta

    if isinstance(value, timedelta):
        return plural(value.days, one="day")
    return f"{value:g}" if isinstance(value, float) else str(value)
