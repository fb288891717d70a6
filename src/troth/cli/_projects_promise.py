"""`troth projects promise`: when a deal's project can start, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from troth.cli import output
from troth.cli._interrupt import interruptible
from troth.cli._projects_shared import DAY, doubtful, from_where, told, usable
from troth.cli._quantities import SHARE
from troth.core.decision import Explanation, Issue, Severity, Stop
from troth.core.errors import InputError

if TYPE_CHECKING:
    from troth.capacity.projects.portfolio import Portfolio
    from troth.capacity.projects.promising import PreparedFutures, StartAnswer


@click.command(
    "promise",
    epilog="Example: troth projects promise house.json --deal d7 --sure 80% --sure 90%; troth projects promise --lake demo-lake --deal dp31 --by 2026-09-01",
)
@from_where
@click.option("--deal", required=True, metavar="ID", help="A deal, or a project that is not begun.")
@click.option(
    "--sure", multiple=True, type=SHARE, default=("50%", "80%", "90%"), show_default="50%, 80%, 90%",
    help="Probability with which the day is to be kept; may be repeated.",
)  # fmt: skip
@click.option(
    "--by", type=DAY, help="Say how likely a start by this day is kept, what it moves, and what would make it possible."
)
@click.option(
    "--futures",
    type=click.IntRange(10, 20_000),
    default=1000,
    show_default=True,
    help="How many futures to live through.",
)
@click.option("--weeks", type=click.IntRange(1, 250), default=78, show_default=True, help="How far to look ahead.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Chance of the futures.")
@output.form_option
def promise_command(
    path: Path | None, *, lake: Path, day: datetime | None, site: str | None, deal: str, sure: tuple[float, ...], by: datetime | None,
    futures: int, weeks: int, seed: int, form: output.Form,
) -> int:  # fmt: skip
    """Say when a project can start and end, with the probability that such a promise is kept.

    Sampled futures of all deals, estimates, clients, people and reactive work are lived through. PATH is a JSON file, docs/guides/projects.md
    says what can be in it; without one the portfolio is read from the lake. Exit status is 1 if no day is kept as surely as asked, or something is
    doubtful.
    """
    from troth.capacity.projects.promising import prepare, promise

    portfolio, issues = usable(path, lake=lake, day=day, site=site)
    _refuse(portfolio, deal)
    with output.progress("futures") as tell, interruptible() as asked:
        prepared = prepare(
            portfolio, futures=futures, weeks=weeks, seed=seed, stop=Stop(asked=asked), on_progress=lambda done, of: tell(done / of),
        )  # fmt: skip
    answer = promise(prepared, deal=deal, levels=tuple(sorted(set(sure))))
    extra = _extra(answer, issues) | ({} if by is None else _by(prepared, answer, by))
    rows: list[output.Row] = [
        {"sure": level, "start": None if a is None else a.isoformat(), "finish": None if b is None else b.isoformat()}
        for level, a, b in zip(answer.levels, answer.starts, answer.finishes, strict=True)
    ]
    _show(rows, extra, answer, form=form, of=prepared.futures)
    told([one for one in issues if one.severity is not Severity.INFO], form=form)
    return int(any(row["start"] is None for row in rows) or doubtful(issues))


def _refuse(portfolio: Portfolio, deal: str) -> None:
    """Refuse a deal that is not there before anything is computed."""
    from difflib import get_close_matches

    known = [one.deal_id for one in portfolio.deals] + [one.project_id for one in portfolio.projects]
    if deal not in known:
        near = get_close_matches(deal, known, 1)
        advice = f"Maybe {near[0]} is meant." if near else "Maybe it is closed, or was not read."
        raise InputError([Issue("unknown-deal", Severity.ERROR, "--deal", deal, advice)])


def _extra(answer: StartAnswer, issues: Sequence[Issue]) -> dict[str, Any]:
    curve = [
        {"day": one.isoformat(), "probability": chance} for one, chance in zip(answer.days, answer.chances, strict=True)
    ]
    return {
        "deal_id": answer.deal_id, "asked": answer.asked.isoformat(), "win": answer.win, "within": answer.within, "futures": answer.futures,
        "binds": asdict(answer.binds), "curve": curve, "issues": [one.as_dict() for one in issues],
    }  # fmt: skip


def _by(prepared: PreparedFutures, answer: StartAnswer, by: datetime) -> dict[str, Any]:
    """Return how likely a start by a day is, what promising it moves, and what makes it possible."""
    from troth.capacity.projects.promising import displaced, earlier

    day = by.date()
    level = max(answer.levels)
    moved = displaced(prepared, deal=answer.deal_id, start=day)
    bought = earlier(prepared, deal=answer.deal_id, by=day, level=level)
    return {
        "by": {
            "day": day.isoformat(), "probability": answer.probability(day), "displaced": [asdict(one) for one in moved],
            "earlier": [asdict(one) for one in bought],
        }
    }  # fmt: skip


_SAYS: Final = {
    "waits-for-client": "{weeks:.1f} weeks for the day the client wants, {late_weeks:.1f} more as clients are late",
    "waits-for-decision": "{weeks:.1f} weeks for the decision",
    "waits-for-skill": "{weeks:.1f} weeks for people with {skill}, in {share:.0%} of the futures",
    "reactive-work": "reactive work takes {hours_a_week:.0f} of {of_hours:.0f} hours a week",
}


def _sentence(one: Explanation) -> str:
    return _SAYS[one.code].format(**one.parameters) if one.code in _SAYS else one.code


def _show(
    rows: Sequence[output.Row], extra: dict[str, Any], answer: StartAnswer, *, form: output.Form, of: int
) -> None:
    if form is not output.Form.TABLE:
        output.show(rows, form=form, key="levels", extra=extra)
        return
    columns = {
        "sure": lambda row: f"{row['sure']:.0%}", "start": lambda row: row["start"] or "-", "finish": lambda row: row["finish"] or "-",
    }  # fmt: skip
    output.show(rows, form=form, key="levels", columns=columns)
    click.echo(
        f"If {answer.deal_id} is won, which is {answer.win:.0%} likely; rests on {answer.futures:,.0f} of {of:,} futures. It waits"
    )
    for one in answer.binds.parts:
        click.echo(f"  {_sentence(one)}")
    if "by" in extra:
        _show_by(extra["by"])


def _show_by(by: dict[str, Any], *, most: int = 10) -> None:
    click.echo(f"A start by {by['day']} is kept with {by['probability']:.0%}.")
    for one in by["displaced"][:most]:
        late = "" if one["start_days"] is None else f", then {one['start_days']:.0f} days later"
        click.echo(
            f"  moves {one['job_id']} with {one['probability']:.0%}{late}, {one['at_risk_cents'] / 100:,.2f} at risk"
        )
    if len(by["displaced"]) > most:
        click.echo(f"  ... and {len(by['displaced']) - most:,} more; --format json lists all.")
    for one in (one for one in by["earlier"][:most] if one["hours"] > 0):
        click.echo(
            f"  kept with {one['probability']:.0%} if {one['hours_a_week']:,.0f} hours a week of {', '.join(one['skills'])} are bought from "
            f"{one['first']} until {one['until']}, about {one['cents'] / 100:,.2f}"
        )
