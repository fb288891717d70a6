"""The pages of customers: found, one with all their history, duplicates, merging, export and erasure."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from troth.core.errors import InputError
from troth.core.terms import Role
from troth.web.common.say import say
from troth.web.common.words import figure
from troth.web.customers import actions, privacy, words
from troth.web.customers.bridge import earlier
from troth.web.customers.forms import ConsentForm, CustomerForm, NoteForm
from troth.web.customers.history import history
from troth.web.customers.models import Customer, CustomerQuerySet, Note
from troth.web.people.bridge import rejects_naming
from troth.web.people.models import Unit
from troth.web.people.privacy import as_csv, as_json
from troth.web.people.rights import may
from troth.web.people.tables import zone_of
from troth.web.people.views.shared import download, me, say_faults

#: Those who may say that two customers are one, where they have the role.
MERGES = frozenset({Role.ADMINISTRATOR, Role.OPERATIONS_LEAD, Role.TEAM_LEAD})


def customers(request: HttpRequest) -> HttpResponse:
    """Find customers by name, phone, e-mail or pseudonym."""
    text = request.GET.get("q", "").strip()
    seen = Customer.objects.visible_to(request.user).distinct()
    page = Paginator(
        actions.search(seen, text=text).select_related("organisation", "unit").order_by("name_key", "pk"), 50
    ).get_page(request.GET.get("page"))
    count = page.paginator.count
    context = {
        "answer": ngettext("%(count)s customer", "%(count)s customers", count) % {"count": figure(count)},
        "page": page,
        "q": text,
        "any": bool(text) or count > 0,
    }
    return render(request, "customers/customers.html", context)


def _customer(request: HttpRequest, pseudonym: str) -> Customer:
    return get_object_or_404(Customer.objects.visible_to(request.user), pseudonym=pseudonym)


def customer(request: HttpRequest, pseudonym: str) -> HttpResponse:
    """Show one customer: who they are, what they like, and everything that happened on one line of time."""
    found = _customer(request, pseudonym)
    people = actions.everyone(found)
    everything = bool(request.GET.get("all"))
    past = earlier(settings.LAKE, pseudonyms=[one.pseudonym for one in people]) if everything else []
    units = {one.code: one.title for one in Unit.objects.all()}
    context = {
        "one": found,
        "merged": people[1:],
        "passages": history(people, earlier=past),
        "everything": everything,
        "units": units,
        "zone": found.unit.zone if found.unit else zone_of(me(request)),
        "now": timezone.now(),
        "consents": found.consents.filter(withdrawn_at=None).order_by("given_at"),
        "alike": actions.alike(found, found=Customer.objects.visible_to(request.user).distinct()),
        "note_form": NoteForm(),
        "consent_form": ConsentForm(),
        "may_erase": may(request.user, "customer_erase", method="POST", about={"pseudonym": pseudonym}),
        "may_merge": may(request.user, "customer_merge", method="POST", about={"pseudonym": pseudonym}),
    }
    return render(request, "customers/customer.html", context)


def customer_new(request: HttpRequest) -> HttpResponse:
    """Add a customer; who may be the same is shown before a second one is made."""
    form = CustomerForm(request.POST or None, actor=me(request), instance=Customer(created_at=timezone.now()))
    same: list[Customer] = []
    if request.method == "POST" and form.is_valid():
        if not request.POST.get("sure"):
            given = form.cleaned_data
            seen = Customer.objects.visible_to(request.user).distinct()
            same = _same(seen, given["email"], given["phone"], given["name"])
        if not same:
            return redirect("customer", pseudonym=form.save().pseudonym)
    return render(request, "customers/edit.html", {"form": form, "same": same, "one": None})


def _same(seen: CustomerQuerySet, *said: str) -> list[Customer]:
    found: dict[int, Customer] = {}
    for text in filter(None, said):
        found |= {one.pk: one for one in actions.search(seen, text=text)[:5]}
    return list(found.values())


def customer_edit(request: HttpRequest, pseudonym: str) -> HttpResponse:
    """Change who a customer is."""
    found = _customer(request, pseudonym)
    form = CustomerForm(request.POST or None, actor=me(request), instance=found)
    if request.method == "POST" and form.is_valid():
        form.save()
        say(request, _("Saved."))
        return redirect("customer", pseudonym=pseudonym)
    return render(request, "customers/edit.html", {"form": form, "same": [], "one": Customer.objects.get(pk=found.pk)})


@require_POST
def customer_note(request: HttpRequest, pseudonym: str) -> HttpResponse:
    """Write something about a customer, or take away what one wrote oneself."""
    found, writer = _customer(request, pseudonym), me(request)
    form = NoteForm(request.POST)
    if form.is_valid():
        Note.objects.create(customer=found, author=writer, at=timezone.now(), text=form.cleaned_data["text"])
    else:
        say_faults(request, form)
    return redirect("customer", pseudonym=pseudonym)


@require_POST
def customer_consent(request: HttpRequest, pseudonym: str) -> HttpResponse:
    """Note that a customer agrees to something, or no longer does."""
    found, now = _customer(request, pseudonym), timezone.now()
    if gone := request.POST.get("withdraw"):
        for one in actions.everyone(found):
            actions.withdraw_consent(one, purpose=gone, now=now)
        say(request, _("Withdrawn."))
        return redirect("customer", pseudonym=pseudonym)
    form = ConsentForm(request.POST)
    if form.is_valid():
        actions.give_consent(found, purpose=form.cleaned_data["purpose"], how=form.cleaned_data["how"], now=now)
        say(request, _("Saved."))
    else:
        say_faults(request, form)
    return redirect("customer", pseudonym=pseudonym)


def duplicates(request: HttpRequest) -> HttpResponse:
    """List customers who may be one."""
    groups = actions.duplicates(Customer.objects.visible_to(request.user).distinct())
    context = {
        "answer": ngettext("%(count)s group", "%(count)s groups", len(groups)) % {"count": len(groups)},
        "groups": [(words.said(one.why), one.customers) for one in groups],
    }
    return render(request, "customers/duplicates.html", context)


@require_POST
def customer_merge(request: HttpRequest, pseudonym: str, other: str) -> HttpResponse:
    """Merge another customer into this one; the next page offers to undo it."""
    keep, gone = _customer(request, pseudonym), _customer(request, other)
    units = Unit.objects.where(request.user, *MERGES)
    if not (units.filter(pk=gone.unit_id) if gone.unit_id else units.filter(parent=None)).exists():
        raise PermissionDenied  # the page's right is about the one who is kept; the other one's unit must agree
    try:
        actions.merge(me(request), keep=keep, other=gone)
    except InputError as error:
        for issue in error.issues:
            say(request, f"{words.SENTENCES[issue.code]} {issue.advice}", wrong=True)
    else:
        undo = reverse("customer_part", args=[pseudonym, other])
        say(request, _("%(other)s now counts as %(keep)s.") % {"other": gone, "keep": keep}, undo=undo)
    return redirect("customer", pseudonym=pseudonym)


@require_POST
def customer_part(request: HttpRequest, pseudonym: str, other: str) -> HttpResponse:
    """Undo a merge."""
    keep = _customer(request, pseudonym)
    gone = get_object_or_404(
        Customer.objects.filter(pk__in=[one.pk for one in actions.everyone(keep)[1:]]), pseudonym=other
    )
    actions.part(gone)
    say(request, _("They are two again."))
    return redirect("customer", pseudonym=pseudonym)


def customer_data(request: HttpRequest, pseudonym: str, form: str) -> HttpResponse:
    """Hand out all that is known of a customer."""
    found = _customer(request, pseudonym)
    names = [one.pseudonym for one in actions.everyone(found)]
    known = privacy.known_of(
        found,
        earlier=earlier(settings.LAKE, pseudonyms=names, most=None),
        rejects=rejects_naming(settings.LAKE, words=privacy.naming(found)),
    )
    return download(as_json(known) if form == "json" else as_csv(known), name=f"{pseudonym}.{form}")


@require_POST
def customer_erase(request: HttpRequest, pseudonym: str) -> HttpResponse:
    """Erase a customer; asks for the name once more, for it cannot be undone."""
    found = _customer(request, pseudonym)
    if request.POST.get("sure", "").strip() != str(found):
        say(request, _("Nothing was erased: the name written is another one."), wrong=True)
        return redirect("customer", pseudonym=pseudonym)
    privacy.erase(found, now=timezone.now())
    say(request, _("Erased. Events belong to nobody now; old files are cleaned by tomorrow."))
    return redirect("customers")
