"""What cannot be done to a ticket, counter or appointment as it is now, and transactions that may be tried again."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, SerializationFailure

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.web.common.ready import remembered
from troth.web.common.together import together

P = ParamSpec("P")
R = TypeVar("R")

#: How often an action is begun in all when the database asks for it to be begun anew.
_TRIES: Final = 3


class Refused(InputError):  # noqa: N818 - reads as what happened: the action was refused
    """An action that the state of things does not allow; nothing was changed. It carries exactly one issue.

    Parameters
    ----------
    code : a stable word such as ``not-waiting``.
    where : what it is about: ``ticket``, ``counter``, ``slot``.
    value : its name or state, as people know it.
    advice : a sentence that begins with "Maybe".
    """

    def __init__(self, code: str, *, where: str, value: object = "", advice: str) -> None:
        super().__init__([Issue(code, Severity.ERROR, where, str(value), advice)])

    @property
    def code(self) -> str:
        """The code of the one issue."""
        return self.issues[0].code


def one_transaction(action: Callable[P, R]) -> Callable[P, R]:
    """Run an action in one transaction. Of two that wait for each other the database ends one; that one begins anew."""

    @wraps(action)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        tries = 1 if connection.in_atomic_block else _TRIES
        committed: list[bool] = []
        for _ in range(tries - 1):
            try:
                with remembered(), together(), transaction.atomic():
                    transaction.on_commit(lambda: committed.append(True))
                    return action(*args, **kwargs)
            except OperationalError as error:
                # What follows a commit may fail so as well, but what was done must not be done again.
                if committed or not isinstance(error.__cause__, DeadlockDetected | SerializationFailure):
                    raise
        with remembered(), together(), transaction.atomic(savepoint=False):
            return action(*args, **kwargs)

    return run
