"""The site as an ASGI application: streams of live changes first, Django for everything else."""

from __future__ import annotations

import gc
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "troth.web.project.settings")

django.setup(set_prefix=False)

from django.urls import get_resolver  # noqa: E402

from troth.web.live.stream import Streams  # noqa: E402  (reads the settings)
from troth.web.project.asgi_threads import ThreadedHandler  # noqa: E402
from troth.web.project.bounded import Bounded  # noqa: E402

application = Bounded(Streams(ThreadedHandler()))

_ = get_resolver().url_patterns  # all pages, now and not with the first request

# A request and what hangs on it hold each other, so only a full collection frees them; and Python puts that off until as
# much is new as a quarter of what lives long, which is the whole program. What is loaded by now is never garbage: set apart.
gc.collect()
gc.freeze()
