"""Setting up branches: how they receive customers, their counters, lines and slots."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from troth.core.terms import Role
from troth.web.common.say import say
from troth.web.flow.forms.places import BranchForm, CounterForm, LineForm, SlotRuleForm
from troth.web.flow.models import Branch, Counter, Line, SlotRule
from troth.web.flow.pages.place import around, branch_of
from troth.web.people.rights import may

#: Who sets up a branch.
SETS_UP = frozenset({Role.ADMINISTRATOR, Role.OPERATIONS_LEAD})


def branches(request: HttpRequest) -> HttpResponse:
    """List the branches somebody sees, with what each lacks to receive customers."""
    rows = (
        Branch.objects.visible_to(request.user)
        .select_related("unit")
        .annotate(
            places=Count("counters", distinct=True),
            open_now=Count("counters", distinct=True, filter=Q(counters__sessions__closed_at=None)
                           & Q(counters__sessions__isnull=False)),
            queues=Count("lines", distinct=True, filter=Q(lines__closed_on=None)),
            offered=Count("line_services", distinct=True),
        )
        .order_by("unit__title")
    )  # fmt: skip
    return render(
        request, "flow/branches.html", {"branches": rows, "changes": may(request.user, "branches_counter_new")}
    )


def settings(request: HttpRequest, code: str) -> HttpResponse:
    """Show and change how a branch receives customers."""
    branch = branch_of(code)
    form = BranchForm(request.POST or None, instance=branch)
    if request.method == "POST" and form.is_valid():
        form.save()
        say(request, _("Saved."))
        return redirect("branches_settings", code=code)
    today = branch.today(timezone.now())
    rules = branch.slot_rules.select_related("service").order_by("service__title", "weekday", "opens")
    told = {
        "form": form,
        "changes": may(request.user, "branches_settings", method="POST", about={"code": code}),
        "counters": branch.counters.prefetch_related("lines").order_by("title"),
        "lines": branch.lines.filter(Q(closed_on=None) | Q(closed_on__gt=today)).prefetch_related("services__service"),
        "rules": rules,
        **around(branch),
    }
    return render(request, "flow/branch_settings.html", told, status=400 if form.errors else 200)


def counter_new(request: HttpRequest, code: str) -> HttpResponse:
    """Add a counter."""
    counter = Counter(branch=branch_of(code))
    return _edit(request, CounterForm(request.POST or None, instance=counter), counter.branch, _("A new counter"))


def counter(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a counter."""
    row = get_object_or_404(Counter.objects.select_related("branch__unit"), pk=pk)
    return _edit(request, CounterForm(request.POST or None, instance=row), row.branch, str(row))


def line_new(request: HttpRequest, code: str) -> HttpResponse:
    """Add a line."""
    row = Line(branch=branch_of(code))
    form = LineForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect("branches_line", pk=row.pk)
    return _shown(request, form, row.branch, _("A new line"))


def slots_new(request: HttpRequest, code: str) -> HttpResponse:
    """Add a rule of slots."""
    rule = SlotRule(branch=branch_of(code))
    return _edit(request, SlotRuleForm(request.POST or None, instance=rule), rule.branch, _("New times"))


def slots(request: HttpRequest, pk: int) -> HttpResponse:
    """Change or remove a rule of slots; what is booked stays booked."""
    rule = get_object_or_404(SlotRule.objects.select_related("branch__unit", "service"), pk=pk)
    if request.method == "POST" and request.POST.get("do") == "remove":
        rule.delete()
        say(request, _("Removed. What is booked stays booked."))
        return _home(rule.branch)
    form = SlotRuleForm(request.POST or None, instance=rule)
    return _edit(request, form, rule.branch, str(rule.service), removable=True)


def _edit(
    request: HttpRequest, form: ModelForm[Any], branch: Branch, title: str, *, removable: bool = False
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        form.save()
        say(request, _("Saved."))
        return _home(branch)
    return _shown(request, form, branch, title, removable=removable)


def _shown(
    request: HttpRequest, form: ModelForm[Any], branch: Branch, title: str, *, removable: bool = False
) -> HttpResponse:
    told = {"form": form, "title": title, "removable": removable, **around(branch)}
    return render(request, "flow/edit.html", told, status=400 if form.errors else 200)


def _home(branch: Branch) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("branches_settings", args=[branch.unit.code]))
