"""How an unusable row is told."""

from __future__ import annotations

from troth.core.decision import Issue, Severity


def error(code: str, where: str, value: object, advice: str) -> Issue:
    """Return an issue of a row that cannot be used."""
    return Issue(code, Severity.ERROR, where, "" if value is None else str(value), advice)
