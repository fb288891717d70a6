"""Tours on a map without a background: lines, homes, depots, visits in order, visits left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import cos, radians
from typing import Any, Final

from troth.charts.draw import plotly_text
from troth.charts.numbers import nice_step
from troth.charts.template import template
from troth.charts.tokens import LIGHT, PALETTE
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.field.routing._names import known
from troth.field.routing._reading import Frame
from troth.field.routing.problem import RoutingProblem
from troth.field.routing.rules import ROUTING_RULES, breaches
from troth.field.routing.tours import StopKind, Tour
from troth.field.routing.ways import tour_places

_HEIGHT: Final = 560
#: Kilometres of a degree of latitude.
_DEGREE_KM: Final = 111.195
#: Up to so many visits have their number in them; up to so many tours are named in a legend.
_NUMBERED, _NAMED = 90, 8
_DASHES: Final = ("solid", "6px,3px", "2px,3px")


def route_map(problem: RoutingProblem, *, tours: Sequence[Tour]) -> Any:
    """Return the tours on a map as a `plotly.graph_objects.Figure`: true to scale, north up, without a background.

    Lines are straight from stop to stop, as roads are not known. Visits are dots in the colour of their tour, numbered in order if there are
    few, in a square where a rule or a promise is broken; rings with a cross are visits left out.

    Raises
    ------
    InputError : places have no coordinates.
    """
    import plotly.graph_objects as go

    if len(problem.places) < len(problem.seconds) or not problem.places:
        advice = "Maybe add places with lat and lon to the problem: a matrix alone has none."
        raise InputError([Issue("no-coordinates", Severity.ERROR, "places", f"{len(problem.places)}", advice)])
    ground = _Ground(problem, tours)
    figure = go.Figure(layout={"template": template(), "height": _HEIGHT})
    for k, tour in enumerate(tours):
        ground.line(figure, tour, k)
    ground.visits(figure)
    ground.others(figure)
    ground.scale(figure)
    plain = {"showgrid": False, "showline": False, "showticklabels": False, "zeroline": False}
    figure.update_layout(
        margin={"t": 30, "l": 8, "r": 8, "b": 28}, showlegend=True, hoverdistance=12,
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom", "font": {"size": 11}, "itemwidth": 30,
                "itemclick": False, "itemdoubleclick": False},
        xaxis=plain, yaxis={**plain, "scaleanchor": "x", "scaleratio": 1},
    )  # fmt: skip
    return figure


class _Ground:
    """Places as kilometres east and north of the middle, and what is drawn at them."""

    def __init__(self, problem: RoutingProblem, tours: Sequence[Tour]) -> None:
        self.problem, self.tours, self.known = problem, tours, known(problem)
        self.frame = Frame()
        self.frame.begins_at = problem.begins_at
        middle = sum(lat for _, lat, _ in problem.places) / len(problem.places)
        west = min(lon for *_, lon in problem.places)
        self.at = [
            (round((lon - west) * _DEGREE_KM * cos(radians(middle)), 3), round((lat - middle) * _DEGREE_KM, 3))
            for _, lat, lon in problem.places
        ]
        broken = {rule for rule, one in ROUTING_RULES.items() if one.hard} | {"routing.promise"}
        self.broken = {
            (one.technician_id, one.visit_id) for one in breaches(problem, tours=tours) if one.rule in broken
        }

    def colour(self, k: int) -> str:
        """Return the colour of a tour; beyond eight they come again, with other dashes."""
        return PALETTE[k % len(PALETTE)]

    def line(self, figure: Any, tour: Tour, k: int) -> None:
        """Draw the way of a tour."""
        spots = [self.at[place] for place in tour_places(self.problem, tour=tour)]
        who = self.known.technicians.get(tour.technician_id)
        several = who is not None and len(who.shifts) > 1
        name = f"{tour.technician_id}{f' {tour.shift + 1}' if several else ''}"
        figure.add_scatter(
            x=[x for x, _ in spots], y=[y for _, y in spots], mode="lines", hoverinfo="skip", name=plotly_text(name),
            line={"color": self.colour(k), "width": 2 if len(self.tours) <= 20 else 1.2, "dash": _DASHES[k // len(PALETTE) % len(_DASHES)]},
            opacity=0.9, showlegend=len(self.tours) <= _NAMED,
        )  # fmt: skip

    def visits(self, figure: Any) -> None:
        """Draw the visits of all tours in one trace, and squares around those with a broken rule."""
        x, y, colours, numbers, told, crossed = [], [], [], [], [], []
        for k, tour in enumerate(self.tours):
            names = [one for one in tour.stops if one.kind is StopKind.VISIT and one.name in self.known.visits]
            for number, stop in enumerate(names, start=1):
                spot = self.at[self.known.visits[stop.name].place]
                x.append(spot[0])
                y.append(spot[1])
                colours.append(self.colour(k))
                numbers.append(f"{number}")
                clock = f"{self.frame.instant(stop.starts_s):%H:%M} to {self.frame.instant(stop.ends_s):%H:%M}"
                bad = (tour.technician_id, stop.name) in self.broken
                told.append(
                    f"{plotly_text(stop.name)}<br>{plotly_text(tour.technician_id)}, {number}. {clock}{'<br>a rule or promise is broken' if bad else ''}"
                )
                if bad:
                    crossed.append(spot)
        few = len(x) <= _NUMBERED
        if x:
            figure.add_scatter(
                x=x, y=y, mode="markers+text" if few else "markers", showlegend=False, customdata=told,
                hovertemplate="%{customdata}<extra></extra>", marker={"size": 19 if few else 7, "color": LIGHT["card"] if few else colours,
                "line": {"color": colours if few else LIGHT["card"], "width": 2 if few else 0.5}},
                **({"text": numbers, "textfont": {"size": 10, "color": LIGHT["ink"]}, "textposition": "middle center"} if few else {}),
            )  # fmt: skip
        if crossed:
            figure.add_scatter(
                x=[a for a, _ in crossed], y=[b for _, b in crossed], mode="markers", hoverinfo="skip", name="late or broken",
                marker={"symbol": "square-open", "size": 26 if few else 11, "color": LIGHT["late"], "line": {"width": 2}},
            )  # fmt: skip

    def others(self, figure: Any) -> None:
        """Draw homes, depots, and visits left out."""
        made = {name for tour in self.tours for name in tour.visits()}
        homes: dict[tuple[float, float], list[str]] = defaultdict(list)
        for who in self.problem.technicians:
            for place in {
                place for shift in who.shifts for place in (shift.start_place, shift.end_place) if place is not None
            }:
                homes[self.at[place]].append(plotly_text(who.technician_id))
        depots: dict[tuple[float, float], list[str]] = defaultdict(list)
        for depot in self.problem.depots:
            depots[self.at[depot.place]].append(plotly_text(depot.depot_id))
        left: dict[tuple[float, float], list[str]] = defaultdict(list)
        for visit in self.problem.visits:
            if visit.visit_id not in made:
                left[self.at[visit.place]].append(plotly_text(visit.visit_id))
        for name, spots, look, word in (
            ("home", homes, {"symbol": "square", "size": 11 if len(homes) <= 12 else 7, "color": LIGHT["ink"], "line": {"color": LIGHT["card"], "width": 1}}, "home of"),
            ("depot", depots, {"symbol": "diamond-open", "size": 16, "color": LIGHT["ink"], "line": {"width": 2}}, "depot"),
            ("left out", left, {"symbol": "circle-x-open", "size": 13 if len(left) <= 20 else 9, "color": LIGHT["late"], "line": {"width": 2}}, "left out:"),
        ):  # fmt: skip
            if spots:
                figure.add_scatter(
                    x=[a for a, _ in spots], y=[b for _, b in spots], mode="markers", name=name, marker=look,
                    customdata=[f"{word} {', '.join(its[:6])}{' and others' if len(its) > 6 else ''}" for its in spots.values()],
                    hovertemplate="%{customdata}<extra></extra>",
                )  # fmt: skip

    def scale(self, figure: Any) -> None:
        """Draw a line that says how long a way is."""
        wide = max(x for x, _ in self.at) or 1.0
        low = min(y for _, y in self.at)
        high = max(y for _, y in self.at)
        step = nice_step(max(wide, high - low), parts=5)
        under = low - 0.06 * max(wide, high - low)
        figure.add_scatter(
            x=[0, step], y=[under, under], mode="lines", hoverinfo="skip", showlegend=False, line={"color": LIGHT["soft"], "width": 2}
        )  # fmt: skip
        figure.add_annotation(
            x=step, y=under, text=f"{step:g} km" if step >= 1 else f"{step * 1000:g} m", showarrow=False, xanchor="left", xshift=6,
            font={"size": 11, "color": LIGHT["soft"]},
        )  # fmt: skip
