"""The app `api`."""

from __future__ import annotations

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Names the app."""

    name = "troth.web.api"
    label = "api"
    default_auto_field = "django.db.models.BigAutoField"
