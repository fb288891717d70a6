"""Honest pages for what goes wrong. No trace of the program is ever shown."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


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
    return _page(request, 500, "failed")


def stale(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the page was open too long to be believed; opening it anew helps."""
    del reason
    return _page(request, 403, "stale")
