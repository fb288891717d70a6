"""Pages that belong to the whole site: the first page, and the sign of life."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from troth.web.people.rights import ANYBODY, page


def alive(_request: HttpRequest) -> HttpResponse:
    """Say that the process answers; asks nothing of the database."""
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [page("alive", alive, "alive", needs=ANYBODY)]
