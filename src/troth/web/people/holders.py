"""Whoever holds roles: a person who signed in, or a key that a program, kiosk or display shows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils import timezone

from troth.web.people.models import AccessKey, Membership, User

#: Where a device's key is kept between requests: its number in the session, set when the device is set up.
DEVICE: Final = "troth-device"
_BEARER: Final = "bearer "
#: The last use of a key is kept this coarsely, so that a busy one is not written all the time.
_SEEN: Final = timedelta(hours=1)

Holder = User | AccessKey | AnonymousUser


class Held(NamedTuple):
    """A role in a unit and everything below it."""

    role: str
    path: str

    def covers(self, path: str | None) -> bool:
        """Tell whether a unit is this one or below it; what has no unit is covered from the top."""
        return self.path.count("/") == 2 if path is None else path.startswith(self.path)


def held_by(who: Any) -> list[Held]:
    """Return the roles somebody holds today."""
    if isinstance(who, AccessKey):
        return [Held(who.role, who.unit.path)]
    if not getattr(who, "is_authenticated", False):
        return []
    day = timezone.now().date()
    kept: tuple[date, list[Held]] | None = getattr(who, "troth_held", None)  # a page asks many times, for its menu
    if kept is None or kept[0] != day:
        found = Membership.objects.held_by(who).values_list("role", "unit__path")
        kept = who.troth_held = (day, [Held(*row) for row in found])
    return kept[1]


def holder(request: HttpRequest) -> Holder:
    """Return who asks: the person of the session, else the key of the request, else nobody."""
    user = request.user
    if isinstance(user, User) and user.is_authenticated:
        return user
    return key_of(request) or AnonymousUser()


def key_of(request: HttpRequest) -> AccessKey | None:
    """Return the key a request comes with, if it is in force: in its header, or that of a device that was set up."""
    now = timezone.now()
    said = request.headers.get("Authorization", "")
    if said.lower().startswith(_BEARER):
        key = AccessKey.find(said[len(_BEARER) :].strip(), now=now)
    else:
        kept = request.session.get(DEVICE) if hasattr(request, "session") else None
        key = AccessKey.in_force(now=now).filter(pk=kept).first() if kept else None
    if key is not None and (key.used_at is None or key.used_at < now - _SEEN):
        AccessKey.objects.filter(pk=key.pk).update(used_at=now)
    return key
