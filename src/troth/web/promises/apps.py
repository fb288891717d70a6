"""The app `promises`."""

from __future__ import annotations

from django.apps import AppConfig


class PromisesConfig(AppConfig):
    """Names the app."""

    name = "troth.web.promises"
    label = "promises"
    default_auto_field = "django.db.models.BigAutoField"
