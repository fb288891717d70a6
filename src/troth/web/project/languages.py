"""Choosing the language: kept in a cookie, and with the person where somebody is signed in."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from troth.web.people.models import User

_YEAR_S: Final = 365 * 24 * 3600


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Speak another language from now on, and go back to where the reader was."""
    wanted = request.POST.get("language", "")
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        back = "/"
    answer = HttpResponseRedirect(back)
    if wanted not in dict(settings.LANGUAGES):
        return answer
    if isinstance(request.user, User):
        User.objects.filter(pk=request.user.pk).update(language=wanted)
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, wanted, max_age=_YEAR_S, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )
    return answer
