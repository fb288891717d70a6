"""The picture of a schedule: a line a person over time."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

from troth.capacity.projects.schedule.problem import ScheduleProblem
from troth.capacity.projects.schedule.rules import SCHEDULE_RULES, Scheduled, ScheduleViolation, hard, violations
from troth.charts.draw import plotly_text
from troth.charts.template import template
from troth.charts.tokens import LIGHT, member_colours

#: Pixels of a line if there are few and if there are many, and around; how many are many; longest name at a line.
_ROW, _NARROW, _MANY, _AROUND, _NAME = 34, 20, 24, 110, 18
_NOBODY: Final = "nobody needed"
_AWAY: Final = {
    "color": LIGHT["hair"], "line": {"width": 0}, "pattern": {"shape": "/", "fgcolor": LIGHT["soft"], "size": 5, "solidity": 0.2},
}  # fmt: skip


def gantt(problem: ScheduleProblem, *, plan: Scheduled) -> Any:
    """Return who is at which activity when as a `plotly.graph_objects.Figure`: a line a person.

    Colours are skills; the name of the activity stands in its bars. Hatched is away. What needs nobody has a line of its
    own, milestones as diamonds. A dashed line is where all has ended; crosses mark broken rules, in words on hover.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from troth.capacity.projects.schedule import ProjectActivity, ScheduleProblem, SkillAssignment, SkilledWorker
    >>> problem = ScheduleProblem((ProjectActivity("a", 2, {"survey": 1}),), (SkilledWorker("ada", frozenset({"survey"})),))
    >>> made = SimpleNamespace(starts={"a": 0}, work=(SkillAssignment("a", "ada", "survey"),))
    >>> [one.name for one in gantt(problem, plan=made).data]
    ['survey']
    """
    import plotly.graph_objects as go

    sheet = _Sheet(problem, plan)
    count = max(1, len(sheet.names))
    figure = go.Figure(
        layout={"template": template(), "height": count * (_NARROW if count > _MANY else _ROW) + _AROUND}
    )
    sheet.away(figure)
    sheet.bars(figure)
    sheet.unstaffed(figure)
    sheet.marks(figure)
    last = max(sheet.ends.values(), default=0)
    if sheet.ends:
        figure.add_shape(
            type="line",
            x0=last,
            x1=last,
            yref="paper",
            y0=0,
            y1=1,
            line={"color": LIGHT["ink"], "width": 1, "dash": "2px,3px"},
        )
        figure.add_annotation(
            x=last, yref="paper", y=1, text=f"all done after {last:,} {plotly_text(problem.period)}{'s' * (last != 1)}",
            showarrow=False, xanchor="right", yanchor="bottom", font={"size": 11, "color": LIGHT["ink"]},
        )  # fmt: skip
    figure.update_layout(
        barmode="overlay", bargap=0, margin={"t": 34, "l": 8, "r": 12, "b": 64}, showlegend=True,
        uniformtext={"mode": "hide", "minsize": 8},
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 0, "yref": "container", "yanchor": "bottom", "font": {"size": 11},
                "itemclick": False, "itemdoubleclick": False},
        xaxis={"range": [-0.012 * max(1, last), 1.03 * max(1, last)], "showgrid": True, "gridcolor": LIGHT["hair"], "nticks": 8, "tickangle": 0, "tickformat": ",d",
               "title": {"text": plotly_text(problem.period), "font": {"size": 11, "color": LIGHT["soft"]}, "standoff": 4}},
        yaxis={"tickvals": list(range(count)), "ticktext": [plotly_text(_short(one)) for one in sheet.names],
               "tickfont": {"size": 10 if count > _MANY else 12}, "range": [count - 0.4, -0.6], "showgrid": False},
    )  # fmt: skip
    return figure


def _short(name: str) -> str:
    return name if len(name) <= _NAME else name[: _NAME - 1] + "…"


class _Sheet:
    """What is drawn of a schedule: lines, bars, marks."""

    def __init__(self, problem: ScheduleProblem, plan: Scheduled) -> None:
        self.problem, self.plan = problem, plan
        self.activities = {one.activity_id: one for one in problem.activities}
        self.starts = {name: at for name, at in plan.starts.items() if name in self.activities}
        self.ends = {name: at + self.activities[name].duration for name, at in self.starts.items()}
        strange = [one.worker_id for one in plan.work if one.worker_id not in {w.worker_id for w in problem.workers}]
        self.names = list(dict.fromkeys([*(one.worker_id for one in problem.workers), *strange]))
        #: What has no line of a person: milestones, and what needs nobody.
        self.alone = [name for name in self.starts if not any(self.activities[name].needs.values())]
        if self.alone:
            self.names.append(_NOBODY)
        self.row = {name: k for k, name in enumerate(self.names)}

    def told(self, name: str) -> str:
        """Return what a hover says of an activity."""
        period = plotly_text(self.problem.period)
        return f"{plotly_text(name)}: {period} {self.starts[name]:,} to {self.ends[name]:,}"

    def away(self, figure: Any) -> None:
        """Draw absences up to the end of the plan, behind the work."""
        last = max(self.ends.values(), default=0)
        spans = [
            (one.worker_id, max(0, a), min(b, max(last, a + 1)))
            for one in self.problem.workers
            for a, b in one.away
            if b > 0 and a < max(1, last)
        ]
        if spans:
            self._bars(
                figure,
                [(w, a, b, f"{plotly_text(w)}: away {a:,} to {b:,}", "") for w, a, b in spans],
                "away",
                _AWAY,
                0.8,
            )

    def bars(self, figure: Any) -> None:
        """Draw the work, a colour a skill."""
        by_skill = defaultdict[str, list[tuple[str, int, int, str, str]]](list)
        for one in self.plan.work:
            if one.activity_id in self.starts:
                start, end = self.starts[one.activity_id], self.ends[one.activity_id]
                told = f"{self.told(one.activity_id)}<br>{plotly_text(one.worker_id)}: {plotly_text(one.skill)}"
                by_skill[one.skill].append((one.worker_id, start, end, told, plotly_text(one.activity_id)))
        colours = member_colours(sorted({*by_skill, *(k for a in self.problem.activities for k in a.needs)}))
        for skill in sorted(by_skill):
            look = {"color": colours[skill], "line": {"color": LIGHT["card"], "width": 1}}
            self._bars(figure, by_skill[skill], plotly_text(skill), look, 0.66)

    def unstaffed(self, figure: Any) -> None:
        """Draw what needs nobody."""
        look = {"color": LIGHT["card"], "line": {"color": LIGHT["soft"], "width": 1}}
        lasting = [
            (_NOBODY, self.starts[n], self.ends[n], self.told(n), plotly_text(n))
            for n in self.alone
            if self.ends[n] > self.starts[n]
        ]
        if lasting:
            self._bars(figure, lasting, _NOBODY, look, 0.5)
        points = [name for name in self.alone if self.ends[name] == self.starts[name]]
        if points:
            figure.add_scatter(
                x=[self.starts[name] for name in points], y=[self.row[_NOBODY]] * len(points), mode="markers", name="milestone",
                marker={"symbol": "diamond", "color": LIGHT["accent"], "size": 9}, customdata=[self.told(name) for name in points],
                hovertemplate="%{customdata}<extra></extra>", cliponaxis=False,
            )  # fmt: skip

    def _bars(
        self, figure: Any, bars: list[tuple[str, int, int, str, str]], name: str, look: dict[str, Any], width: float
    ) -> None:
        figure.add_bar(
            base=[start for _, start, *_ in bars], x=[end - start for _, start, end, *_ in bars],
            y=[self.row[who] for who, *_ in bars], orientation="h", width=width, name=name, marker=look,
            text=[shown for *_, shown in bars], textposition="inside", insidetextanchor="middle", textangle=0, constraintext="inside",
            textfont={"size": 10, "color": LIGHT["ink"]}, customdata=[told for *_, told, _ in bars],
            hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip

    def marks(self, figure: Any) -> None:
        """Mark broken rules where they are broken: at the person, else at everybody of the activity."""
        dots = defaultdict[tuple[str, int], list[str]](list)
        for one in hard(violations(self.problem, plan=self.plan)):
            at = self.starts.get(one.activity_id, 0)
            team = [w.worker_id for w in self.plan.work if w.activity_id == one.activity_id]
            for who in {one.worker_id} if one.worker_id else {*team} or {self.names[0]} if self.names else ():
                if who in self.row:
                    dots[who, at].append(_sentence(one))
        if dots:
            figure.add_scatter(
                x=[at for _, at in dots], y=[self.row[who] for who, _ in dots], mode="markers", name="rule broken",
                marker={"symbol": "x", "color": LIGHT["late"], "size": 10, "line": {"width": 1, "color": LIGHT["card"]}},
                customdata=["<br>".join(words[:6]) for words in dots.values()], hovertemplate="%{customdata}<extra></extra>",
                cliponaxis=False,
            )  # fmt: skip


def _sentence(one: ScheduleViolation) -> str:
    sentence = SCHEDULE_RULES[one.rule].sentence.removesuffix(".")
    return plotly_text(
        f"Broken: {sentence} ({', '.join(part for part in (one.activity_id, one.what, f'{one.amount:g}') if part)})"
    )
