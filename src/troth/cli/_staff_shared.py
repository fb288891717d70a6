"""What the commands of `troth staff` share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.json_input import loaded


def from_json(path: Path) -> Any:
    """Return what a JSON file says.

    Raises
    ------
    InputError : as `troth.core.json_input.loaded`, or ``bad-encoding``.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeError as error:
        advice = "Maybe save it as UTF-8."
        raise InputError([Issue("bad-encoding", Severity.ERROR, path.name, str(error)[:80], advice)]) from None
    return loaded(text, name=path.name)


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
