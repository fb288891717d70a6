"""Where the pages of this app are, and who may open them."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, URLResolver

from troth.web.people.rights import STAFF, About, page
from troth.web.services import views

_CHANGE: Final = set(views.OFFERS)

urlpatterns: list[URLPattern | URLResolver] = [
    page("services", views.services, "services", needs=STAFF),
    page("services/new", views.service_new, "service_new", needs=_CHANGE, whole=True),
    page("services/<str:code>", views.service, "service", needs=STAFF),
    page("services/<str:code>/edit", views.service_edit, "service_edit", needs=_CHANGE, whole=True),
    page("services/<str:code>/end", views.service_end, "service_end", needs=_CHANGE, whole=True),
    page(
        "services/<str:code>/at/<str:unit>", views.service_offer, "service_offer", needs=_CHANGE,
        about=About("people.Unit", by="code", unit="", arg="unit"),
    ),
]  # fmt: skip
