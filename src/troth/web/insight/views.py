"""Pages of figures: the board, a figure opened to its rows, a case opened to its events, sheets of what is shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from troth.web.common import words as say
from troth.web.common.plots import plot, plotting
from troth.web.insight import bridge, pairs, words
from troth.web.insight.asked import PERIODS, View, sites_for, view_of
from troth.web.insight.board import COLUMNS, Board, board
from troth.web.insight.bridge import Delay, NotYetError
from troth.web.insight.habits import habits
from troth.web.people.models import Unit, User
from troth.web.people.rights import may
from troth.web.people.sheets import to_csv, to_excel
from troth.web.services.models import ServiceName

#: Rows shown behind a figure.
_ROWS: Final = 25
#: Seconds a page waits for its figures when it is opened, and when it asks for what was missing.
_OPENED_S: Final = 0.15
_PART_S: Final = 2.0
#: Seconds whoever takes figures along waits.
_ALL_S: Final = 30.0
#: Seconds after which a page without figures, and one with old ones, asks again.
_AGAIN_S: Final = {Delay.WORKING: 0.3, Delay.CROWDED: 5.0}
_RENEWED_S: Final = 2.0
_TITLES: Final = tuple(title for title, _question in words.TITLES.values())
_EXCEL: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def insight(request: HttpRequest) -> HttpResponse:
    """Show how it goes: figures of a period, compared by site or line, over time. The frame of the page never waits."""
    plain = "application/json" in request.headers.get("Accept", "")
    view, sites = view_of(request.user, request.GET), _sites(request)
    told = _frame(request, view, sites)
    try:
        found = board(
            view,
            titles=_services() | sites,
            now=told["now"],
            wait_s=_ALL_S if plain else _wait_s(request),
            stale=not plain,
        )
    except NotYetError as late:
        return _later(plain=True) if plain else _shown(request, "board", {**told, **_late(late), "titles": _TITLES})
    if plain:
        return JsonResponse(found.as_dict())
    told |= {
        "board": found,
        "lines": _lines(found),
        "course": _course(found),
        **_age(found.at, renewing=found.renewing),
    }
    return _shown(request, "board", told)


def _frame(request: HttpRequest, view: View, sites: dict[str, str]) -> dict[str, Any]:
    """Return what the page of figures shows before there are any."""
    return {
        "view": view, "now": timezone.now(), "zone": view.zone,
        "periods": [(period, PERIODS[period], view.address(period=period)) for period in PERIODS],
        "sites": _choices(view, "sites", sites),
        "splits": [(name, text, view.address(by=name)) for name, text in words.DIMENSIONS.items()],
        "plotting": plotting(), "here": view.address(), "reports": may(request.user, "runs"),
        "habits": may(request.user, "insight_habits"),
    }  # fmt: skip


def _wait_s(request: HttpRequest) -> float:
    """Return how long a page may wait: one that is opened shows itself at once, and then asks for what is missing."""
    return _PART_S if "X-Part" in request.headers else _OPENED_S


def _late(late: NotYetError) -> dict[str, Any]:
    """Return why there is nothing yet, and after how many seconds to ask again; None for not by itself."""
    return {"late": words.DELAYS[late.why], "again": _AGAIN_S.get(late.why)}


def _age(at: datetime, *, renewing: bool) -> dict[str, Any]:
    """Return how old an answer is where it is told, and after how many seconds there may be a fresher one."""
    if not renewing:
        return {}
    return {"age": max(1, round((timezone.now() - at).total_seconds())), "again": _RENEWED_S}


def _later(*, plain: bool = False) -> HttpResponse:
    """Say to whoever takes figures along that there are none now."""
    said = str(words.DELAYS[Delay.CROWDED])
    answer = JsonResponse({"detail": said}, status=503) if plain else HttpResponse(said, "text/plain", 503)
    answer.headers["Retry-After"] = str(round(_AGAIN_S[Delay.CROWDED]))
    return answer


def _shown(request: HttpRequest, name: str, told: dict[str, Any]) -> HttpResponse:
    return render(request, f"insight/{name}.html", told)


def sheet(request: HttpRequest, form: str) -> HttpResponse:
    """Give exactly what the board shows as a sheet."""
    if form not in {"csv", "xlsx"}:
        raise Http404
    view = view_of(request.user, request.GET)
    try:
        found = board(view, titles=_services() | _sites(request), now=timezone.now(), wait_s=_ALL_S, stale=False)
    except NotYetError:
        return _later()
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
    told: dict[str, Any] = {
        "kpi": declared, "title": words.TITLES[declared.id][0], "question": words.TITLES[declared.id][1],
        "counted": words.COUNTED[declared.id], "view": view, "zone": view.zone, "now": now, "here": view.address(),
    }  # fmt: skip
    try:
        more = bridge.partners(declared.name)
        beside = view.settled([declared.name, *more], now=now) if more else None
        answer = bridge.behind(view.ask((kpi,), now=now), limit=_ROWS, wait_s=_wait_s(request), beside=beside)
    except NotYetError as late:
        return _shown(request, "explain", {**told, **_late(late)})
    unit = str(declared.unit)
    figure = next((one for figures in answer.figures[:1] for one in figures), None)
    titles = {**answer.titles, **_sites(request)}
    rows = [
        {
            "case": row.get("contact_id") or row.get("case_id") or row.get("customer_id") or "",
            "where": titles.get(code := row.get("queue") or row.get("site") or "", code),
            "at": row["at"],
            "value": words.value(row["value"], unit=unit) if unit == "s" else say.figure(row["value"], digits=2),
            "exact": words.exact(row["value"], unit=unit),
        }
        for row in (answer.behind.rows if answer.behind else ())
    ]
    told |= {
        "figure": figure, "rows": rows, "count": answer.behind.count if answer.behind else 0, "at": answer.at,
        "value": words.value(figure.value, unit=unit) if figure else say.TO,
        "exact": words.exact(figure.value, unit=unit) if figure else "",
        "reason": words.reason(figure.reason) if figure else "", "pairs": _pairs(declared.name, answer),
        "pairs_to": beside.end - timedelta(days=1) if beside else None, **_age(answer.at, renewing=answer.renewing),
    }  # fmt: skip
    return _shown(request, "explain", told)


def _pairs(kpi: str, answer: bridge.Answer) -> list[dict[str, Any]]:
    """Return what is to be read beside a figure, in the reader's words; those first that moved apart from it."""
    found = []
    for one in bridge.beside(answer.figures[1] if len(answer.figures) > 1 else ()):
        if kpi not in (one.pair.first, one.pair.second):
            continue
        other, way = one.beside(kpi)
        name = one.pair.second if kpi == one.pair.first else one.pair.first
        mine, own = one.beside(name)
        unit = str(other.unit)
        found.append({
            "title": pairs.named(name), "value": words.value(other.value, unit=unit), "exact": words.exact(other.value, unit=unit),
            "before": words.value(other.previous, unit=unit) if other.previous is not None else "", "way": way,
            "own": own, "mine": words.value(mine.value, unit=str(mine.unit)),
            "mine_before": words.value(mine.previous, unit=str(mine.unit)) if mine.previous is not None else "", "traded": one.traded, "why": pairs.BOUGHT[one.pair.id],
            "address": other.id if other.id in words.TITLES and not other.variant else "",
        })  # fmt: skip
    return found


