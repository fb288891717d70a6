"""Pages of promises: how our word stands, and the history of one."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from troth.web.common import words
from troth.web.common.plots import plot, plotting
from troth.web.people.holders import held_by
from troth.web.people.models import Unit
from troth.web.people.rights import LEADS, PAGES, may
from troth.web.promises import bridge
from troth.web.promises.models import Promise
from troth.web.promises.standing import OurWord, Risk, history, standing

KINDS: Final = {"wait": gettext_lazy("Wait"), "appointment": gettext_lazy("Appointment")}
STATES: Final = {
    "promised": gettext_lazy("running"),
    "kept": gettext_lazy("kept"),
    "broken": gettext_lazy("broken"),
    "waived": gettext_lazy("let go"),
}
STEPS: Final = {
    "promised": gettext_lazy("Promised"),
    "promise_changed": gettext_lazy("Changed"),
    "promise_kept": gettext_lazy("Kept"),
    "promise_broken": gettext_lazy("Broken"),
    "promise_waived": gettext_lazy("Let go"),
}
LABELS: Final = {
    "inside": gettext_lazy("as promised"),
    "early": gettext_lazy("earlier than said"),
    "late": gettext_lazy("too late"),
}
#: What a learned probability stands on, by `Promise.basis`.
BASES: Final = {
    "service": gettext_lazy("kept of %(count)s earlier ones of this service here"),
    "site": gettext_lazy("kept of %(count)s earlier ones here; of this service there are too few"),
    "everywhere": gettext_lazy("kept of %(count)s earlier ones at all branches; here there are too few"),
    "usual": gettext_lazy("the usual share: there were too few earlier ones to know"),
}
_DAYS: Final = {"7": 7, "28": 28, "91": 91}


def promises(request: HttpRequest) -> HttpResponse:
    """Show how our word stands."""
    units = Unit.objects.where(request.user, *LEADS)
    top = units.order_by("path").first()
    days = request.GET.get("days", "")
    days = days if days in _DAYS else "28"
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else ""
    now = timezone.now()
    zone = top.zone if top is not None else ZoneInfo("UTC")
    found = standing(units, since=now - timedelta(days=_DAYS[days]), now=now, zone=zone, kind=kind)
    risks = [replace(one, action=_theirs(request, one)) for one in found.risks]
    told: dict[str, Any] = {
        "found": found, "now": now, "zone": zone, "days": days, "kind": kind,
        "rates": [(KINDS.get(one.kind, one.kind), one) for one in found.kinds],
        "risks": [(KINDS.get(one.promise.kind, one.promise.kind), one) for one in risks],
        "broken": [(KINDS.get(one.kind, one.kind), one) for one in found.broken],
        "spans": [("7", _("7 days")), ("28", _("28 days")), ("91", _("13 weeks"))],
        "kinds": [("", _("All")), *KINDS.items()], "drawn": _drawn(found), "plotting": plotting(), "actions": any(one.action for one in risks),
    }  # fmt: skip
    return render(request, "promises/promises.html", told)


def _theirs(request: HttpRequest, risk: Risk) -> tuple[str, str] | None:
    """Return what helps, if the reader may open its page for the unit of the promise; nothing else helps them."""
    if risk.action is None:
        return None
    try:
        found = resolve(urlsplit(risk.action[1]).path)
    except Resolver404:
        return None
    name = found.url_name or ""
    if found.kwargs:
        return risk.action if may(request.user, name, about=found.kwargs) else None
    # Such a page opens for a role anywhere.
    here = (one for one in held_by(request.user) if one.covers(risk.promise.unit.path))
    return risk.action if any(PAGES[name].fits(one, "GET") for one in here) else None


def promise(request: HttpRequest, promise_id: uuid.UUID) -> HttpResponse:
    """Show the history of one promise."""
    one = (
        Promise.objects.visible_to(request.user)
        .select_related("unit", "customer")
        .filter(promise_id=promise_id)
        .first()
    )
    if one is None:
        raise Http404
    steps = [(STEPS.get(step.activity, step.activity), LABELS.get(step.label, ""), step) for step in history(one)]
    told = {
        "one": one, "kind": KINDS.get(one.kind, one.kind), "state": STATES[one.state], "steps": steps,
        "basis": BASES[one.basis] % {"count": words.figure(one.basis_n)} if one.basis in BASES else "",
        "zone": one.unit.zone, "now": timezone.now(), "branch": one.unit,
    }  # fmt: skip
    return render(request, "promises/promise.html", told)


def _drawn(found: OurWord) -> Any:
    if not found.curve:
        return None
    said = ", ".join(
        _("stated %(stated)s, came true %(true)s of %(count)s")
        % {"stated": words.share(one.stated), "true": words.share(one.kept.estimate), "count": words.figure(one.n)}
        for one in found.curve
    )
    figure = bridge.calibration(found.curve)
    figure.update_layout(height=320)
    figure.update_xaxes(title_text=_("As stated"))
    figure.update_yaxes(title_text=_("Kept"))
    return plot(figure, summary=said, swaps=bridge.swaps())
