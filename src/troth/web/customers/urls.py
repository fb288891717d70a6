"""Where the pages of this app are, and who may open them."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, URLResolver

from troth.core.terms import Role
from troth.web.customers import views
from troth.web.people.rights import SERVERS, About, page

_ONE: Final = About("customers.Customer", by="pseudonym")
_MERGE: Final = views.MERGES
_PRIVACY: Final = {Role.ADMINISTRATOR}

urlpatterns: list[URLPattern | URLResolver] = [
    page("customers", views.customers, "customers", needs=SERVERS),
    page("customers/new", views.customer_new, "customer_new", needs=SERVERS),
    page("customers/duplicates", views.duplicates, "customer_duplicates", needs=_MERGE),
    page("customers/<str:pseudonym>", views.customer, "customer", needs=SERVERS, about=_ONE),
    page("customers/<str:pseudonym>/edit", views.customer_edit, "customer_edit", needs=SERVERS, about=_ONE),
    page("customers/<str:pseudonym>/note", views.customer_note, "customer_note", needs=SERVERS, about=_ONE),
    page("customers/<str:pseudonym>/consent", views.customer_consent, "customer_consent", needs=SERVERS, about=_ONE),
    page("customers/<str:pseudonym>/merge/<str:other>", views.customer_merge, "customer_merge", needs=_MERGE, about=_ONE),
    page("customers/<str:pseudonym>/part/<str:other>", views.customer_part, "customer_part", needs=_MERGE, about=_ONE),
    page("customers/<str:pseudonym>/data.<file:form>", views.customer_data, "customer_data", needs=_PRIVACY, about=_ONE),
    page("customers/<str:pseudonym>/erase", views.customer_erase, "customer_erase", needs=_PRIVACY, about=_ONE),
]  # fmt: skip
