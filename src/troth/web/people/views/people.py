"""The pages of people: who is here, and everything about one of them that can be changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from troth.core.terms import Role
from troth.web.common.say import say
from troth.web.people import actions, words
from troth.web.people.forms import ContractForm, LeaveForm, PersonForm, QualificationForm, RoleForm
from troth.web.people.models import Leave, Membership, Unit, User
from troth.web.people.privacy import as_csv, as_json, erase, known_of
from troth.web.people.rights import LEADS
from troth.web.people.table_work import SHEETS
from troth.web.people.tables import zone_of
from troth.web.people.views.shared import download, me, say_faults, today, tried

#: Those who may read of people, where they have the role.
READERS = frozenset(LEADS | {Role.TRAINER, Role.QUALITY_SPECIALIST})


@dataclass(frozen=True, slots=True)
class Colleague:
    """A line of the list of people."""

    code: str
    name: str
    login: str
    active: bool
    roles: tuple[str, ...]
    skills: tuple[str, ...]


def people(request: HttpRequest) -> HttpResponse:
    """List the people somebody sees, found by name, unit, role or skill."""
    asked = {name: request.GET.get(name, "").strip() for name in ("q", "unit", "role", "skill", "gone")}
    found = _found(me(request), asked)
    page = Paginator(found, 100).get_page(request.GET.get("page"))
    count = page.paginator.count
    context = {
        "answer": ngettext("%(count)s person", "%(count)s people", count) % {"count": count},
        "page": page,
        "lines": [_colleague(one) for one in page.object_list],
        "asked": asked,
        "units": Unit.objects.visible_to(request.user).order_by("path"),
        "roles": words.choices_of(Role),
        "sheets": SHEETS,
    }
    return render(request, "people/people.html", context)


def _found(reader: User, asked: dict[str, str]) -> Any:
    units = Unit.objects.where(reader, *READERS)
    found = (User.objects.of(units) | User.objects.filter(pk=reader.pk)).filter(is_active=not asked["gone"])
    for word in asked["q"].split():
        found = found.filter(
            Q(first_name__icontains=word) | Q(last_name__icontains=word)
            | Q(username__icontains=word) | Q(email__icontains=word)
        )  # fmt: skip
    held = Membership.objects.on(timezone.now().date())
    if asked["unit"]:
        below = Unit.objects.visible_to(reader).filter(code=asked["unit"]).first()
        held = held.filter(unit__path__startswith=below.path) if below else held.none()
    if asked["role"]:
        held = held.filter(role=asked["role"])
    if asked["unit"] or asked["role"]:
        found = found.filter(pk__in=held.values("user"))
    if asked["skill"]:
        found = found.filter(qualifications__skill__code=asked["skill"])
    return found.prefetch_related("memberships__unit", "qualifications__skill").order_by(
        "last_name", "first_name", "pk"
    )


def _colleague(one: User) -> Colleague:
    day = timezone.now().date()
    held = [m for m in one.memberships.all() if m.valid_to is None or m.valid_to > day]
    return Colleague(
        code=one.code,
        name=str(one),
        login=one.username,
        active=one.is_active,
        roles=tuple(f"{words.said(m.role)}, {m.unit}" for m in held),
        skills=tuple(f"{q.skill} {q.level}" for q in one.qualifications.all()),
    )


def person(request: HttpRequest, code: str) -> HttpResponse:
    """Show one person; post changes who they are."""
    found = _person(request, code)
    actor = me(request)
    governs = actions.governs(actor, found)
    form = PersonForm(request.POST or None, instance=User.objects.get(pk=found.pk))
    if request.method == "POST":
        if not governs:
            raise PermissionDenied
        if form.is_valid():
            actions.forget_addresses(form.save())
            say(request, _("Saved."))
            return redirect("person", code=code)
    day = today(found)
    context = {
        "one": found,
        "form": form,
        "governs": governs,
        # Why somebody is away can be a matter of health: only those who plan with it read it.
        "plans": found.memberships.filter(unit__in=Unit.objects.where(actor, *SHEETS["leave"].roles)).exists(),
        "day": day,
        "zone": zone_of(found),
        "roles": [(words.said(m.role), m) for m in found.memberships.select_related("unit").order_by("valid_to", "pk")],
        "skills": found.qualifications.select_related("skill").order_by("skill__title"),
        "contracts": found.contracts.order_by("-valid_from"),
        "leave": [(words.said(one.kind), one) for one in found.leave.order_by("-span")[:20]],
        "role_form": RoleForm(actor=actor, initial={"valid_from": day}, auto_id="role_%s"),
        "skill_form": QualificationForm(initial={"gained_on": day}, auto_id="skill_%s"),
        "contract_form": ContractForm(auto_id="contract_%s"),
        "leave_form": LeaveForm(person=found, auto_id="leave_%s"),
    }
    return render(request, "people/person.html", context)


def _person(request: HttpRequest, code: str) -> User:
    found: User = get_object_or_404(User.objects.visible_to(request.user), code=code)
    return found


def person_new(request: HttpRequest) -> HttpResponse:
    """Add somebody: who they are and their first role."""
    actor = me(request)
    form, role = PersonForm(request.POST or None), RoleForm(request.POST or None, actor=actor)
    if request.method == "POST" and form.is_valid() and role.is_valid():
        with transaction.atomic():
            made = form.save(commit=False)
            made.set_unusable_password()
            made.save()
            chosen = role.cleaned_data
            actions.grant(
                actor, person=made, unit=chosen["unit"], role=Role(chosen["role"]), valid_from=chosen["valid_from"]
            )
        return _show_link(request, made)
    return render(request, "people/person_new.html", {"form": form, "role_form": role})


@require_POST
def person_link(request: HttpRequest, code: str) -> HttpResponse:
    """Make a link by which somebody signs in once, and show it once."""
    return _show_link(request, _person(request, code))


def _show_link(request: HttpRequest, found: User) -> HttpResponse:
    secret = actions.sign_in_link(me(request), person=found, now=timezone.now())
    address = request.build_absolute_uri(reverse("enter", args=[secret]))
    return render(request, "people/link.html", {"one": found, "address": address})


@require_POST
def person_active(request: HttpRequest, code: str) -> HttpResponse:
    """Let somebody sign in, or no longer."""
    found, active = _person(request, code), request.POST.get("active") == "yes"
    said = _("%(person)s can sign in again.") if active else _("%(person)s can no longer sign in.")
    tried(
        request,
        lambda: actions.set_active(me(request), person=found, active=active),
        said=said % {"person": found},
    )
    return redirect("person", code=code)


@require_POST
def person_roles(request: HttpRequest, code: str) -> HttpResponse:
    """Give a role, or end one."""
    found, actor = _person(request, code), me(request)
    if ends := request.POST.get("end"):
        held = get_object_or_404(found.memberships.filter(unit__in=Unit.objects.visible_to(actor)), pk=ends)
        tried(
            request,
            lambda: actions.end_role(actor, membership=held, today=today(found)),
            said=_("The role ends today."),
        )
        return redirect("person", code=code)
    return _added(request, code, RoleForm(request.POST, actor=actor), lambda chosen: actions.grant(
        actor, person=found, unit=chosen["unit"], role=Role(chosen["role"]), valid_from=chosen["valid_from"]
    ))  # fmt: skip


@require_POST
def person_skills(request: HttpRequest, code: str) -> HttpResponse:
    """Add a skill, change its level or expiry, or take it away."""
    found = _person(request, code)
    if gone := request.POST.get("drop"):
        get_object_or_404(found.qualifications, pk=gone).delete()
        say(request, _("Taken away."))
        return redirect("person", code=code)
    known = found.qualifications.filter(skill=_number(request.POST.get("skill"))).first()
    form = QualificationForm(request.POST, instance=known)
    form.instance.user = found
    return _added(request, code, form, lambda _chosen: form.save())


@require_POST
def person_contracts(request: HttpRequest, code: str) -> HttpResponse:
    """Add a contract, change the one of a day, or take one away."""
    found = _person(request, code)
    if gone := request.POST.get("drop"):
        get_object_or_404(found.contracts, pk=gone).delete()
        say(request, _("Taken away."))
        return redirect("person", code=code)
    form = ContractForm(request.POST)
    form.instance.user = found
    return _added(request, code, form, lambda chosen: found.contracts.update_or_create(
        valid_from=chosen["valid_from"],
        defaults={"hours_per_week": chosen["hours_per_week"], "valid_to": chosen["valid_to"]},
    ))  # fmt: skip


@require_POST
def person_leave(request: HttpRequest, code: str) -> HttpResponse:
    """Note a time away, or take it back."""
    found = _person(request, code)
    if gone := request.POST.get("drop"):
        get_object_or_404(found.leave, pk=gone).delete()
        say(request, _("Taken back."))
        return redirect("person", code=code)
    return _added(request, code, LeaveForm(request.POST, person=found), lambda chosen: Leave.objects.create(
        user=found, span=chosen["span"], kind=chosen["kind"]
    ))  # fmt: skip


def _added(request: HttpRequest, code: str, form: Any, done: Callable[[dict[str, Any]], Any]) -> HttpResponse:
    if form.is_valid():
        tried(request, lambda: done(form.cleaned_data), said=_("Saved."))
    else:
        say_faults(request, form)
    return redirect("person", code=code)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0


def person_data(request: HttpRequest, code: str, form: str) -> HttpResponse:
    """Hand out all that is known of somebody."""
    found = _person(request, code)
    actions.must_govern(me(request), found)
    known = known_of(found)
    return download(as_json(known) if form == "json" else as_csv(known), name=f"{found.code}.{form}")


@require_POST
def person_erase(request: HttpRequest, code: str) -> HttpResponse:
    """Erase what names somebody who works here no more."""
    found = _person(request, code)
    tried(request, lambda: erase(me(request), person=found), said=_("The person is now only a number."))
    return redirect("person", code=code)
