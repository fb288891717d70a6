"""Where everything is."""

from __future__ import annotations

from django.urls import include, path

from troth.web.people.rights import ANYBODY, declare, page
from troth.web.project.languages import set_language

urlpatterns = [
    page("language", set_language, "set_language", needs=ANYBODY),
    path("accounts/", include("allauth.urls")),
    path("", include("troth.web.people.urls")),
    path("", include("troth.web.services.urls")),
    path("", include("troth.web.customers.urls")),
    path("", include("troth.web.flow.urls")),
    path("", include("troth.web.promises.urls")),
    path("", include("troth.web.insight.urls")),
    path("", include("troth.web.runs.urls")),
    path("", include("troth.web.live.urls")),
    path("api/", include("troth.web.api.urls")),
    path("", include("troth.web.project.tour")),
    path("", include("troth.web.project.pages")),
]
declare("live_poll", needs=ANYBODY)
handler400 = "troth.web.project.errors.bad_request"
handler403 = "troth.web.project.errors.forbidden"
handler404 = "troth.web.project.errors.not_found"
handler500 = "troth.web.project.errors.failed"
