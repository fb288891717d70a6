"""The app `runs`."""

from __future__ import annotations

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Names the app, and the kinds of runs it has itself."""

    name = "troth.web.runs"
    label = "runs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the kinds known."""
        from troth.web.runs.bridge import REPORT
        from troth.web.runs.lifecycle import register

        register(REPORT)
