"""What every page shows around its content: who reads, the menu of what they may open, the languages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language, gettext_lazy

from troth.web.common.words import day
from troth.web.people.models import User
from troth.web.people.rights import PAGES, may
from troth.web.people.tables import zone_of
from troth.web.project.tour import touring

#: The menu: name of the page (the first that is there), words, icon; by group. What somebody may not open is not shown.
MENU: Final = (
    ("", (
        (("today",), gettext_lazy("Today"), "today"),
        (("counter",), gettext_lazy("Counter"), "counter"),
        (("reception",), gettext_lazy("Reception"), "reception"),
        (("appointments",), gettext_lazy("Appointments"), "calendar"),
    )),
    (gettext_lazy("How it goes"), (
        (("insight_now", "insight"), gettext_lazy("Figures"), "chart"),
        (("promises",), gettext_lazy("Promises"), "promise"),
        (("runs",), gettext_lazy("Reports"), "run"),
    )),
    (gettext_lazy("Who and what"), (
        (("customers",), gettext_lazy("Customers"), "customer"),
        (("services",), gettext_lazy("Services"), "service"),
        (("people",), gettext_lazy("People"), "people"),
        (("branches",), gettext_lazy("Branches"), "place"),
        (("units",), gettext_lazy("Organisation"), "settings"),
        (("keys",), gettext_lazy("Devices"), "kiosk"),
        (("trail",), gettext_lazy("Changes"), "trail"),
        (("tour",), gettext_lazy("Tour"), "tour"),
    )),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """One line of the menu."""

    href: str
    words: Any
    icon: str
    here: bool


@dataclass(frozen=True, slots=True)
class Language:
    """One language the site speaks, called as its speakers call it."""

    code: str
    name: str
    here: bool


def menu(request: HttpRequest) -> list[tuple[Any, list[Link]]]:
    """Return the groups of the menu with the links somebody may open."""
    person = getattr(request, "user", None)
    if not getattr(person, "is_authenticated", False):
        return []
    current = getattr(request.resolver_match, "url_name", "") or ""
    groups = []
    for words, entries in MENU:
        links = [link for names, text, icon in entries if (link := _link(person, names, text, icon, current))]
        if links:
            groups.append((words, links))
    return groups


def _link(person: Any, names: tuple[str, ...], text: Any, icon: str, current: str) -> Link | None:
    for name in names:
        if name in PAGES and may(person, name) and (name != "tour" or settings.DEMO):
            try:
                return Link(
                    href=reverse(name),
                    words=text,
                    icon=icon,
                    here=_part(current) == _part(name),
                )
            except NoReverseMatch:
                continue
    return None


def _part(name: str) -> str:
    """Return what pages of one part of the site share in their names: ``customers`` and ``customer_edit`` the same."""
    first = name.split("_", maxsplit=1)[0].removesuffix("s")
    return {"person": "people", "explain": "insight", "board": "insight"}.get(first, first)


def languages() -> list[Language]:
    """Return the languages of the site."""
    here = get_language()
    return [Language(code=code, name=name, here=code == here) for code, name in settings.LANGUAGES]


def _zone(request: HttpRequest) -> tzinfo:
    """Return the zone whose day it is for whoever reads: that of where they work."""
    user = getattr(request, "user", None)
    return zone_of(user) if isinstance(user, User) else timezone.get_current_timezone()


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the names every template may use."""
    return {
        "person": getattr(request, "user", None),
        "menu": SimpleLazyObject(lambda: menu(request)),
        "touring": SimpleLazyObject(lambda: touring(request)),
        "languages": SimpleLazyObject(languages),
        "date_in_words": SimpleLazyObject(lambda: day(timezone.now(), zone=_zone(request))),
        "date_in_letters": SimpleLazyObject(lambda: day(timezone.now(), zone=_zone(request), short=True)),
    }
