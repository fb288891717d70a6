"""What the commands of `troth staff` share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError


def from_json(path: Path) -> Any:
    """Return what a JSON file says.

    Raises
    ------
    InputError : ``bad-json``.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeError) as error:
        advice = "Maybe a comma is missing."
        raise InputError([Issue("bad-json", Severity.ERROR, str(path), str(error)[:80], advice)]) from None


def pairs(given: tuple[str, ...], option: str, kind: Any, issues: list[Issue]) -> dict[str, Any]:
    """Return NAME=VALUE options by name; complain about those that are none."""
    found = {}
    for one in given:
        name, equals, value = one.partition("=")
        try:
            if not equals or not name:
                raise ValueError
            found[name] = kind(value)
        except ValueError:
            issues.append(
                Issue("bad-pair", Severity.ERROR, option, one, "Maybe NAME=VALUE, such as mail=4h or chat=2.")
            )
    return found
