"""The app `outbox`."""

from __future__ import annotations

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """Names the app."""

    name = "troth.web.outbox"
    label = "outbox"
    default_auto_field = "django.db.models.BigAutoField"
