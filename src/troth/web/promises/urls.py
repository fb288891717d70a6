"""Where the pages of this app are, and whose they are."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, URLResolver

from troth.web.people.rights import LEADS, About, page
from troth.web.promises import views

_PROMISE: Final = About("promises.Promise", by="promise_id")

urlpatterns: list[URLPattern | URLResolver] = [
    page("promises", views.promises, "promises", needs=LEADS, changes=()),
    page("promises/<uuid:promise_id>", views.promise, "promise", needs=LEADS, changes=(), about=_PROMISE),
]
