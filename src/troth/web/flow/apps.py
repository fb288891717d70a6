"""The app `flow`."""

from __future__ import annotations

from django.apps import AppConfig


class FlowConfig(AppConfig):
    """Names the app."""

    name = "troth.web.flow"
    label = "flow"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make known what can be watched, how long what is kept and what helps a promise, and write to those who got a place."""
        from troth.web.flow.appointments import place_found
        from troth.web.flow.helps import register_helps
        from troth.web.flow.letters import tell_of_place
        from troth.web.flow.live_topics import register_topics
        from troth.web.flow.retention import register_retention

        register_topics()
        register_retention()
        register_helps()
        place_found.connect(tell_of_place)
