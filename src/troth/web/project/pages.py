"""Pages that belong to the whole site: the first page, and the sign of life."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path


def alive(_request: HttpRequest) -> HttpResponse:
    """Say that the process answers; asks nothing of the database."""
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [path("alive", alive, name="alive")]
