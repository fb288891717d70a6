"""What the views of this app share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Final

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from troth.core.errors import InputError
from troth.web.common.say import say
from troth.web.people import words
from troth.web.people.models import User

_KINDS: Final = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def me(request: HttpRequest) -> User:
    """Return who is signed in; pages that use it are not open to others.

    Raises
    ------
    TypeError : nobody is: the page is wrongly declared.
    """
    if not isinstance(request.user, User):
        raise TypeError("this page needs somebody who signed in")
    return request.user


def download(content: bytes, *, name: str) -> HttpResponse:
    """Answer with a file to be kept."""
    answer = HttpResponse(content, content_type=_KINDS[name.rsplit(".", 1)[1]])
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


def tried(request: HttpRequest, done: Callable[[], Any], *, said: str) -> bool:
    """Do something and say so; if it cannot be done, say why. Tell whether it was done."""
    try:
        done()
    except InputError as error:
        for issue in error.issues:
            say(request, words.sentence(issue), wrong=True)
        return False
    say(request, said)
    return True


def say_faults(request: HttpRequest, form: BaseForm) -> None:
    """Say what is wrong with a short form that is not shown again."""
    for name, faults in form.errors.items():
        label = form.fields[name].label if name in form.fields else ""
        for fault in faults:
            say(request, f"{label}: {fault}" if label else str(fault), wrong=True)


def today(person: User) -> date:
    """Return the day where a person works."""
    from troth.web.people.tables import zone_of

    return timezone.now().astimezone(zone_of(person)).date()
