"""Pages that belong to the whole site: the first page, and the sign of life."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from troth.core.terms import Role
from troth.web.people.models import User
from troth.web.people.rights import ANYBODY, LEADS, SIGNED_IN, page
from troth.web.project.frame import menu
from troth.web.project.tour import begun


def alive(_request: HttpRequest) -> HttpResponse:
    """Say that the process answers; asks nothing of the database."""
    return HttpResponse("ok", content_type="text/plain")


def first(request: HttpRequest) -> HttpResponse:
    """Go to where somebody's work is: clerks to their counter, leads to the day, others to what they may open.

    In the demo the tour comes first.
    """
    assert isinstance(request.user, User)
    if settings.DEMO and not begun(request):
        return redirect("tour")
    if request.user.has_role(Role.CLERK, Role.AGENT) and not request.user.has_role(*LEADS):
        return redirect("counter")
    links = [link for _group, found in menu(request) for link in found]
    return redirect(links[0].href if links else "my_account")


urlpatterns = [
    page("", first, "first", needs=SIGNED_IN),
    page("alive", alive, "alive", needs=ANYBODY),
]
