"""The app `runs`."""

from __future__ import annotations

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Names the app."""

    name = "troth.web.runs"
    label = "runs"
    default_auto_field = "django.db.models.BigAutoField"
