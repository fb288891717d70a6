"""Pages of runs: what was asked, how far it is, what came of it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from troth.core.terms import Role
from troth.web.common.say import say
from troth.web.people.models import Unit
from troth.web.people.rights import LEADS, may
from troth.web.runs import bridge, lifecycle
from troth.web.runs.models import Run

_SHOWN: Final = 50
#: Those who may ask for a run; auditors only look.
ASK: Final = LEADS - {Role.AUDITOR}
STATES: Final = {
    lifecycle.WAITING: gettext_lazy("waiting"),
    lifecycle.RUNNING: gettext_lazy("running"),
    lifecycle.DONE: gettext_lazy("done"),
    lifecycle.STOPPED: gettext_lazy("stopped"),
    lifecycle.FAILED: gettext_lazy("failed"),
}
_POLICY: Final = re.compile(r'http-equiv="Content-Security-Policy" content="([^"]*)"')


def runs(request: HttpRequest) -> HttpResponse:
    """Show the newest runs of one's units; a post asks for the report of what one sees."""
    if request.method == "POST":
        unit = Unit.objects.where(request.user, *ASK).order_by("path").first()
        if unit is None:
            raise Http404
        lifecycle.start(
            "report",
            asked=_asked(unit, request.POST.get("days", "")),
            unit=unit,
            user=_person(request),
            now=timezone.now(),
        )
        say(request, _("The report is being made. This page shows how far it is."))
        return redirect("runs")
    units = Unit.objects.where(request.user, *LEADS)
    found = Run.objects.filter(unit__in=units).select_related("unit", "asked_by").order_by("-pk")[:_SHOWN]
    told = {
        "busy": sum(run.status in lifecycle.OPEN for run in found), "rows": [(run, _title(run.kind), STATES[run.status]) for run in found],
        "now": timezone.now(), "zone": timezone.get_current_timezone(), "open": lifecycle.OPEN,
        "asks": may(request.user, "runs", method="POST"),
    }  # fmt: skip
    return render(request, "runs/runs.html", told)


def _title(kind: str) -> Any:
    """Return what people call a kind of run; the demo makes its past by itself."""
    if kind == "history":
        return _("The past of the made-up company")
    return lifecycle.KINDS[kind].title if kind in lifecycle.KINDS else kind


def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a run to stop."""
    run = _one(request, pk)
    if request.method == "POST":
        lifecycle.stop(run, now=timezone.now())
    return redirect("runs")


def result(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the page a run has made, with the page's own policy: it has scripts of its own and reaches nothing."""
    run = _one(request, pk)
    path = bridge.place(run.pk)
    if run.kind != "report" or run.status != lifecycle.DONE or not path.exists():
        raise Http404
    page = path.read_text(encoding="utf-8")
    policy = _POLICY.search(page[:4096])
    answer = HttpResponse(page)
    told = policy.group(1) if policy else "default-src 'none'"
    answer.headers["Content-Security-Policy"] = f"{told}; sandbox allow-scripts allow-popups allow-downloads"
    return answer


def _asked(unit: Unit, days: str) -> dict[str, Any]:
    """Return the input of a report: whoever sees a part of the organisation gets that part."""
    asked: dict[str, Any] = {}
    if days.isdecimal() and len(days) < 5 and 1 <= int(days) <= 3660:
        today = timezone.now().date()
        asked |= {"from": str(today - timedelta(days=int(days))), "to": str(today)}
    if unit.parent_id is not None:
        sites = [one.code for one in Unit.objects.below(unit).sites().order_by("code")]
        asked["where"] = {"site": sites or [unit.code]}
    return asked


def _person(request: HttpRequest) -> Any:
    return request.user if request.user.is_authenticated else None


def _one(request: HttpRequest, pk: int) -> Run:
    run = Run.objects.visible_to(request.user).filter(pk=pk).first()
    if run is None:
        raise Http404
    return run
