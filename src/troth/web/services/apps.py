"""The app `services`."""

from __future__ import annotations

from django.apps import AppConfig


class ServicesConfig(AppConfig):
    """Names the app."""

    name = "troth.web.services"
    label = "services"
    default_auto_field = "django.db.models.BigAutoField"
