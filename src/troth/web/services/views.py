"""The pages of the catalogue: what we offer, and everything about one service."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from troth.core.terms import Role
from troth.web.common.say import say
from troth.web.people.models import Unit
from troth.web.people.rights import may
from troth.web.services import actions
from troth.web.services.forms import BringSet, NameSet, ServiceForm, StepSet
from troth.web.services.models import Offer, Service

#: Who says what a site offers.
OFFERS = (Role.ADMINISTRATOR, Role.OPERATIONS_LEAD)


def services(request: HttpRequest) -> HttpResponse:
    """List what is offered, by name or skill."""
    asked = {name: request.GET.get(name, "").strip() for name in ("q", "ended")}
    today = timezone.now().date()
    running = Q(closed_on=None) | Q(closed_on__gt=today)
    found = Service.objects.exclude(running) if asked["ended"] else Service.objects.filter(running)
    for word in asked["q"].split():
        found = found.filter(Q(title__icontains=word) | Q(code__icontains=word) | Q(names__title__icontains=word))
    language = get_language() or "en"
    lines = [
        (one.titled(language), one)
        for one in found.prefetch_related("names", "skills", "offers__unit").distinct().order_by("title")
    ]
    context = {
        "answer": ngettext("%(count)s service", "%(count)s services", len(lines)) % {"count": len(lines)},
        "lines": lines,
        "asked": asked,
        "may_add": may(request.user, "service_new", method="POST"),
    }
    return render(request, "services/services.html", context)


def service(request: HttpRequest, code: str) -> HttpResponse:
    """Show a service: its blueprint, what it needs, what to bring, where it is offered."""
    found = get_object_or_404(Service.objects.prefetch_related("names", "skills", "bring"), code=code)
    sites = Unit.objects.visible_to(request.user).sites().order_by("title")
    offers = {one.unit_id: one for one in Offer.objects.visible_to(request.user).filter(service=found)}
    theirs = set(Unit.objects.where(request.user, *OFFERS).values_list("pk", flat=True))
    context = {
        "one": found,
        "title": found.titled(get_language() or "en"),
        "plan": actions.blueprint(found),
        "sites": [(site, offers.get(site.pk), site.pk in theirs) for site in sites],
        "ended": found.closed_on is not None and found.closed_on <= timezone.now().date(),
        "may_change": may(request.user, "service_edit", method="POST"),
    }
    return render(request, "services/service.html", context)


def service_new(request: HttpRequest) -> HttpResponse:
    """Add a service; its steps come afterwards."""
    form = ServiceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = form.save()
        return redirect("service_edit", code=made.code)
    return render(request, "services/new.html", {"form": form})


def service_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change all of a service on one page: itself, its steps, its names, what to bring."""
    found = get_object_or_404(Service, code=code)
    data = request.POST if request.method == "POST" else None
    form = ServiceForm(data, instance=found)
    steps = StepSet(data, instance=found, prefix="steps", queryset=found.steps.order_by("position"))
    names = NameSet(data, instance=found, prefix="names")
    bring = BringSet(data, instance=found, prefix="bring")
    if data is not None and all([form.is_valid(), steps.is_valid(), names.is_valid(), bring.is_valid()]):
        with transaction.atomic():
            form.save()
            kept = [one for one in steps.forms if one.has_changed() or one.instance.pk]
            kept = [one for one in kept if not one.cleaned_data.get("DELETE")]
            kept.sort(key=lambda one: one.place(len(steps.forms) + 1))
            actions.put_steps(found, steps=[one.save(commit=False) for one in kept])
            names.save()
            bring.save()
        say(request, _("Saved."))
        return redirect("service", code=code)
    context = {"one": found, "form": form, "steps": steps, "names": names, "bring": bring}
    return render(request, "services/edit.html", context)


@require_POST
def service_end(request: HttpRequest, code: str) -> HttpResponse:
    """End a service from today, or take it up again."""
    found = get_object_or_404(Service, code=code)
    day: date | None = None if "again" in request.POST else timezone.now().date()
    actions.end(found, day=day)
    say(request, _("It is offered again.") if day is None else _("It is no longer offered."))
    return redirect("service", code=code)


@require_POST
def service_offer(request: HttpRequest, code: str, unit: str) -> HttpResponse:
    """Offer a service at a site, or no longer."""
    found = get_object_or_404(Service, code=code)
    site = get_object_or_404(Unit.objects.visible_to(request.user).sites(), code=unit)
    actions.offer(
        found, unit=site, walk_in="walk_in" in request.POST, by_appointment="by_appointment" in request.POST
    )  # fmt: skip
    say(request, _("Saved."))
    return redirect("service", code=code)