def ways(request: HttpRequest) -> HttpResponse:
    """Show what stands out in how the people somebody leads work: questions to ask, with cases to open."""
    view = view_of(request.user, QueryDict())
    told: dict[str, Any] = {"view": view, "zone": view.zone, "now": timezone.now()}
    try:
        told["found"] = habits(request.user, view, now=told["now"], wait_s=_wait_s(request))
    except NotYetError as late:
        told |= _late(late)
    return _shown(request, "habits", told)


def case(request: HttpRequest, kpi: str, case: str) -> HttpResponse:
    """Open one case or contact of a figure to its events."""
    declared = bridge.kpi(kpi)
    view = view_of(request.user, request.GET)
    readable = declared is not None and case.isprintable()
    told: dict[str, Any] = {
        "kpi": declared,
        "view": view,
        "zone": view.zone,
        "now": timezone.now(),
        "here": view.address(),
    }
    try:
        found = bridge.explain(kpi, case=case, time_zone=str(view.zone), wait_s=_wait_s(request)) if readable else None
    except NotYetError as late:
        title = words.TITLES.get(kpi, (declared.title if declared else "", ""))[0]
        return _shown(request, "case", {**told, **_late(late), "title": title})
    if declared is None or found is None or not view.sees(bridge.sites_of(found)):
        raise Http404
    unit = str(declared.unit)
    segments = [one for row in found.rows for one in row.segments]
    told |= {
        "found": found, "events": _events(request, found), "bars": _bars(segments), "segments": segments,
        "title": words.TITLES.get(declared.id, (pairs.PARTNERS.get(kpi, declared.title), ""))[0],
        "paged": declared.id in words.TITLES, "value": words.value(found.value, unit=unit),
        "exact": words.exact(found.value, unit=unit),
    }  # fmt: skip
    return _shown(request, "case", told)


