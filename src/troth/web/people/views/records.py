"""Keys, the audit trail, the table of rights, and sheets in and out."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.terms import Role
from troth.web.common.say import say
from troth.web.people import actions, words
from troth.web.people.forms import KeptForm, KeyForm
from troth.web.people.models import AccessKey, Removal, Unit, User
from troth.web.people.retention import lengths
from troth.web.people.rights import PAGES, may
from troth.web.people.sheets import BYTES
from troth.web.people.table_work import SHEETS, today_in
from troth.web.people.tables import Sheet, Taken, out, take
from troth.web.people.trail import noted, visible_changes
from troth.web.people.views.shared import download, me


def keys(request: HttpRequest) -> HttpResponse:
    """List the keys of the units somebody administers; post makes one and shows its secret, once."""
    actor = me(request)
    form = KeyForm(request.POST or None, actor=actor)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        made, secret = actions.make_key(
            actor, title=chosen["title"], unit=chosen["unit"], role=Role(chosen["role"]), expires_at=form.expires_at()
        )
        address = request.build_absolute_uri(reverse("device", args=[secret]))
        return render(request, "people/key.html", {"key": made, "secret": secret, "address": address})
    now = timezone.now()
    found = AccessKey.objects.filter(unit__in=Unit.objects.where(actor, *actions.ADMINS)).select_related("unit")
    lines = [
        (words.said(one.role), one, one.revoked_at is None and (one.expires_at is None or one.expires_at > now))
        for one in found.order_by("revoked_at", "title")
    ]
    return render(request, "people/keys.html", {"form": form, "lines": lines, "now": now})


@require_POST
def key_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a key worthless."""
    found = get_object_or_404(
        AccessKey.objects.filter(unit__in=Unit.objects.where(me(request), *actions.ADMINS)), pk=pk
    )  # fmt: skip
    actions.revoke_key(found, now=timezone.now())
    say(request, _("“%(key)s” no longer opens anything.") % {"key": found})
    return redirect("keys")


def retention(request: HttpRequest) -> HttpResponse:
    """Show how long what is kept, and what was removed lately; post changes the lengths."""
    form = KeptForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        say(request, _("Saved."))
        return redirect("retention")
    last = Removal.objects.order_by("-pk")[:20]
    context = {
        "form": form,
        "lines": [(*words.KEPT[code], form[code], days) for code, days in lengths().items()],
        "removals": [(words.KEPT[one.code][0], one) for one in last if one.code in words.KEPT],
        "may_change": may(request.user, "retention", method="POST"),
    }
    return render(request, "people/retention.html", context, status=422 if form.errors else 200)


def trail(request: HttpRequest) -> HttpResponse:
    """Show who changed what when."""
    found = visible_changes(me(request)).order_by("-pk")
    asked = {name: request.GET.get(name, "").strip() for name in ("noun", "id", "who")}
    if asked["noun"]:
        found = found.filter(noun=asked["noun"])
    if asked["id"]:
        found = found.filter(noun_id=asked["id"])
    if asked["who"]:
        found = found.filter(actor=asked["who"])
    page = Paginator(found, 100).get_page(request.GET.get("page"))
    kinds = sorted((str(name), table) for table, name in words.NOUNS.items())
    context = {
        "page": page,
        "lines": [
            (words.said(one.action), words.NOUNS.get(one.noun, one.noun), one) for one in noted(list(page.object_list))
        ],
        "asked": asked,
        "kinds": kinds,
    }
    return render(request, "people/trail.html", context)


def rights(request: HttpRequest) -> HttpResponse:
    """Show the table of rights itself: which role may look at, or change something by, which page."""
    roles = [str(role) for role in Role]
    lines = [
        (name, [("change" if role in right.changes else "see" if role in right.sees else "") for role in roles])
        for name, right in sorted(PAGES.items())
        if right.sees & set(roles)
    ]
    return render(request, "people/rights.html", {"roles": [words.said(role) for role in roles], "lines": lines})


def sheet_out(request: HttpRequest, name: str, form: str) -> HttpResponse:
    """Hand out a sheet of the people of the units where somebody could bring it in, or audits."""
    sheet = _sheet(name)
    units = Unit.objects.where(me(request), *sheet.roles, Role.AUDITOR)
    people = User.objects.of(units).order_by("username")
    return download(out(sheet, people=people, excel=form == "xlsx"), name=f"{name}.{form}")


def sheet_in(request: HttpRequest, name: str) -> HttpResponse:
    """Take a sheet in: all of it, or none of it and a list of everything that is wrong."""
    sheet, actor = _sheet(name), me(request)
    taken: Taken | None = None
    issues: tuple[Issue, ...] = ()
    if request.method == "POST":
        file = request.FILES.get("file")
        try:
            if file is None:
                issues = (Issue("empty", Severity.ERROR, "file", "", _("Maybe no file was chosen.")),)
            elif (file.size or 0) > BYTES:
                issues = (Issue("too-large", Severity.ERROR, "file", f"{file.size} B", _("Maybe split it.")),)
            else:
                taken = take(sheet, content=file.read(), actor=actor, today=today_in(actor, now=timezone.now()))
        except InputError as error:
            issues = error.issues
    context = {
        "sheet": sheet,
        "taken": taken,
        "issues": words.told(issues),
        "may": Unit.objects.where(actor, *sheet.roles).exists(),
    }
    return render(request, "people/sheet.html", context, status=422 if issues else 200)


def _sheet(name: str) -> Sheet:
    if name not in SHEETS:
        raise Http404
    return SHEETS[name]
