"""The app `project`."""

from __future__ import annotations

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Names the app."""

    name = "troth.web.project"
    label = "project"
    default_auto_field = "django.db.models.BigAutoField"
