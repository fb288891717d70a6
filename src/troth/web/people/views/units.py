"""The pages of the organisation: its units, calendars and skills."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from troth.core.errors import InputError
from troth.web.common.say import say
from troth.web.people import calendars as hours
from troth.web.people import words
from troth.web.people.forms import CalendarForm, SkillForm, UnitForm
from troth.web.people.models import Membership, Skill, Unit, WorkCalendar
from troth.web.people.rights import may
from troth.web.people.views.shared import me, say_faults, tried


def units(request: HttpRequest) -> HttpResponse:
    """Show the tree of the units somebody sees."""
    found = list(Unit.objects.visible_to(request.user).order_by("path"))
    top = min((unit.path.count("/") for unit in found), default=0)
    lines = sorted(found, key=lambda unit: [int(part) for part in unit.path.strip("/").split("/")])
    context = {
        "answer": ngettext("%(count)s unit", "%(count)s units", len(found)) % {"count": len(found)},
        "lines": [(range(unit.path.count("/") - top), words.said(unit.kind), unit) for unit in lines],
        "may_add": may(request.user, "unit_new", method="POST"),
    }
    return render(request, "people/units.html", context)


def unit(request: HttpRequest, code: str) -> HttpResponse:
    """Show a unit and who belongs to it; post changes it."""
    found = get_object_or_404(Unit.objects.visible_to(request.user), code=code)
    form = UnitForm(request.POST or None, instance=found, actor=me(request))
    if request.method == "POST" and form.is_valid():
        form.save()
        say(request, _("Saved."))
        return redirect("unit", code=code)
    day = timezone.now().date()
    held = Membership.objects.on(day).filter(unit=found).select_related("user").order_by("role", "user__last_name")
    context = {
        "one": Unit.objects.get(pk=found.pk),
        "kind": words.said(found.kind),
        "form": form,
        "held": [(words.said(one.role), one.user) for one in held],
        "below": found.children.order_by("title"),
        "may_change": may(request.user, "unit", method="POST", about={"code": code}),
    }
    return render(request, "people/unit.html", context)


def unit_new(request: HttpRequest) -> HttpResponse:
    """Add a unit below one the actor administers."""
    form = UnitForm(request.POST or None, actor=me(request), initial={"parent": request.GET.get("below")})
    if request.method == "POST" and form.is_valid():
        made = form.save()
        say(request, _("Added."))
        return redirect("unit", code=made.code)
    return render(request, "people/form.html", {"form": form, "question": _("What unit is to be added?")})


def calendars(request: HttpRequest) -> HttpResponse:
    """List the calendars; post adds one."""
    form = CalendarForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = form.save()
        return redirect("calendar", code=made.code)
    context = {
        "lines": WorkCalendar.objects.order_by("title"),
        "form": form,
        "may_change": may(request.user, "calendars", method="POST"),
    }
    return render(request, "people/calendars.html", context)


def calendar(request: HttpRequest, code: str) -> HttpResponse:
    """Show a calendar: the hours of the week and the days that differ; post changes either."""
    found = get_object_or_404(WorkCalendar, code=code)
    shown = _day(request.GET.get("on")) or timezone.now().date()
    lines: Any = hours.week_of(found, on=shown).lines
    faults: dict[str, str] = {}
    if request.method == "POST":
        lines = [request.POST.get(f"day{day}", "") for day in range(7)]
        try:
            _change_calendar(request, found, lines)
        except InputError as error:
            faults = {issue.where: words.sentence(issue) for issue in error.issues}
        else:
            return redirect("calendar", code=code)
    context = {
        "one": found,
        "on": shown,
        "week": [(day, name, line, faults.get(f"weekday {day}", "")) for day, (name, line) in enumerate(zip(_weekdays(), lines, strict=True))],
        "faults": [text for where, text in faults.items() if not where.startswith("weekday")],
        "days": _days(found),
        "changes": sorted({one.valid_from for one in found.spans.all() if one.valid_from}),
        "may_change": may(request.user, "calendar", method="POST"),
    }  # fmt: skip
    return render(request, "people/calendar.html", context, status=422 if faults else 200)


def _change_calendar(request: HttpRequest, found: WorkCalendar, lines: list[str]) -> None:
    if "drop" in request.POST:
        gone = _day(request.POST["drop"])
        if gone is None:
            raise Http404
        hours.drop_day(found, day=gone)
        say(request, _("The day is like any other again."))
    elif "day" in request.POST:
        day = _day(request.POST["day"])
        if day is None:
            say(request, _("That is no day. Maybe choose it from the calendar."), wrong=True)
            return
        hours.set_day(found, day=day, text=request.POST.get("hours", ""), title=request.POST.get("title", "")[:120])
        say(request, _("Saved."))
    else:
        hours.set_week(found, lines=lines, start=_day(request.POST.get("start")))
        say(request, _("Saved."))


def _days(found: WorkCalendar) -> list[tuple[date, str, str]]:
    """Return the days that differ with their hours, the next ones first."""
    rows: dict[date, list[Any]] = {}
    for one in found.days.order_by("-day", "opens"):
        rows.setdefault(one.day, []).append(one)
    return [
        (day, ", ".join(f"{one.opens}-{one.closes}" for one in spans if one.opens), spans[0].title)
        for day, spans in rows.items()
    ]


def _weekdays() -> list[str]:
    return [_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")]


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def skills(request: HttpRequest) -> HttpResponse:
    """List the skills and how many have them; post adds one, or removes one nobody has."""
    if gone := request.POST.get("drop"):
        found = get_object_or_404(Skill, code=gone)
        if found.qualifications.exists() or found.services.exists():
            say(
                request,
                _("Somebody has this skill, or a service needs it. Maybe take it away there first."),
                wrong=True,
            )
        else:
            tried(request, found.delete, said=_("Removed."))
        return redirect("skills")
    form = SkillForm(request.POST or None)
    if request.method == "POST":
        if form.is_valid():
            form.save()
            say(request, _("Added."))
            return redirect("skills")
        say_faults(request, form)
    from django.db.models import Count

    seen = Skill.objects.annotate(people=Count("qualifications", distinct=True)).order_by("title")
    context = {"lines": seen, "form": form, "may_change": may(request.user, "skills", method="POST")}
    return render(request, "people/skills.html", context)
