"""The app `people`."""

from __future__ import annotations

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Names the app."""

    name = "troth.web.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"
