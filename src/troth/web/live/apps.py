"""The app `live`."""

from __future__ import annotations

from django.apps import AppConfig


class LiveConfig(AppConfig):
    """Names the app."""

    name = "troth.web.live"
    label = "live"
    default_auto_field = "django.db.models.BigAutoField"
