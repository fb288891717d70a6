"""The way for browsers that cannot keep a stream open: asking now and then."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from troth.web.live.topics import find


@require_GET
def poll(request: HttpRequest, topic: str, key: str) -> HttpResponse:
    """Answer with what watchers of a key see now.

    Raises
    ------
    Http404 : there is nothing, or it is not for whoever asks.
    """
    found = find(topic, key=key, request=request)
    if found is None:
        raise Http404
    watched, unit_id = found
    answer = JsonResponse(dict(watched.shown(unit_id, [key]).get(key, {})))
    answer.headers["Cache-Control"] = "no-store"
    return answer
