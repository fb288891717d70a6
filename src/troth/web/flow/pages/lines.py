"""A line: which services wait in it, and the rules of who is served next, as a form with all that is wrong at once."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from troth.core.errors import InputError
from troth.web.common.say import say
from troth.web.flow import bridge
from troth.web.flow.forms.discipline import DisciplineForm
from troth.web.flow.forms.places import LineForm, LineServiceForm
from troth.web.flow.models import Line, LineService
from troth.web.flow.pages.place import around
from troth.web.flow.said import wrong
from troth.web.people.rights import may


def line(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a line; change its name, its services or its rules."""
    row = get_object_or_404(Line.objects.select_related("branch__unit"), pk=pk)
    does = {"line": _save, "add": _add, "remove": _remove, "rules": _rules, "close": _close}
    told: dict[str, Any] = {}
    if request.method == "POST":
        act = does.get(request.POST.get("do", ""))
        answer = act(request, row, told) if act else None
        if answer is not None:
            return answer
    return render(request, "flow/line.html", _told(request, row, told), status=400 if told else 200)


def _told(request: HttpRequest, row: Line, told: dict[str, Any]) -> dict[str, Any]:
    offered = [(s.service.code, s.service.title) for s in row.services.select_related("service")]
    known = bridge.written(row.discipline)
    return {
        "line": row,
        "services": row.services.select_related("service").order_by("position", "service__title"),
        "counters": row.counters.order_by("title"),
        "form": LineForm(instance=row),
        "service_form": LineServiceForm(instance=LineService(line=row, branch=row.branch)),
        "rules": DisciplineForm(known, services=offered),
        "doubts": [wrong(issue) for issue in bridge.doubts(row.discipline)],
        "changes": may(request.user, "branches_line", method="POST", about={"pk": row.pk}),
        **around(row.branch),
        **told,
    }


def _save(request: HttpRequest, row: Line, told: dict[str, Any]) -> HttpResponse | None:
    form = LineForm(request.POST, instance=row)
    if not form.is_valid():
        told["form"] = form
        return None
    form.save()
    return _done(request, row)


def _add(request: HttpRequest, row: Line, told: dict[str, Any]) -> HttpResponse | None:
    last = row.services.aggregate(last=Max("position"))["last"]
    made = LineService(line=row, branch=row.branch, position=0 if last is None else last + 1)
    form = LineServiceForm(request.POST, instance=made)
    if form.is_valid():
        try:
            with transaction.atomic():
                form.save()
        except IntegrityError:
            form.add_error("service", _("It waits in a line of this branch already."))
    if form.errors:
        told["service_form"] = form
        return None
    return _done(request, row)


def _remove(request: HttpRequest, row: Line, _told: dict[str, Any]) -> HttpResponse:
    wanted = request.POST.get("service", "")
    row.services.filter(pk=int(wanted) if wanted.isdecimal() else 0).delete()
    return _done(request, row, _("Taken out of the line. Who waits for it already is still served."))


def _close(request: HttpRequest, row: Line, _told: dict[str, Any]) -> HttpResponse:
    row.closed_on = row.branch.today(timezone.now())
    row.save(update_fields=["closed_on"])
    say(request, _("%(line)s takes nobody from now on.") % {"line": row})
    return redirect("branches_settings", code=row.branch.unit.code)


def _rules(request: HttpRequest, row: Line, told: dict[str, Any]) -> HttpResponse | None:
    """Keep the rules, or show all that is wrong with them; `try` only looks."""
    offered = [(s.service.code, s.service.title) for s in row.services.select_related("service")]
    form = DisciplineForm(bridge.written(row.discipline), services=offered, data=request.POST)
    told["rules"] = form
    if not form.is_valid():
        told["issues"] = [_("Some fields hold something else than they should; they are marked.")]
        return None
    record = form.record()
    try:
        bridge.discipline(record)
    except InputError as error:
        told["issues"] = [wrong(issue) for issue in error.issues]
        return None
    if "try" in request.POST:
        told["doubts"] = [wrong(issue) for issue in bridge.doubts(record)]
        told["sound"] = True
        return None
    row.discipline = record
    row.save(update_fields=["discipline"])
    return _done(request, row, _("Saved. The next call goes by these rules."))


def _done(request: HttpRequest, row: Line, text: str = "") -> HttpResponse:
    say(request, text or _("Saved."))
    return redirect("branches_line", pk=row.pk)
