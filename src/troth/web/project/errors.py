"""Honest pages for what goes wrong. No trace of the program is ever shown."""

from __future__ import annotations

import sys
from typing import Final

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

#: Seconds after which it is worth trying again when the database is away.
AGAIN_S: Final = "5"


def _page(request: HttpRequest, status: int, name: str) -> HttpResponse:
    return render(request, f"errors/{name}.html", status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that the request could not be read."""
    del exception
    return _page(request, 400, "bad_request")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that the page is not this person's."""
    del exception
    return _page(request, 403, "forbidden")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that there is nothing here (or nothing this person may see)."""
    del exception
    return _page(request, 404, "not_found")


def failed(request: HttpRequest) -> HttpResponse:
    """Say that we failed; the log has the rest."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return away()
    return _page(request, 500, "failed")


def away() -> HttpResponse:
    """Say that the database is not there, without asking it who reads; it may be back in a moment."""
    answer = HttpResponse(render_to_string("errors/away.html"), status=503)
    answer.headers["Retry-After"] = AGAIN_S
    return answer


def stale(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the page was open too long to be believed; opening it anew helps."""
    del reason
    return _page(request, 403, "stale")
