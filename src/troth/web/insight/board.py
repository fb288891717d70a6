"""The page of figures as one record, for HTML, JSON and sheets alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from troth.core.time import Step
from troth.web.insight import bridge, words
from troth.web.insight.asked import Period, View
from troth.web.insight.bridge import Figure

#: The figures in the order in which they are read; the first answers the page's question.
KPIS: Final = tuple(words.TITLES)
#: Columns of the comparison.
_COMPARED: Final = ("flow.volume", "speed.answer", "flow.abandonment", "promise.kept", "speed.handle")
#: Columns of a sheet, from the figure's published form.
COLUMNS: Final = (
    "id", "variant", "by", "from", "to", "value", "unit", "n", "low", "high", "p50", "p90", "p95", "max", "previous",
    "mature", "approximate", "reason",
)  # fmt: skip
#: Figures by day are told for periods of at least so many days.
_MANY: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure in words, with the way into it."""

    figure: Figure
    title: str
    question: str
    value: str
    exact: str
    interval: str
    p90: str
    n: int
    approximate: bool
    mature: bool

    @classmethod
    def of(cls, figure: Figure) -> Shown:
        """Return a figure in the reader's words."""
        title, question = words.TITLES.get(figure.id, (figure.id, ""))
        unit = str(figure.unit)
        return cls(
            figure=figure, title=str(title), question=str(question), value=words.value(figure.value, unit=unit),
            exact=words.exact(figure.value, unit=unit), interval=words.interval(figure.low, figure.high, unit=unit),
            p90=words.value(figure.p90, unit=unit) if figure.p90 is not None else "", n=figure.n,
            approximate=figure.approximate, mature=figure.mature,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Member:
    """One line of the comparison."""

    code: str
    title: str
    cells: tuple[Shown | None, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """Figures of a period: each, compared by a dimension, over time; and as of when."""

    view: View
    at: datetime
    figures: tuple[Shown, ...]
    heads: tuple[str, ...]
    members: tuple[Member, ...]
    course: tuple[Figure, ...]
    titles: Mapping[str, str]
    renewing: bool

    @property
    def answer(self) -> Shown | None:
        """The first figure."""
        return self.figures[0] if self.figures else None

    @property
    def empty(self) -> bool:
        """Whether nothing happened."""
        return not any(one.n for one in self.figures)

    def as_dict(self) -> dict[str, Any]:
        """Return the page as plain data."""
        return {
            "at": self.at.astimezone(UTC).isoformat(),
            "kpis": [one.figure.as_dict() for one in self.figures],
            "by": [cell.figure.as_dict() for member in self.members for cell in member.cells if cell],
        }

    def rows(self) -> list[list[str]]:
        """Return the figures as rows of a sheet, with all digits."""
        told = self.as_dict()
        return [[_cell(one[column]) for column in COLUMNS] for one in [*told["kpis"], *told["by"]]]


def board(view: View, *, titles: dict[str, str], now: datetime, wait_s: float, stale: bool = True) -> Board:
    """Return the page of figures.

    Parameters
    ----------
    view : what is looked at, by whom.
    titles : names of sites by code.
    now : the present.
    wait_s, stale : see `bridge.figures`.

    Raises
    ------
    NotYetError : the figures are not there yet.
    """
    whole = view.ask(KPIS, now=now)
    split = view.ask(_COMPARED, now=now, by=(view.by,))
    start, end = view.span(now)
    step = Step.DAY if end - start >= _MANY else Step.HOUR if view.period is Period.TODAY else Step.QUARTER_HOUR
    course = view.ask(("speed.answer",), now=now, every=step)
    found = bridge.figures([whole, split, course], wait_s=wait_s, stale=stale)
    first, second, third = found.figures
    names = {**found.titles, **titles}
    return Board(
        view=view,
        at=found.at,
        figures=tuple(Shown.of(figure) for figure in first),
        heads=tuple(str(words.TITLES[name][0]) for name in _COMPARED),
        members=tuple(_members(second, by=view.by, titles=names)),
        course=third,
        titles=names,
        renewing=found.renewing,
    )


def _members(figures: Sequence[Figure], *, by: str, titles: dict[str, str]) -> list[Member]:
    rows: dict[Any, dict[str, Shown]] = {}
    for figure in figures:
        if figure.n:
            rows.setdefault(figure.by.get(by), {})[figure.id] = Shown.of(figure)
    members = [
        Member(
            "" if code is None else str(code), _title(code, by, titles), tuple(cells.get(name) for name in _COMPARED)
        )
        for code, cells in rows.items()
    ]
    return sorted(
        members, key=lambda one: (one.code == "", one.code.zfill(2) if by in {"hour", "weekday"} else one.title)
    )


def _title(code: Any, by: str, titles: dict[str, str]) -> str:
    if code is None:
        return _("not said")
    if by == "hour":
        return f"{int(code):02d}:00"
    if by == "weekday":
        return date_format(datetime(2024, 1, 1 + int(code), tzinfo=UTC), "l")
    return titles.get(str(code), str(code))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return ", ".join(f"{name}={member}" for name, member in value.items())
    return str(value)
