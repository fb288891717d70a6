"""What is said of input that is wrong, the same everywhere in the room."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from troth.core.decision import Issue, Severity


def error(code: str, where: str, value: object = "", advice: str = "") -> Issue:
    """Return an issue for which something is not counted."""
    return Issue(code, Severity.ERROR, where, str(value)[:80], advice)


def warning(code: str, where: str, value: object = "", advice: str = "") -> Issue:
    """Return an issue of what is counted but doubtful."""
    return Issue(code, Severity.WARNING, where, str(value)[:80], advice)


def info(code: str, where: str, value: object = "", advice: str = "") -> Issue:
    """Return what was taken for granted."""
    return Issue(code, Severity.INFO, where, str(value)[:80], advice)


def gathered(issues: Iterable[Issue]) -> tuple[Issue, ...]:
    """Return each issue once, with how many times it was seen."""
    found: dict[tuple[str, str], Issue] = {}
    for one in issues:
        key = (one.code, one.where)
        found[key] = replace(found[key], count=found[key].count + one.count) if key in found else one
    return tuple(found.values())
