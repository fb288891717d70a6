"""The site as an ASGI application: streams of live changes first, Django for everything else."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "troth.web.project.settings")

django.setup(set_prefix=False)

from troth.web.live.stream import Streams  # noqa: E402  (reads the settings)
from troth.web.project.asgi_threads import ThreadedHandler  # noqa: E402
from troth.web.project.bounded import Bounded  # noqa: E402

application = Bounded(Streams(ThreadedHandler()))
