"""Where the pages of this app are: for everybody, for each topic looks at rights by itself. Streams, at the same addresses without ``.json``, are served by `stream`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from troth.web.live.views import poll

urlpatterns: list[URLPattern | URLResolver] = [path("live/<slug:topic>/<path:key>.json", poll, name="live_poll")]
