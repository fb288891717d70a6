"""Choices and database constraints from the closed lists of `core.terms`."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.db import models


def choices(words: type[StrEnum]) -> list[tuple[str, str]]:
    """Return a closed list as choices of a field; screens translate the value."""
    return [(str(word), str(word).replace("_", " ")) for word in words]


def word(words: type[StrEnum], **options: Any) -> models.CharField[str, str]:
    """Return a text field that takes only the words of a closed list; see `only` for its constraint."""
    return models.CharField(max_length=24, choices=choices(words), **options)


def only(field: str, *, words: type[StrEnum], name: str) -> models.CheckConstraint:
    """Return the database constraint that keeps a field within a closed list."""
    return models.CheckConstraint(condition=models.Q(**{f"{field}__in": [str(w) for w in words]}), name=name)
