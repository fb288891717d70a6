"""The app `insight`."""

from __future__ import annotations

from django.apps import AppConfig


class InsightConfig(AppConfig):
    """Names the app."""

    name = "troth.web.insight"
    label = "insight"
    default_auto_field = "django.db.models.BigAutoField"
