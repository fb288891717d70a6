"""One self-contained page about a start: the days with their probability, what they wait for, who would move, what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from troth.capacity.projects.portfolio import minor_digits
from troth.capacity.projects.promising import plots
from troth.capacity.projects.promising.answer import DisplacedJob, EarlierPrice, StartAnswer
from troth.capacity.projects.promising.words import TITLES, BeliefTold, bought_told, in_turn, waits_told
from troth.charts import page as html
from troth.charts.numbers import day, plural
from troth.core.decision import Issue, Severity

#: Of those who would move so many have a row in the picture; the table has all.
_DRAWN: Final = 12


@dataclass(frozen=True, slots=True)
class PromisePage:
    """What a page shows.

    Parameters
    ----------
    answer : to the question.
    beliefs : what is believed, in words, and `source` where that comes from.
    futures, weeks, seed : of the preparation.
    version : of Troth.
    by : a day that was asked about; None if none was.
    moved, bought : who a start promised for it moves, and what would make it possible.
    issues : what is doubtful.
    learned : whether the beliefs were learned: a part that rests on nothing is then neutral, else as it was given.
    """

    answer: StartAnswer
    beliefs: Sequence[BeliefTold]
    source: str
    futures: int
    weeks: int
    seed: int
    version: str
    currency: str = "EUR"
    by: date | None = None
    moved: Sequence[DisplacedJob] = ()
    bought: Sequence[EarlierPrice] = ()
    issues: Sequence[Issue] = ()
    learned: bool = True


def render(shown: PromisePage) -> str:
    """Return the page as HTML that needs nothing else."""
    parts = [
        ("days", "How sure is which day?", _days(shown)),
        ("waits", "What does it wait for?", _waits(shown)),
        ("by", f"And by {_short(shown.by)}?" if shown.by else "", _by(shown)),
        ("rests", "What does it rest on?", _rests(shown)),
        ("issues", "What is doubtful", _doubts(shown.issues)),
    ]
    told = [(key, title, body) for key, title, body in parts if body]
    rail = "".join(f'<a href="#{key}">{html.text(title)}</a>' for key, title, _ in told)
    body = "".join(
        f'<section id="{key}" aria-labelledby="{key}-h"><h2 id="{key}-h">{html.text(title)}</h2>{inside}</section>'
        for key, title, inside in told
    )
    answer = shown.answer
    title = f"When can {answer.deal_id} start?"
    head = (
        f'<header class="top"><p class="over">Asked {html.text(day(answer.asked))}<span class="chip">{html.text(shown.source)}</span></p>'
        f'<h1>{html.text(title)}</h1><p class="answer">{html.text(_sentence(answer))}</p><div class="strip">{_cards(answer)}</div></header>'
    )
    return html.page(
        '<a class="skip" href="#main">Skip to the answer</a><div class="frame"><nav class="rail" aria-label="Parts of this page">'
        f'<p class="brand">Troth</p>{rail}</nav><main id="main" tabindex="-1">{head}{body}{_footer(shown)}</main></div>',
        title=title,
    )


# ---- the answer -----------------------------------------------------------------------------------------------------


def _sentence(answer: StartAnswer) -> str:
    """Return the days with their probability; of several levels with one day the surest."""
    surest: dict[date, float] = {}
    for level, start in zip(answer.levels, answer.starts, strict=True):
        if start is not None:
            surest[start] = max(surest.get(start, 0.0), level)
    if not surest:
        begun = answer.begun(0.8)
        left = (
            f"in its turn by {_short(begun)} with 80%"
            if begun
            else f"it starts in {_percent(answer.within)} of the futures"
        )
        return f"No day can be promised so surely: {left}"
    if len(surest) == 1:
        (start,) = surest
        return f"{_short(start)}, kept with {_percent(answer.probability(start))}"
    return ", ".join(f"{_short(start)} with {_percent(level)}" for start, level in sorted(surest.items()))


def _cards(answer: StartAnswer) -> str:
    cards = []
    for level, start, finish in zip(answer.levels, answer.starts, answer.finishes, strict=True):
        value = "no day" if start is None else f"{start.day} {start:%b}"
        small = "in the time looked at" if start is None else f"{start:%A}, {start.year}"
        ends = "no end in the time looked at" if finish is None else f"finished by {_short(finish)}"
        cards.append(_card(f"Kept with {_percent(level)}", value, small, ends))
    if answer.win < 1:
        more = "every day here holds for the case that it is won"
        cards.append(_card("Won", _percent(answer.win), "as believed today", more))
    return "".join(cards)


def _card(what: str, value: str, small: str, more: str) -> str:
    return (
        f'<div class="card big none"><span class="what">{html.text(what)}</span><span class="value">{html.text(value)}</span>'
        f'<span class="small">{html.text(small)}</span><span class="small">{html.text(more)}</span></div>'
    )


# ---- the parts ------------------------------------------------------------------------------------------------------


def _days(shown: PromisePage) -> str:
    answer = shown.answer
    if not any(chance > 0 for chance in answer.chances):
        return '<p class="lead">In none of the futures does it start in the time looked at.</p>'
    known = [(one, chance) for one, chance in zip(answer.days, answer.chances, strict=True) if chance > 0]
    enough = next((k for k, (_, chance) in enumerate(known) if chance > 0.98), len(known) - 1)
    rows = [
        [
            html.Cell(f"{one:%a} {_short(one)}", sort=one.isoformat()),
            html.Cell(f"{chance:.0%}", sort=chance, figure=True),
        ]
        for one, chance in known[: enough + 1]
    ]
    table = html.table(["start promised for", "kept with"], rows=rows, caption="Probability by day", name="starts")
    said = f"How likely a start promised for a day is kept.{in_turn(answer)}"
    charts = html.chart(html.Chart(plots.start_fan(answer, finish=False), "Start", said, table))
    if answer.finish_days:
        level = min(answer.levels, key=lambda one: abs(one - 0.8))
        how = f"is promised as surely as {_percent(level)}" if answer.start(level) else "comes in its usual turn"
        said = f"How likely the project is finished by a day, if its start {how}."
        charts += html.chart(html.Chart(plots.start_fan(answer, start=False), "Finish", said, _finishes(answer)))
    return f'<div class="grid wide">{charts}</div>'


def _finishes(answer: StartAnswer) -> str:
    rows = [
        [html.Cell(f"{one:%a} {_short(one)}", sort=one.isoformat()), html.Cell(f"{chance:.0%}", sort=chance, figure=True)]
        for one, chance in zip(answer.finish_days, answer.finish_chances, strict=True)
    ]  # fmt: skip
    return html.table(["finished by", "with"], rows=rows, caption="Probability of the finish by day", name="finishes")


def _waits(shown: PromisePage) -> str:
    items = "".join(f"<li>{html.text(_upper(one))}</li>" for one in waits_told(shown.answer.binds))
    return f'<ul class="steps">{items}</ul>'


def _by(shown: PromisePage) -> str:
    if shown.by is None:
        return ""
    chance, level = shown.answer.probability(shown.by), max(shown.answer.levels)
    lead = f"A start promised for {_short(shown.by)} is kept with {_percent(chance)}. {_buys(shown, level)}"
    if not shown.moved:
        return f'<p class="lead">{html.text(lead)}</p><p>Nobody would be moved by it.</p>'
    rows = [
        [
            html.Cell(one.job_id), html.Cell("sold" if one.sold else f"{one.win:.0%} to be won", sort=one.win),
            html.Cell(_percent(one.probability), sort=one.probability, figure=True), _late(one.start_days), _late(one.finish_days),
            html.Cell(_kept(one)), html.Cell(_risk(one.at_risk_cents, shown.currency), sort=one.at_risk_cents, figure=True),
        ]
        for one in shown.moved
    ]  # fmt: skip
    heads = [
        "who",
        "sold",
        "moves with",
        "start later, days",
        "finish later, days",
        "its promise kept",
        f"at risk, {shown.currency}",
    ]
    table = html.table(heads, rows=rows, caption="Who would move", name="moved")
    most = plural(min(len(shown.moved), _DRAWN), one="project or deal", many="projects and deals")
    said = f"{plural(len(shown.moved), one='project or deal', many='projects and deals')} would move in some futures; drawn: the {most} with most at risk."
    figure = plots.displacement(shown.moved, rows=_DRAWN)
    chart = html.chart(html.Chart(figure, "Who would move", said, table))
    return f'<p class="lead">{html.text(lead)}</p><div class="grid wide">{chart}</div>'


def _buys(shown: PromisePage, level: float) -> str:
    if not shown.bought:
        return f"No hours that could be bought make it {_percent(level)}: the client or the decision may come later."
    told = "; ".join(bought_told(one, currency=shown.currency) for one in shown.bought[:3])
    return f"{_upper(told)}."


def _late(days: float | None) -> html.Cell:
    return html.Cell("" if days is None else f"{days:.0f}", sort=-1.0 if days is None else days, figure=True)


def _kept(one: DisplacedJob) -> str:
    if one.kept_before is None or one.kept_after is None:
        return ""
    return f"{one.kept_before:.0%} → {one.kept_after:.0%}"


def _rests(shown: PromisePage) -> str:
    nothing = '<br><span class="note">Nothing to learn from: neutral</span>' if shown.learned else ""
    rows = "".join(
        f"<dt>{html.text(TITLES[one.part])}</dt><dd>{html.text(_upper(one.believed))}"
        + (f'<br><span class="note">From {html.text(one.rests)}</span>' if one.rests else nothing) + "</dd>"
        for one in shown.beliefs
    )  # fmt: skip
    little = " Little data says little: every number is drawn towards a neutral guess." if shown.learned else ""
    lead = f"Believed, {shown.source}.{little}"
    return f'<p class="lead">{html.text(lead)}</p><div class="card facts"><dl style="row-gap:12px">{rows}</dl></div>'


def _doubts(issues: Sequence[Issue]) -> str:
    order = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
    rows = "".join(
        f"<dt>{html.text(one.code)}</dt><dd>{html.text(one.where)}{html.text(': ' + one.value if one.value else '')}<br>"
        f'<span class="note">{html.text(one.advice)}</span></dd>'
        for one in sorted(issues, key=lambda one: order[one.severity])
    )
    return f'<div class="card facts"><dl style="row-gap:12px">{rows}</dl></div>' if rows else ""


def _footer(shown: PromisePage) -> str:
    many = f"{shown.answer.futures:,.0f} of {plural(shown.futures, one='future')} of {plural(shown.weeks, one='week')}"
    return (
        f"<footer><h2>How this was computed</h2><p>By Troth {html.text(shown.version)}: sampled futures of deals, estimates, clients, people and work that "
        f"comes by itself are lived through, and the project is placed into each. The probabilities rest on {html.text(many)} (those in which it is won, by "
        f"their weight) and are good to about {0.5 / max(shown.answer.futures, 1.0) ** 0.5:.0%}; seed {shown.seed}. An earlier promise gives an earlier place in the line; a "
        "client's own delay moves a promise and does not break it.</p>"
        "<p>This page holds all it needs and asks nothing of any network.</p></footer>"
    )


def _short(moment: date) -> str:
    return f"{moment.day} {moment:%b %Y}"


def _percent(share: float) -> str:
    """Return a probability that no line is broken in."""
    return f"{share:.0%}"


def _upper(words: str) -> str:
    return words[:1].upper() + words[1:]


def _risk(cents: float, currency: str) -> str:
    """Return money at risk in whole units; nothing of less than half of one."""
    units = cents / 10 ** minor_digits(currency)
    return f"{units:,.0f}" if units >= 0.5 else ""
