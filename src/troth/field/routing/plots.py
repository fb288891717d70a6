"""Pictures of tours: a line a technician over time, and a map on bare coordinates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final

from troth.charts.draw import plotly_text
from troth.charts.numbers import day as day_words
from troth.charts.numbers import duration
from troth.charts.template import template
from troth.charts.tokens import LIGHT, PALETTE
from troth.field.routing._map import route_map
from troth.field.routing._names import known
from troth.field.routing._reading import Frame
from troth.field.routing.breach import RouteBreach
from troth.field.routing.problem import RoutingProblem
from troth.field.routing.rules import ROUTING_RULES, breaches
from troth.field.routing.tours import PlannedStop, StopKind, Tour
from troth.field.routing.ways import place_of, travelled

__all__ = ["gantt", "route_map"]

#: Pixels of a line if there are few and if there are many, and around; how many are many; visits with numbers in their bars.
_ROW, _NARROW, _MANY, _AROUND, _NUMBERED = 36, 20, 24, 100, 90
_NAME: Final = 16
_LEFT_OUT: Final = "left out"
_OPEN: Final = {"color": LIGHT["card"], "line": {"color": LIGHT["soft"], "width": 1}}
#: Looks of bars, in the order in which they are drawn: thickness and marker.
_LOOKS: Final[dict[str, tuple[float, dict[str, Any]]]] = {
    "shift": (0.94, {"color": LIGHT["faint"], "line": {"width": 0}}),
    "travel": (0.16, {"color": LIGHT["soft"], "line": {"width": 0}}),
    "waiting": (0.34, _OPEN),
    "break": (0.5, {"color": LIGHT["hair"], "line": {"width": 0}, "pattern": {"shape": "/", "fgcolor": LIGHT["soft"], "size": 5, "solidity": 0.2}}),
    "depot": (0.5, {"color": PALETTE[1], "line": {"width": 0}}),
    "work": (0.5, {"color": LIGHT["accent"], "line": {"width": 0}}),
    "rule broken": (0.5, {"color": LIGHT["late-wash"], "line": {"color": LIGHT["late"], "width": 1.5},
                                "pattern": {"shape": "x", "fgcolor": LIGHT["late"], "size": 6, "solidity": 0.25}}),
}  # fmt: skip


def gantt(problem: RoutingProblem, *, tours: Sequence[Tour]) -> Any:
    """Return the tours on a time axis as a `plotly.graph_objects.Figure`: a line a technician.

    Thick bars are work, numbered in order if there are few; thin ones travel, hollow ones waiting, hatched ones breaks. Lines below the bars
    are promised windows, dashed where the promise is broken. Crosses mark broken hard rules: at the stop, or where the tour ends.
    Visits left out stand in the last line, at the time they were to begin.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> import numpy as np
    >>> from troth.field.routing import FieldTechnician, RoutingProblem, TechnicianShift
    >>> ada = FieldTechnician("ada", (TechnicianShift(0, 3600, 0, 0),))
    >>> empty = RoutingProblem(datetime(2026, 6, 1, 8, tzinfo=UTC), (), (ada,), np.zeros((1, 1)))
    >>> gantt(empty, tours=()).data[0].name
    'shift'
    """
    import plotly.graph_objects as go

    sheet = _Sheet(problem, tours)
    rows = len(sheet.names)
    height = rows * (_NARROW if rows > _MANY else _ROW) + _AROUND
    figure = go.Figure(layout={"template": template(), "height": height})
    bars = defaultdict[str, list[tuple[float, float, int, str, str]]](list)
    for name, start, end, row, told, number in sheet.bars():
        bars[name].append((start, end, row, told, number))
    for name, (width, look) in _LOOKS.items():
        if name == "travel":
            sheet.promises(figure)
        if bars[name]:
            sheet.draw(figure, name, width, look, bars[name])
    sheet.marks(figure)
    size = 10 if rows > _MANY else 12
    figure.update_layout(
        barmode="overlay", uniformtext={"mode": "hide", "minsize": 8}, margin={"t": 30, "l": 8, "r": 12, "b": 24}, showlegend=True,
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom", "font": {"size": 11}, "itemclick": False,
                "itemdoubleclick": False, "itemwidth": 30},
        xaxis={"type": "date", "nticks": 6, "tickangle": 0, "showgrid": True, "gridcolor": LIGHT["hair"], "tickfont": {"size": 11},
               "tickformatstops": [{"dtickrange": [None, 43_200_000], "value": "%H:%M\n%-d %b"}, {"dtickrange": [43_200_000, None], "value": "%-d %b"}]},
        yaxis={"tickvals": list(range(rows)), "ticktext": [plotly_text(_short(one)) for one in sheet.names], "tickfont": {"size": size},
               "range": [rows - 0.4, -0.6], "showgrid": False},
    )  # fmt: skip
    return figure


def _short(name: str) -> str:
    return name if len(name) <= _NAME else name[: _NAME - 1] + "…"


class _Sheet:
    """What is drawn of tours: rows, bars, marks."""

    def __init__(self, problem: RoutingProblem, tours: Sequence[Tour]) -> None:
        self.problem, self.tours, self.known = problem, tours, known(problem)
        self.frame = Frame()
        self.frame.begins_at = problem.begins_at
        made = {name for tour in tours for name in tour.visits()}
        self.left = [one for one in problem.visits if one.visit_id not in made]
        people = [one.technician_id for one in problem.technicians if one.shifts]
        strange = [tour.technician_id for tour in tours if tour.technician_id not in self.known.technicians]
        self.names = list(dict.fromkeys([*people, *strange])) + ([_LEFT_OUT] if self.left else [])
        self.row = {name: k for k, name in enumerate(self.names)}
        self.found = breaches(problem, tours=tours)
        self.hard = [one for one in self.found if ROUTING_RULES[one.rule].hard]
        self.late = {one.visit_id for one in self.found if one.rule == "routing.promise"}
        self.at_stop = defaultdict[tuple[str, str], list[RouteBreach]](list)
        for one in self.found:
            if one.visit_id and (ROUTING_RULES[one.rule].hard or one.rule == "routing.promise"):
                self.at_stop[one.technician_id, one.visit_id].append(one)

    def wall(self, second: float) -> str:
        """Return an instant as its wall clock shows it; Plotly knows no time zones."""
        return self.frame.instant(second).replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")

    def clock(self, second: float) -> str:
        """Return the time of day of an instant."""
        return f"{self.frame.instant(second):%H:%M}"

    def bars(self) -> Iterator[tuple[str, float, float, int, str, str]]:
        """Yield look, start, end, row, words for the hover and the number in the bar."""
        used = {(tour.technician_id, tour.shift) for tour in self.tours}
        first = min((tour.leaves_s for tour in self.tours), default=None)
        for who in self.problem.technicians:
            for k, shift in enumerate(who.shifts):
                start, end = shift.start_s, shift.end_s
                if end - start > 30 * 86_400:  # no real shift: what is used of it
                    its = [tour for tour in self.tours if (tour.technician_id, tour.shift) == (who.technician_id, k)]
                    start, end = (its[0].leaves_s, its[0].returns_s) if its else (first or start, first or start)
                told = f"{plotly_text(who.technician_id)}, {day_words(self.frame.instant(start))}: shift {self.clock(start)} to {self.clock(end)}"
                yield (
                    "shift",
                    start,
                    end,
                    self.row[who.technician_id],
                    told if (who.technician_id, k) in used else f"{told}, no visits",
                    "",
                )
        for tour in self.tours:
            yield from self._tour(tour)

    def _tour(self, tour: Tour) -> Iterator[tuple[str, float, float, int, str, str]]:
        row, before, number = self.row[tour.technician_id], tour.leaves_s, 0
        drives = travelled(self.problem, tour=tour)
        for one, drive in zip(tour.stops, drives, strict=False):
            if one.kind is not StopKind.REST:
                yield from self._way(row, before, one.arrives_s, drive, one.name)
                if one.starts_s - one.arrives_s >= 60:
                    yield (
                        "waiting",
                        one.arrives_s,
                        one.starts_s,
                        row,
                        f"waiting {duration(one.starts_s - one.arrives_s)}",
                        "",
                    )
            number += one.kind is StopKind.VISIT
            before = one.ends_s
            look = {StopKind.REST: "break", StopKind.DEPOT: "depot", StopKind.VISIT: "work"}[one.kind]
            if any(ROUTING_RULES[b.rule].hard for b in self.at_stop[tour.technician_id, one.name]):
                look = "rule broken"
            yield (
                look,
                one.starts_s,
                one.ends_s,
                row,
                self.told(tour, one, number, drive),
                f"{number}" if one.kind is StopKind.VISIT else "",
            )
        yield from self._way(row, before, tour.returns_s, drives[-1], "the end")

    def _way(
        self, row: int, leaves: float, arrives: float, drive: float | None, name: str
    ) -> Iterator[tuple[str, float, float, int, str, str]]:
        """Yield the way to a stop, as if it were driven just before arriving."""
        took = min(drive or 0.0, arrives - leaves)
        if took > 0:
            yield "travel", arrives - took, arrives, row, f"{duration(took)} to {plotly_text(name)}", ""

    def told(self, tour: Tour, one: PlannedStop, number: int, drive: float | None) -> str:
        """Return what a hover says of a stop."""
        span = f"{self.clock(one.starts_s)} to {self.clock(one.ends_s)}"
        if one.kind is StopKind.REST:
            return f"{plotly_text(tour.technician_id)}: break {span}"
        lines = [
            f"{f'{number}. ' if one.kind is StopKind.VISIT else ''}{plotly_text(one.name)}, {span}",
            plotly_text(tour.technician_id),
        ]
        place = place_of(self.problem, stop=one)
        if (
            place is not None
            and place < len(self.problem.places)
            and self.problem.places[place][0] not in ("", one.name)
        ):
            lines[1] += f" at {plotly_text(self.problem.places[place][0])}"
        if drive:
            lines.append(
                f"{duration(drive)} on the way"
                + (f", {duration(w)} waiting" if (w := one.starts_s - one.arrives_s) >= 60 else "")
            )
        visit = self.known.visits.get(one.name) if one.kind is StopKind.VISIT else None
        if visit is not None and visit.promised is not None:
            lines.append(f"promised {self.clock(visit.promised.start_s)} to {self.clock(visit.promised.end_s)}")
        lines += [_sentence(b) for b in self.at_stop[tour.technician_id, one.name]]
        return "<br>".join(lines)

    def draw(
        self,
        figure: Any,
        name: str,
        width: float,
        look: dict[str, Any],
        bars: Sequence[tuple[float, float, int, str, str]],
    ) -> None:
        """Draw the bars of one look."""
        numbered = name in ("work", "rule broken") and len(self.problem.visits) <= _NUMBERED
        figure.add_bar(
            x=[round((end - start) * 1000) for start, end, *_ in bars], base=[self.wall(start) for start, *_ in bars],
            y=[row for _, _, row, _, _ in bars], orientation="h", width=width, name=name, marker=look, customdata=[told for *_, told, _ in bars],
            hovertemplate="%{customdata}<extra></extra>", legendrank=10 + list(_LOOKS).index(name), showlegend=name != "shift",
            **({"text": [number for *_, number in bars], "textposition": "inside", "insidetextanchor": "middle", "textangle": 0,
                "textfont": {"size": 10, "color": LIGHT["ink"] if "broken" in name else LIGHT["card"]}, "constraintext": "inside"} if numbered else {}),
        )  # fmt: skip

    def promises(self, figure: Any) -> None:
        """Draw the promised windows below the bars, those of neighbours a little apart."""
        lines: dict[bool, list[tuple[float, float, float]]] = {False: [], True: []}
        for tour in self.tours:
            its = [self.known.visits[name] for name in tour.visits() if name in self.known.visits]
            for k, one in enumerate(one for one in its if one.promised is not None):
                if one.promised is not None:
                    y = self.row[tour.technician_id] + (0.34 if k % 2 else 0.42)
                    lines[one.visit_id in self.late].append((one.promised.start_s, one.promised.end_s, y))
        for one in self.left:
            if one.promised is not None:
                lines[True].append((one.promised.start_s, one.promised.end_s, self.row[_LEFT_OUT] + 0.42))
        for late, rows in lines.items():
            if rows:
                figure.add_scatter(
                    x=[at for a, b, _ in rows for at in (self.wall(a), self.wall(b), None)],
                    y=[at for *_, y in rows for at in (y, y, None)], mode="lines", hoverinfo="skip",
                    name="late" if late else "promised",
                    line={"color": LIGHT["late" if late else "accent"], "width": 2, **({"dash": "5px,3px"} if late else {})}, legendrank=30 + late,
                )  # fmt: skip

    def marks(self, figure: Any) -> None:
        """Mark broken rules where they are broken, and visits left out."""
        starts = {(tour.technician_id, one.name): one.starts_s for tour in self.tours for one in tour.stops}
        ends = {(tour.technician_id, tour.shift): tour.returns_s for tour in self.tours}
        dots: dict[tuple[str, float], list[str]] = defaultdict(list)
        for one in self.hard:
            end = ends.get((one.technician_id, one.shift))
            at = starts.get((one.technician_id, one.visit_id), end) if one.visit_id else end
            if at is not None and one.technician_id in self.row:
                dots[one.technician_id, at].append(_sentence(one))
        left: dict[tuple[str, float], list[str]] = defaultdict(list)
        for visit in self.left:
            left[_LEFT_OUT, self._wanted(visit.visit_id)].append(f"{plotly_text(visit.visit_id)}: left out")
        for name, symbol, its in (("rule broken", "x", dots), (_LEFT_OUT, "circle-x-open", left)):
            if its:
                figure.add_scatter(
                    x=[self.wall(at) for _, at in its], y=[self.row[who] for who, _ in its], mode="markers", name=name, legendrank=40,
                    showlegend=not any(one.name == name for one in figure.data),
                    marker={"symbol": symbol, "color": LIGHT["late"], "size": 9, "line": {"width": 1.5 if symbol != "x" else 1,
                            "color": LIGHT["late"] if symbol != "x" else LIGHT["card"]}},
                    customdata=["<br>".join(words[:6]) for words in its.values()], hovertemplate="%{customdata}<extra></extra>",
                )  # fmt: skip

    def _wanted(self, visit_id: str) -> float:
        """Return when a visit left out was to begin."""
        visit = self.known.visits[visit_id]
        spans = [one for one in (visit.promised, visit.soft, *visit.windows) if one is not None]
        starts = [shift.start_s for who in self.problem.technicians for shift in who.shifts]
        return max(spans[0].start_s if spans else 0.0, min(starts, default=0.0))


def _sentence(one: RouteBreach) -> str:
    """Return a breach in words, with its size."""
    sentence = ROUTING_RULES[one.rule].sentence.removesuffix(".")
    timed = one.rule.removeprefix("routing.") in {
        "window",
        "promise-early",
        "promise",
        "travel",
        "service",
        "shift",
        "order",
        "max-travel",
        "longest-leg",
        "vehicle",
    }
    size = duration(one.amount) if timed and one.amount > 1 else f"{one.amount:g}"
    return plotly_text(f"Broken: {sentence} ({', '.join(part for part in (one.what, size) if part)})")
