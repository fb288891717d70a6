"""Where programs find the API, and what each key may do there."""

from __future__ import annotations

from django.urls import path

from troth.web.api import bookings, branches, counters
from troth.web.api.door import api

for router in (branches.router, counters.router, bookings.router):
    api.add_router("", router)

urlpatterns = [path("v1/", api.urls)]
