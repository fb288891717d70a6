"""What the pages of a branch have in common: the branch, its day and zone, and doing something with an honest answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVar

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone

from troth.core.errors import InputError
from troth.web.common.say import say
from troth.web.common.words import day
from troth.web.flow.models import Branch
from troth.web.flow.said import refusal

T = TypeVar("T")
#: Where the session keeps the branch somebody looked at last.
LAST = "troth-branch"
_YEARS = range(2000, 2200)


def branch_of(code: str) -> Branch:
    """Return the branch of a unit's code.

    Raises
    ------
    Http404 : there is none. Whether the reader may see it was decided by the page's right.
    """
    return get_object_or_404(Branch.objects.select_related("unit"), unit__code=code)


def remember(request: HttpRequest, code: str) -> None:
    """Keep which branch somebody looks at; a page that draws itself anew writes no session, so it undoes no other's."""
    if request.session.get(LAST) != code:
        request.session[LAST] = code


def a_day(text: str) -> date | None:
    """Return the day a text says, None for one that is none or far off."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in _YEARS else None


def an_instant(text: str) -> datetime | None:
    """Return the instant a text says, None for one that is none, far off or without a zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo and found.year in _YEARS else None


def around(branch: Branch, *, now: datetime | None = None) -> dict[str, Any]:
    """Return what every template of a branch's page is given."""
    zone = branch.unit.zone
    moment = now or timezone.now()
    return {"branch": branch, "zone": zone, "now": moment, "day_in_words": day(moment, zone=zone)}


def attempt(request: HttpRequest, action: Callable[[], T], *, done: str = "", undo: str = "") -> T | None:
    """Do something; tell what was done, or why it could not be. Return what it gave, None when it was refused."""
    try:
        made = action()
    except InputError as error:
        for issue in error.issues[:3]:
            say(request, refusal(issue), wrong=True)
        return None
    if done:
        say(request, done, undo=undo)
    return made
