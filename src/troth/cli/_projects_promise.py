"""`troth projects promise`: when a deal's project can start, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from troth.cli import output
from troth.cli._interrupt import interruptible
from troth.cli._places import refuse_unwritable, write
from troth.cli._projects_beliefs import LEARNED, Believed, beliefs_options, believed, source_of
from troth.cli._projects_shared import DAY, doubtful, from_where, told, usable
from troth.cli._projects_unasked import refuse, refuse_day
from troth.cli._quantities import SHARE
from troth.core.decision import Issue, Severity, Stop

if TYPE_CHECKING:
    from datetime import date

    from troth.capacity.projects.promising import DisplacedJob, EarlierPrice, PreparedFutures, StartAnswer


@click.command(
    "promise",
    epilog="Example: troth projects promise house.json --deal d7 --sure 80% --sure 90%; "
    "troth projects promise --lake demo-lake --deal dp31 --by 2026-09-01 --html start.html",
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
@beliefs_options
@click.option(
    "--futures",
    type=click.IntRange(10, 20_000),
    default=1000,
    show_default=True,
    help="How many futures to live through.",
)
@click.option("--weeks", type=click.IntRange(1, 250), default=78, show_default=True, help="How far to look ahead.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Chance of the futures.")
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page: the days, who would move, what it rests on.",
)
@output.form_option
def promise_command(
    path: Path | None, *, lake: Path, day: datetime | None, site: str | None, deal: str, sure: tuple[float, ...], by: datetime | None,
    beliefs: str | None, save_beliefs: Path | None, futures: int, weeks: int, seed: int, html: Path | None, form: output.Form,
) -> int:  # fmt: skip
    """Say when a project can start and end, with the probability that such a promise is kept.

    Sampled futures of all deals, estimates, clients, people and reactive work are lived through. PATH is a JSON file, docs/guides/projects.md
    says what can be in it; without one the portfolio is read from the lake, and what is believed of the months to come is learned from its log.
    Exit status is 1 if no day is kept as surely as asked, or something is doubtful.
    """
    refuse_unwritable({"--save-beliefs": save_beliefs, "--html": html})
    source, of = source_of(beliefs, path=path), lake if path is None else None
    from troth.capacity.projects.promising import prepare, promise

    portfolio, issues = usable(path, lake=lake, day=day, site=site)
    refuse(portfolio, deal=deal, lake=of)
    if by is not None:
        refuse_day(by.date(), day=portfolio.day, weeks=weeks)
    with_ = believed(portfolio, source=source, lake=of, site=site)
    if save_beliefs is not None:
        from troth.capacity.projects.promising.from_file import to_json

        write(save_beliefs, to_json(with_.learned, day=portfolio.day), option="--save-beliefs")
    with output.progress("futures") as tell, interruptible() as asked:
        prepared = prepare(
            with_.portfolio, beliefs=with_.learned.beliefs, futures=futures, weeks=weeks, seed=seed, stop=Stop(asked=asked),
            on_progress=lambda done, of: tell(done / of),
        )  # fmt: skip
    answer = promise(prepared, deal=deal, levels=tuple(sorted(set(sure))))
    shown = _Shown(prepared, answer, with_, (*issues, *with_.issues), None if by is None else by.date())
    shown.show(form)
    if html is not None:
        write(html, shown.page())
    told([one for one in shown.issues if one.severity is not Severity.INFO], form=form)
    return int(None in answer.starts or doubtful(shown.issues))


class _Shown:
    """An answer as it is shown."""

    def __init__(
        self,
        prepared: PreparedFutures,
        answer: StartAnswer,
        with_: Believed,
        issues: tuple[Issue, ...],
        by: date | None,
    ) -> None:
        from troth.capacity.projects.promising import displaced, earlier
        from troth.capacity.projects.promising.words import beliefs_told

        self.prepared, self.answer, self.believed, self.issues, self.by = prepared, answer, with_, issues, by
        self.told = beliefs_told(with_.learned, portfolio=with_.portfolio)
        self.moved: Sequence[DisplacedJob] = ()
        self.bought: Sequence[EarlierPrice] = ()
        if by is not None:
            self.moved = displaced(prepared, deal=answer.deal_id, start=by)
            self.bought = earlier(prepared, deal=answer.deal_id, by=by, level=max(answer.levels))

    def show(self, form: output.Form) -> None:
        """Print it."""
        answer = self.answer
        rows: list[output.Row] = [
            {
                "sure": level,
                "start": None if a is None else a.isoformat(),
                "finish": None if b is None else b.isoformat(),
            }
            for level, a, b in zip(answer.levels, answer.starts, answer.finishes, strict=True)
        ]
        if form is not output.Form.TABLE:
            output.show(rows, form=form, key="levels", extra=self._extra())
            return
        columns = {
            "sure": lambda row: f"{row['sure']:.0%}", "start": lambda row: row["start"] or "-", "finish": lambda row: row["finish"] or "-",
        }  # fmt: skip
        output.show(rows, form=form, key="levels", columns=columns)
        self._say()

    def _extra(self) -> dict[str, Any]:
        answer = self.answer
        curve = [
            {"day": one.isoformat(), "probability": chance}
            for one, chance in zip(answer.days, answer.chances, strict=True)
        ]
        extra: dict[str, Any] = {
            "deal_id": answer.deal_id, "asked": answer.asked.isoformat(), "win": answer.win, "within": answer.within,
            "futures": answer.futures, "binds": asdict(answer.binds), "curve": curve, "beliefs": self._beliefs(),
            "issues": [one.as_dict() for one in self.issues],
        }  # fmt: skip
        if self.by is not None:
            extra["by"] = {
                "day": self.by.isoformat(), "probability": answer.probability(self.by), "displaced": [asdict(one) for one in self.moved],
                "earlier": [asdict(one) for one in self.bought],
            }  # fmt: skip
        return extra

    def _beliefs(self) -> dict[str, Any]:
        of = self.believed
        return {
            "source": of.source, "log_from": None if of.since is None else of.since.isoformat(),
            "rests_on": {part: dict(counts) for part, counts in of.learned.rests_on.items()},
            "parts": [asdict(one) for one in self.told],
        }  # fmt: skip

    def _say(self) -> None:
        from troth.capacity.projects.promising.words import source_told, surely, waits_told

        answer, of = self.answer, self.believed
        click.echo(surely(answer, futures=self.prepared.futures, weeks=self.prepared.weeks))
        click.echo("It waits")
        for one in waits_told(answer.binds):
            click.echo(f"  {one}")
        if self.by is not None:
            self._say_by(self.by)
        nothing = "nothing to learn from" if of.source == LEARNED else ""
        click.echo(f"Believed, {source_told(of.source, since=of.since, day=of.portfolio.day)}:")
        for part in self.told:
            rests = part.rests or nothing
            click.echo(f"  {part.part}: {part.believed}" + (f" ({rests})" if rests else ""))

    def _say_by(self, by: date, *, most: int = 10) -> None:
        from troth.capacity.projects.promising.words import bought_told, moved_told

        click.echo(f"A start by {by} is kept with {self.answer.probability(by):.0%}.")
        for one in self.moved[:most]:
            click.echo(f"  {moved_told(one, currency=self.believed.portfolio.currency)}")
        if len(self.moved) > most:
            click.echo(f"  ... and {len(self.moved) - most:,} more; --format json lists all.")
        for price in self.bought[:most]:
            click.echo(f"  {bought_told(price, currency=self.believed.portfolio.currency)}")
        if not self.bought:
            sure = f"{max(self.answer.levels):.0%}"
            click.echo(f"  No hours that could be bought make it {sure}: the client or the decision may come later.")

    def page(self) -> str:
        """Return it as a page."""
        from importlib.metadata import version

        from troth.capacity.projects.promising.page import PromisePage, render
        from troth.capacity.projects.promising.words import source_told

        of = self.believed
        return render(
            PromisePage(
                self.answer, self.told, source_told(of.source, since=of.since, day=of.portfolio.day), self.prepared.futures,
                self.prepared.weeks, self.prepared.seed, version("troth"), of.portfolio.currency, self.by, self.moved, self.bought, self.issues, of.source == LEARNED,
            )
        )  # fmt: skip
