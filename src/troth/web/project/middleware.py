"""Middleware: headers that keep pages to themselves, and the person behind a change."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from troth.web.common.audit import acting
from troth.web.project.errors import bad_request

log = logging.getLogger(__name__)

#: Nothing from elsewhere, nothing inline.
POLICY: Final = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; img-src 'self' data:; "
    "object-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; font-src 'self'; manifest-src 'self'"
)
_READS: Final = {"GET", "HEAD", "OPTIONS"}

Answer = Callable[[HttpRequest], HttpResponse]


class SecurityHeaders:
    """Adds the content security policy and what browsers may not do here."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the headers added."""
        answer = self.get_response(request)
        answer.headers.setdefault("Content-Security-Policy", POLICY)
        answer.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        # Files and JSON are as personal as pages: what may be kept says so itself, as scripts and styles do.
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Say that a value cannot be read where the database refuses it, such as one with a zero character in it."""
        if not isinstance(exception, DataError):
            return None
        log.warning("A value was refused: %s", str(exception).split("\n")[0])
        return bad_request(request)


class Person:
    """Names who makes a change, for the audit trail, and speaks the person's language."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer on behalf of the person who is signed in."""
        user = request.user
        if not user.is_authenticated:
            return self.get_response(request)
        if user.language:
            translation.activate(user.language)
            request.LANGUAGE_CODE = user.language
        if request.method in _READS:
            return self.get_response(request)
        with acting(user.code):
            return self.get_response(request)
