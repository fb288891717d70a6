"""The site as an ASGI application: streams of live changes first, Django for everything else."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "troth.web.project.settings")

_django = get_asgi_application()

from troth.web.live.stream import Streams  # noqa: E402  (reads the settings)

application = Streams(_django)
