"""The app `customers`."""

from __future__ import annotations

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """Names the app."""

    name = "troth.web.customers"
    label = "customers"
    default_auto_field = "django.db.models.BigAutoField"