def _events(request: HttpRequest, found: bridge.Explained) -> list[dict[str, Any]]:
    """Return the events of a case with people and teams by their names, and what the figure took from each."""
    codes = {event.who for event in found.events if event.who}
    people = {one.code: str(one) for one in User.objects.visible_to(request.user).filter(code__in=codes)}
    teams = {one.code: one.title for one in Unit.objects.visible_to(request.user).filter(code__in=codes)}
    names = {**teams, **people}
    return [
        {
            "at": event.occurred_at, "activity": event.activity, "step": event.step or "",
            "who": names.get(event.who or "", event.who or ""),
            "uses": [words.USES.get(use, use) for use in event.uses],
        }
        for event in found.events
    ]  # fmt: skip


def _bars(segments: Sequence[Any]) -> list[dict[str, Any]]:
    """Return where each stretch of a case's time lies on a line a thousand wide."""
    whole = sum(one.seconds for one in segments)
    bars: list[dict[str, Any]] = []
    x = 0.0
    for one in segments if whole else ():
        wide = 1000 * one.seconds / whole
        bars.append({"x": round(x, 1), "width": round(max(1.0, wide - 2), 1), "counted": one.counted})
        x += wide
    return bars


def _sites(request: HttpRequest) -> dict[str, str]:
    return {unit.code: unit.title for unit in sites_for(request.user)}


def _services() -> dict[str, str]:
    """Return what services are called in the reader's language, by code, where that is known."""
    named = ServiceName.objects.filter(language=get_language() or "")
    return dict(named.values_list("service__code", "title"))


def _choices(view: View, name: str, titles: dict[str, str]) -> list[tuple[str, str, bool]]:
    """Return chips that add a member to the filter or take it out: title, address, whether it is in."""
    chosen = set(getattr(view, name))
    return [
        (title, view.address(**{name: tuple(sorted(chosen ^ {code}))}), code in chosen)
        for code, title in sorted(titles.items(), key=lambda one: one[1])
    ]


def _lines(found: Board) -> list[tuple[str, str, bool]]:
    """Return chips of the lines filtered by, and of those in the comparison."""
    titles = found.titles
    shown = {member.code for member in found.members if member.code} if found.view.by == "queue" else set()
    return _choices(found.view, "queues", {code: titles.get(code, code) for code in shown | set(found.view.queues)})


def _mark(start: str, *, days: bool, zone: ZoneInfo) -> str:
    """Return what a point in time is called on an axis: its day, or its time of day."""
    at = datetime.fromisoformat(start).replace(tzinfo=zone)
    return say.day(at, zone=zone, short=True) if days else say.clock(at, zone=zone)


def _course(found: Board) -> Any:
    """Return the drawing of the first figure over time; None where there is too little to draw."""
    told = [k for k, one in enumerate(found.course) if one.n]
    known = [found.course[k] for k in told]
    if len(known) < 2:
        return None
    shown = found.course[told[0] : told[-1] + 1]
    days = len({one.start[:10] for one in shown}) > 1
    title = found.figures[0].title
    figure = bridge.course(
        [one.start[:19] for one in shown],
        values=[one.value for one in shown],
        unit="s",
        hover=[f"{one.start[:16].replace('T', ' ')}\n{words.value(one.value, unit='s')}, n {one.n}" for one in shown],
        firm=[one.mature for one in shown],
        marks=[_mark(one.start, days=days, zone=found.view.zone) for one in shown],
    )
    last = words.value(known[-1].value, unit="s")
    summary = _("%(title)s over time, %(count)s points; the last is %(last)s.") % {
        "title": title, "count": len(known), "last": last,
    }  # fmt: skip
    return plot(figure, summary=summary, swaps=bridge.swaps())
