"""The app `planning`."""

from __future__ import annotations

from django.apps import AppConfig


class PlanningConfig(AppConfig):
    """Names the app."""

    name = "troth.web.planning"
    label = "planning"
    default_auto_field = "django.db.models.BigAutoField"
