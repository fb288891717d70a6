"""The app `flow`."""

from __future__ import annotations

from django.apps import AppConfig


class FlowConfig(AppConfig):
    """Names the app."""

    name = "troth.web.flow"
    label = "flow"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make known what can be watched."""
        from troth.web.flow.live_topics import register_topics

        register_topics()
