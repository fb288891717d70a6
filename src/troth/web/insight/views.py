"""Pages of figures: the board, a figure opened to its rows, a case opened to its events, sheets of what is shown."""

from __future__ import annotations

from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from troth.web.common import words as say
from troth.web.common.plots import plot, plotting
from troth.web.insight import bridge, words
from troth.web.insight.asked import PERIODS, View, sites_for, view_of
from troth.web.insight.board import COLUMNS, Board, board
from troth.web.people.rights import may
from troth.web.people.sheets import to_csv, to_excel

#: Rows shown behind a figure.
_ROWS: Final = 25
_EXCEL: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def insight(request: HttpRequest) -> HttpResponse:
    """Show how it goes: figures of a period, compared by site or line, over time."""
    found, titles = _board(request)
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse(found.as_dict())
    told = {
        "board": found, "view": found.view, "now": timezone.now(), "zone": found.view.zone,
        "periods": [(period, PERIODS[period], found.view.address(period=period)) for period in PERIODS],
        "sites": _choices(found.view, "sites", titles), "lines": _lines(found),
        "splits": [(name, text, found.view.address(by=name)) for name, text in words.DIMENSIONS.items()],
        "course": _course(found), "plotting": plotting(), "here": found.view.address(),
        "reports": may(request.user, "runs"),
    }  # fmt: skip
    return render(request, "insight/board.html", told)


def sheet(request: HttpRequest, form: str) -> HttpResponse:
    """Give exactly what the board shows as a sheet."""
    if form not in {"csv", "xlsx"}:
        raise Http404
    found, _titles = _board(request)
    name = f"troth-{found.view.period}-{found.at.astimezone(found.view.zone):%Y-%m-%d-%H%M}"
    if form == "csv":
        answer = HttpResponse(to_csv(COLUMNS, rows=found.rows()), content_type="text/csv; charset=utf-8")
    else:
        answer = HttpResponse(to_excel(COLUMNS, rows=found.rows(), title=_("Figures")), content_type=_EXCEL)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return answer


def explain(request: HttpRequest, kpi: str) -> HttpResponse:
    """Open a figure: what it counts, and the rows behind it, the worst first."""
    declared = bridge.kpi(kpi)
    if declared is None or declared.id not in words.TITLES:
        raise Http404
    view, now = view_of(request.user, request.GET), timezone.now()
    asked = view.ask((kpi,), now=now)
    (answer,) = bridge.figures([asked])
    behind = bridge.behind(asked, limit=_ROWS) if answer.figures else None
    unit = str(declared.unit)
    rows = [
        {
            "case": row.get("contact_id") or row.get("case_id") or row.get("customer_id") or "",
            "where": row.get("queue") or row.get("site") or "",
            "at": row["at"],
            "value": words.value(row["value"], unit=unit) if unit == "s" else say.figure(row["value"], digits=2),
            "exact": words.exact(row["value"], unit=unit),
        }
        for row in (behind.rows if behind else ())
    ]
    told = {
        "kpi": declared, "title": words.TITLES[declared.id][0], "question": words.TITLES[declared.id][1],
        "figure": answer.figures[0] if answer.figures else None, "rows": rows, "count": behind.count if behind else 0,
        "value": words.value(answer.figures[0].value, unit=unit) if answer.figures else say.TO,
        "exact": words.exact(answer.figures[0].value, unit=unit) if answer.figures else "",
        "view": view, "zone": view.zone, "now": now, "at": answer.at, "here": view.address(),
    }  # fmt: skip
    return render(request, "insight/explain.html", told)


def case(request: HttpRequest, kpi: str, case: str) -> HttpResponse:
    """Open one case or contact of a figure to its events."""
    declared = bridge.kpi(kpi)
    view = view_of(request.user, request.GET)
    readable = declared is not None and case.isprintable()
    found = bridge.explain(kpi, case=case, time_zone=str(view.zone)) if readable else None
    if declared is None or found is None or not view.sees(bridge.sites_of(found)):
        raise Http404
    unit = str(declared.unit)
    told = {
        "kpi": declared, "found": found, "view": view, "zone": view.zone, "now": timezone.now(),
        "title": words.TITLES.get(declared.id, (declared.title, ""))[0], "value": words.value(found.value, unit=unit),
        "exact": words.exact(found.value, unit=unit), "here": view.address(),
        "segments": [one for row in found.rows for one in row.segments],
    }  # fmt: skip
    return render(request, "insight/case.html", told)


def _board(request: HttpRequest) -> tuple[Board, dict[str, str]]:
    view = view_of(request.user, request.GET)
    titles = {unit.code: unit.title for unit in sites_for(request.user)}
    return board(view, titles=titles, now=timezone.now()), titles


def _choices(view: View, name: str, titles: dict[str, str]) -> list[tuple[str, str, bool]]:
    """Return chips that add a member to the filter or take it out: title, address, whether it is in."""
    chosen = set(getattr(view, name))
    return [
        (title, view.address(**{name: tuple(sorted(chosen ^ {code}))}), code in chosen)
        for code, title in sorted(titles.items(), key=lambda one: one[1])
    ]


def _lines(found: Board) -> list[tuple[str, str, bool]]:
    """Return chips of the lines filtered by, and of those in the comparison."""
    shown = {member.code for member in found.members if member.code} if found.view.by == "queue" else set()
    return _choices(found.view, "queues", {code: code for code in shown | set(found.view.queues)})


def _course(found: Board) -> Any:
    """Return the drawing of the first figure over time; None where there is too little to draw."""
    known = [one for one in found.course if one.n]
    if len(known) < 2:
        return None
    title = found.figures[0].title
    figure = bridge.course(
        [one.start[:19] for one in found.course],
        values=[one.value for one in found.course],
        unit="s",
        hover=[
            f"{one.start[:16].replace('T', ' ')}\n{words.value(one.value, unit='s')}, n {one.n}" for one in found.course
        ],
        firm=[one.mature for one in found.course],
    )
    last = words.value(known[-1].value, unit="s")
    summary = _("%(title)s over time, %(count)s points; the last is %(last)s.") % {
        "title": title, "count": len(known), "last": last,
    }  # fmt: skip
    return plot(figure, summary=summary, swaps=bridge.swaps())
