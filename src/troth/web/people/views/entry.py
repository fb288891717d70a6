"""Coming in: by a link that signs in once, or as a device with its key; and one's own account."""

from __future__ import annotations

from typing import Final

from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from troth.core.terms import Role
from troth.web.common.say import say
from troth.web.people import words
from troth.web.people.forms import LanguageForm
from troth.web.people.holders import DEVICE
from troth.web.people.models import AccessKey, Membership, SignInLink, User
from troth.web.people.privacy import as_csv, as_json, known_of
from troth.web.people.views.shared import download, me

#: The page of a branch where a device goes once it is set up.
_HOMES: Final = {str(Role.KIOSK): "kiosk", str(Role.DISPLAY): "wall"}
_YEAR: Final = 366 * 24 * 3600


@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest, secret: str) -> HttpResponse:
    """Show a button; pressing it uses the link up. A preview of the link, which only reads, does not."""
    now = timezone.now()
    if request.method != "POST":
        found = SignInLink.waiting(secret, now=now)
        return render(request, "people/enter.html", {"link": found}, status=200 if found else 410)
    user = SignInLink.use(secret, now=now)
    if user is None:
        return render(request, "people/enter.html", {"link": None}, status=410)
    # All that a password would be followed by comes here as well: a second step, where the person has one.
    return perform_login(request, Login(user=user, redirect_url=resolve_url("/"), email_verification="none"))  # type: ignore[no-any-return]


@require_http_methods(["GET", "HEAD", "POST"])
def device(request: HttpRequest, secret: str) -> HttpResponse:
    """Make this browser the device a key is for: kiosk, display, or another place without a person."""
    key = AccessKey.find(secret, now=timezone.now())
    if request.method != "POST" or key is None:
        role = words.said(key.role) if key else ""
        return render(request, "people/device.html", {"key": key, "role": role}, status=200 if key else 410)
    logout(request)
    request.session[DEVICE] = key.pk
    request.session.set_expiry(_YEAR)
    branch = getattr(key.unit, "branch", None)
    home = _HOMES.get(key.role)
    return redirect(home, branch.token) if home and branch else redirect("/")


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Show somebody their own account: language, password, second step, roles."""
    person = me(request)
    form = LanguageForm(request.POST or None, instance=User.objects.get(pk=person.pk))
    if request.method == "POST" and form.is_valid():
        form.save()
        with translation.override(form.instance.language):
            say(request, _("Saved."))
        return redirect("my_account")
    held = Membership.objects.held_by(person).select_related("unit").order_by("unit__path", "role")
    roles = [(words.said(one.role), one.unit) for one in held]
    return render(request, "people/account.html", {"form": form, "roles": roles})


def my_data(request: HttpRequest, form: str) -> HttpResponse:
    """Hand somebody all that is known of them."""
    known = known_of(me(request))
    return download(as_json(known) if form == "json" else as_csv(known), name=f"my-data.{form}")
