"""Who may open which page: one table, filled by `page`, which each app's `urls.py` uses instead of `path`.

A page is *visible* when what its address names lies in a unit where somebody has any role; it is *theirs* when they
hold one of the page's roles in that unit or above it. What is not visible does not exist (404), so that nobody learns
which ids there are; a visible page that is not theirs is refused (403); a visitor is asked to sign in.

>>> from troth.core.terms import Role
>>> sorted(LEADS & {Role.AGENT, Role.TEAM_LEAD})
[<Role.TEAM_LEAD: 'team_lead'>]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.apps import apps
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.urls import URLPattern, path
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from troth.core.terms import Role
from troth.web.people.holders import Held, held_by, holder
from troth.web.people.models import AccessKey, Membership

#: Open to everybody: customers by an unguessable link, visitors, programs with a key of their own check.
ANYBODY: Final = frozenset({"anybody"})
#: Open to whoever is signed in, whatever the role.
SIGNED_IN: Final = frozenset({"signed_in"})

STAFF: Final = frozenset(set(Role) - {Role.DISPLAY, Role.KIOSK})
LEADS: Final = frozenset(
    {Role.ADMINISTRATOR, Role.OPERATIONS_LEAD, Role.TEAM_LEAD, Role.PLANNER, Role.DISPATCHER, Role.AUDITOR}
)
#: Those who see the customers they serve.
SERVERS: Final = frozenset(
    {Role.ADMINISTRATOR, Role.OPERATIONS_LEAD, Role.TEAM_LEAD, Role.DISPATCHER, Role.QUALITY_SPECIALIST, Role.SALES,
     Role.AGENT, Role.CLERK, Role.TECHNICIAN}
)  # fmt: skip

_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})

Needs = Iterable[Role] | frozenset[str]
View = Callable[..., Any]  # answers, or promises to answer where it is async


@dataclass(frozen=True, slots=True)
class About:
    """What the address of a page names: a row, and the way from it to its unit.

    Parameters
    ----------
    model : ``app.Model``.
    by : the field the address gives.
    unit : the way to the unit, such as ``branch__unit``; empty where the row is the unit.
    arg : the name in the route; that of the field by default.
    held : the row is a person, who lies in the units where they have a role, or had one and have none anywhere.
    """

    model: str
    by: str = "pk"
    unit: str = "unit"
    arg: str = ""
    held: bool = False

    def paths(self, arguments: Mapping[str, Any]) -> list[str | None]:
        """Return the paths of the units a row lies in: none if there is no row, null where it lies in no unit."""
        model: Any = apps.get_model(self.model)
        rows = model.objects.filter(**{self.by: arguments[self.arg or self.by]})
        if self.held:
            telling = Membership.objects.telling(timezone.now().date()).filter(user__in=rows)
            if there := list(telling.values_list("unit__path", flat=True)):
                return list(there)
        return list(rows.values_list(f"{self.unit}__path" if self.unit else "path", flat=True))


@dataclass(frozen=True, slots=True)
class PageRight:
    """A line of the table: who may look at a page, who may change something by it, and what it is about.

    `whole` says that what it changes belongs to the whole organisation: the role must be held at the top.
    """

    name: str
    sees: frozenset[str]
    changes: frozenset[str]
    about: About | None = None
    whole: bool = False

    def fits(self, one: Held, method: str | None) -> bool:
        """Tell whether a role is one that a method needs."""
        return one.role in self.needed(method) and (method in _READS or not self.whole or one.covers(None))

    def needed(self, method: str | None) -> frozenset[str]:
        """Return what a method needs."""
        return self.sees if method in _READS else self.changes


#: The table. Every named page of the site is in it, or its test fails.
PAGES: Final[dict[str, PageRight]] = {}


def declare(
    name: str, *, needs: Needs, changes: Needs | None = None, about: About | None = None, whole: bool = False
) -> PageRight:
    """Write a page into the table; for pages of other people's apps, which check by themselves.

    Raises
    ------
    ValueError : two pages of one name.
    """
    sees = frozenset(str(word) for word in needs)
    does = sees if changes is None else frozenset(str(word) for word in changes)
    made = PageRight(name=name, sees=sees, changes=does, about=about, whole=whole)
    if PAGES.setdefault(name, made) != made:
        raise ValueError(f"two pages are called {name!r}")
    return made


def page(
    route: str,
    view: View,
    name: str,
    *,
    needs: Needs,
    changes: Needs | None = None,
    about: About | None = None,
    whole: bool = False,
) -> URLPattern:
    """Return the URL of a page and write who may open it into the table.

    Parameters
    ----------
    route : as for Django's `path`.
    view : a view, plain or async; it is called only for those who may.
    name : unique in the whole site.
    needs : the roles that may look (any of them is enough), `ANYBODY` or `SIGNED_IN`.
    changes : the roles that may post; those who may look by default.
    about : what the address names. Without it a role anywhere is enough, and the view itself reads only through
        ``visible_to``.
    whole : what is changed belongs to the whole organisation, so the role must be held at its top.
    """
    right = declare(name, needs=needs, changes=changes, about=about, whole=whole)
    return path(route, guarded(view, right=right), name=name)


def guarded(view: View, *, right: PageRight) -> View:
    """Return a view that is called only for those who may."""
    if iscoroutinefunction(view):

        @wraps(view)
        async def waiting(request: HttpRequest, *args: Any, **arguments: Any) -> Any:
            refused = await sync_to_async(_refusal)(request, right, arguments)
            return refused or await view(request, *args, **arguments)

        return waiting

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **arguments: Any) -> Any:
        return _refusal(request, right, arguments) or view(request, *args, **arguments)

    return checked


def _refusal(request: HttpRequest, right: PageRight, arguments: Mapping[str, Any]) -> HttpResponse | None:
    """Answer whoever may not; nothing for those who may.

    Raises
    ------
    Http404, PermissionDenied : not visible; visible and not theirs.
    """
    needed = right.needed(request.method)
    if needed == ANYBODY:
        return None
    who = holder(request)
    if not who.is_authenticated:
        return _sign_in_first(request)
    if right.about is None and isinstance(who, AccessKey):
        raise PermissionDenied  # such a page is about the person who looks at it; a key is none
    if needed == SIGNED_IN and right.about is None:
        return None
    held = held_by(who)
    if right.about is not None:
        held = _there(held, right.about.paths(arguments))
        if not held:
            raise Http404
    if needed != SIGNED_IN and not any(right.fits(one, request.method) for one in held):
        raise PermissionDenied
    return None


def _there(held: list[Held], paths: list[str | None]) -> list[Held]:
    """Return the roles that hold in one of the units; what has no unit is of the whole organisation."""
    return [one for one in held if any(one.covers(path) for path in paths)]


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(resolve_url("account_login"))
    wants = request.headers.get("Accept", "")
    if "text/html" not in wants and ("application/json" in wants or "text/event-stream" in wants):
        return HttpResponse(status=401, content_type="text/plain")
    return redirect_to_login(request.get_full_path(), resolve_url("account_login"))


def may(who: Any, name: str, *, method: str = "GET", about: Mapping[str, Any] | None = None) -> bool:
    """Tell whether somebody may open a page: for menus and links, which show only what can be opened.

    Parameters
    ----------
    about : what stands in its address, for a page about one thing; without it a role anywhere is enough.
    """
    right = PAGES[name]
    needed = right.needed(method)
    if needed == ANYBODY:
        return True
    if not getattr(who, "is_authenticated", False):
        return False
    held = held_by(who)
    if about is not None and right.about is not None:
        held = _there(held, right.about.paths(about))
    return needed == SIGNED_IN or any(right.fits(one, method) for one in held)
