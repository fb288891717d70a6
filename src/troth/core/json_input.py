"""JSON that people wrote: what is wrong with a text told with its place, and words nearly right with the word that is meant."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from difflib import get_close_matches
from typing import Any, Final, NoReturn

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

#: A text of more characters is likelier another file than an input.
MOST_TEXT: Final = 400_000_000
#: An advice lists so many words at most, an issue shows so much of a value.
_NAMED: Final = 24
_SHOWN: Final = 80


class FaultError(Exception):
    """A value that cannot be used; the issue is told already."""


class Faults:
    """What is wrong with an input, gathered while it is read.

    Parameters
    ----------
    issues : all that was wrong so far.
    """

    def __init__(self) -> None:
        self.issues: list[Issue] = []

    def tell(self, code: str, where: str, value: Any, advice: str, severity: Severity = Severity.ERROR) -> None:
        """Tell an issue and go on."""
        shown = written(value)
        short = shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 3]}..."
        self.issues.append(Issue(code, severity, where, short, advice))

    def wrong(self, code: str, where: str, value: Any, advice: str) -> NoReturn:
        """Tell an issue and give the value up.

        Raises
        ------
        FaultError : always.
        """
        self.tell(code, where, value, advice)
        raise FaultError


def written(value: Any) -> str:
    """Return plain data as text, as an issue shows it.

    Examples
    --------
    >>> written("as it is"), written([1, None])
    ('as it is', '[1, null]')
    """
    try:
        return value if isinstance(value, str) else json.dumps(value, default=str)
    except (RecursionError, ValueError):
        return type(value).__name__


def loaded(text: str, *, name: str) -> Any:
    """Return the data of a JSON text.

    Parameters
    ----------
    name : of the text, for issues.

    Raises
    ------
    InputError
        It is none (``not-json``), keys are there twice (``key-twice``, all of them), brackets nest too deeply, or it is too long (``too-large``).

    Examples
    --------
    >>> loaded('{"visits": [1, 2]}', name="day.json")
    {'visits': [1, 2]}
    """
    again: list[str] = []

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            again.extend(key for key, n in Counter(key for key, _ in pairs).items() if n > 1)
        return found

    if len(text) > MOST_TEXT:
        raise InputError([Issue("too-large", Severity.ERROR, name, f"{len(text):,}", "Maybe it is another file.")])
    try:
        data = json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        where = f"{name}, line {error.lineno}, column {error.colno}"
        advice = "Maybe a comma or a quote is missing, or the file is cut off or of another format."
        raise InputError([Issue("not-json", Severity.ERROR, where, error.msg, advice)]) from error
    except (ValueError, RecursionError) as error:
        advice = "Maybe a number has too many digits, or brackets are not closed."
        raise InputError([Issue("not-json", Severity.ERROR, name, str(error)[:80], advice)]) from error
    if again:
        advice = "Maybe one of the two has another name."
        raise InputError([Issue("key-twice", Severity.ERROR, name, key[:80], advice) for key in again])
    return data


def near(word: str, *, known: Collection[str], otherwise: str | None = None) -> str:
    """Return an advice that names the known word nearest to one that is not.

    Parameters
    ----------
    otherwise : the advice if none is near; the known words if left out.

    Examples
    --------
    >>> near("techncian", known=["technician", "visits"]), near("x", known=["technician", "visits"])
    ('Maybe technician is meant.', 'Maybe one of technician, visits is meant.')
    """
    found = get_close_matches(word.lower(), list(known), 1, 0.6)
    if found:
        return f"Maybe {found[0]} is meant."
    if otherwise is not None:
        return otherwise
    some = sorted(known)
    if not some:
        return "Maybe leave it out: there is none to name."
    return f"Maybe one of {', '.join(some[:_NAMED])}{' and others' if len(some) > _NAMED else ''} is meant."
