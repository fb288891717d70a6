"""`troth twin advise`: the best next step from where the day stands."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from troth.cli import output
from troth.cli._lake import lake_option, opened
from troth.cli._places import refuse_unwritable, write
from troth.cli._quantities import SECONDS
from troth.cli._twin_shared import DAY
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

if TYPE_CHECKING:
    from troth.log.lake import Lake
    from troth.queueing.twin.advise import Advice
    from troth.queueing.twin.now import TwinNow

#: So many weeks before the day are learned from unless asked otherwise.
_WEEKS: Final = 8
_STEPS: Final = ("call-in", "breaks", "extend", "turn")


@click.command(
    "advise",
    epilog="Example: troth twin advise --site branch-s --at 2026-06-29T10:40+03:00 --channel walk_in --html next.html",
)
@lake_option
@click.option("--site", required=True, metavar="NAME", help="Where.")
@click.option(
    "--at",
    required=True,
    metavar="TIME",
    help="When, with its zone: 2026-06-29T10:40+03:00. Nothing the log holds from later is looked at.",
)
@click.option("--horizon", type=SECONDS, default="1h", show_default=True, help="How far ahead is looked.")
@click.option("--channel", metavar="NAME", help="Only contacts of this channel, such as phone.")
@click.option("--fit-from", type=DAY, help=f"First day to learn from; {_WEEKS} weeks before if left out.")
@click.option("--fit-to", type=DAY, help="First day not to learn from; the day of --at if left out.")
@click.option(
    "--helper",
    "helpers",
    multiple=True,
    metavar="NAME",
    help="Who can be called from the back office; somebody if left out. Repeatable.",
)
@click.option(
    "--without",
    "barred",
    multiple=True,
    type=click.Choice(_STEPS),
    help="A kind of step that must not be advised. Repeatable.",
)
@click.option("--order", is_flag=True, help="All of a queue standing with those who have priority may be advised, too.")
@click.option(
    "--worth",
    type=click.FloatRange(0),
    default=1.0,
    show_default=True,
    help="Hours of waiting that a paid hour must save.",
)
@click.option(
    "--within", type=SECONDS, default="5min", show_default=True, help="Who is answered in this is answered in time."
)
@click.option(
    "--replications", type=click.IntRange(2), default=250, show_default=True, help="Simulated courses of each step."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed gives other courses.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with a picture, too.")
@output.form_option
def command(form: output.Form, html: Path | None, **given: Any) -> int:
    """Say which step helps most from where the day stands, or that none is worth it.

    Who waits, is served and is at work is read from the log up to --at, who is planned from the table of schedules; how
    long services take, how patient customers are and how many will come is learned from the weeks before. Each step is
    simulated under the same chance as doing nothing; the best is judged once more under other chance before it is told.
    """  # fmt: skip
    from troth.queueing.twin.advise_words import answer

    refuse_unwritable({"--html": html})
    with output.progress("advise") as tell:
        made = _advised(given, tell)
    rows = _rows(made)
    hour = {
        figure: {"mean": float(getattr(made.nothing, figure).mean()), "low_80": low, "high_80": high}
        for figure in ("came", "served", "mean_wait_s", "worst_s", "left", "within")
        for low, high in (made.band(figure, level=0.8),)
    }
    shown = {
        name: (lambda row, key=key: str(row[key]))
        for name, key in (("step", "step"), ("costs", "costs"), ("why", "why"))
    }
    columns = {"step": shown["step"], **_FIGURES, "costs": shown["costs"], "why": shown["why"]}
    if form is output.Form.TABLE:
        click.echo(f"{answer(made)}.\n")
    output.show(
        rows,
        form=form,
        key="steps",
        columns=columns,
        extra={"advice": answer(made), "nothing": hour, "tried": made.tried},
    )
    if html is not None:
        from troth.queueing.twin.advise_page import page

        write(html, page(made))
    return 0


def _signed(key: str, unit: str) -> Any:
    def told(row: output.Row) -> str:
        from troth.charts.numbers import number

        value = row[key]
        return f"{'+' if value > 0 and row['kind'] != 'nothing' else ''}{number(value, unit=unit)}"

    return told


_FIGURES: Final = {
    "mean wait": _signed("wait_s", "s"),
    "worst-off 5 %": _signed("worst_s", "s"),
    "leave": _signed("left", "share"),
    "in time": _signed("within", "share"),
}


def _rows(made: Advice) -> list[output.Row]:
    """Return doing nothing with its figures, then each step with what it changes."""
    from troth.queueing.twin.advise_words import cost_words, step_words, why

    names = {"wait_s": "mean_wait_s", "worst_s": "worst_s", "left": "left", "within": "within"}
    rows: list[output.Row] = [
        {"step": "Do nothing", "kind": "nothing", "agent": "", "queue": "", "from": None, "to": None, "cost_s": 0.0}
        | {one: float(getattr(made.nothing, figure).mean()) for one, figure in names.items()}
        | {"wait_low_s": None, "wait_high_s": None, "net_h": 0.0, "costs": "", "why": "" if made.chosen else "advised"}
    ]
    for one in made.candidates:
        step, span = one.step, one.step.span
        rows.append(
            {"step": step_words(step, time_zone=made.now.moment.time_zone), "kind": str(step.kind), "agent": step.agent,
             "queue": step.queue, "from": span and span.start, "to": span and span.end, "cost_s": step.cost_s}
            | {name: getattr(one, name).mean for name in names}
            | {"wait_low_s": one.wait_s.low, "wait_high_s": one.wait_s.high, "net_h": one.net_h.mean,
               "costs": cost_words(step).removeprefix("costs "), "why": why(made, one=one)}
        )  # fmt: skip
    return rows


def _advised(given: dict[str, Any], tell: Any) -> Advice:
    from troth.queueing.twin.advise import Worth, advise
    from troth.queueing.twin.steps import Allowed

    now = _now(opened(given["lake"]), given)
    barred = set(given["barred"])
    helpers = tuple(dict.fromkeys(given["helpers"])) or ("somebody",)
    allowed = Allowed(
        helpers=() if "call-in" in barred else helpers, breaks="breaks" not in barred, extend="extend" not in barred,
        turn="turn" not in barred, order=given["order"],
    )  # fmt: skip
    worth = Worth(hours=given["worth"], target_s=given["within"])
    return advise(
        now, allowed=allowed, worth=worth, replications=given["replications"], seed=given["seed"],
        on_progress=lambda done, of: tell(done / of),
    )  # fmt: skip


def _now(lake: Lake, given: dict[str, Any]) -> TwinNow:
    """Return the next hours as a problem, learned from the weeks before."""
    from troth.core.spans import local_date, start_of_day, zone
    from troth.queueing.read import recorded
    from troth.queueing.twin.now import twin_now
    from troth.queueing.twin.read import breaks_wait, moment

    if given["horizon"] < 60:
        raise InputError([Issue("out-of-range", Severity.ERROR, "--horizon", f"{given['horizon']:g} s", "Maybe 1h.")])
    at = _instant(given["at"])
    found = moment(lake, site=given["site"], at=at, channel=given["channel"])
    tz = zone(found.time_zone)
    today = local_date(at, tz=tz)
    last = given["fit_to"].date() if given["fit_to"] else today
    first = given["fit_from"].date() if given["fit_from"] else last - timedelta(weeks=_WEEKS)
    if not first < last <= today:
        advice = "Maybe leave both out; days learned from lie before the day of --at, the first before the last."
        raise InputError([Issue("bad-period", Severity.ERROR, "--fit-from and --fit-to", f"{first} {last}", advice)])
    start, end = start_of_day(first, tz=tz), start_of_day(last, tz=tz)
    where = {"channel": given["channel"]} if given["channel"] else {}
    seen = recorded(lake, start=start, end=end, time_zone=found.time_zone, missed=True, site=given["site"], **where)
    waited = float((seen.wait_s > 30).mean()) if len(seen) else 0.0
    put_off = breaks_wait(lake, site=given["site"], start=start, end=end, waited=waited)
    horizon = timedelta(seconds=given["horizon"])
    return twin_now(found, seen=seen, horizon=horizon, put_off=put_off, seed=given["seed"])


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        advice = "Maybe a time such as 2026-06-29T10:40+03:00."
        raise InputError([Issue("bad-time", Severity.ERROR, "--at", text, advice)]) from None
