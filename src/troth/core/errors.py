"""The exceptions Troth raises.

TrothError
 +-- InputError      wrong use or unusable input; carries every issue found
 +-- StoreError      the lake could not be read or written
      +-- LostRaceError   somebody else changed the same thing first; nothing was changed here
      +-- BucketError     the bucket a lake lies in could not be reached or used; carries the issue
"""

from __future__ import annotations

from collections.abc import Sequence

from troth.core.decision import Issue


class TrothError(Exception):
    """Base of every error a caller may want to catch."""


class InputError(TrothError, ValueError):
    """The input cannot be used; `issues` lists all that is wrong with it."""

    def __init__(self, issues: Sequence[Issue]) -> None:
        self.issues = tuple(issues)
        super().__init__("; ".join(str(issue) for issue in self.issues))


class StoreError(TrothError, OSError):
    """The lake could not be read or written."""


class LostRaceError(StoreError):
    """Somebody else changed the same files of the lake first; nothing was changed here, and a new look may succeed."""


class BucketError(StoreError):
    """The bucket a lake lies in could not be reached or used; `issue` says what is wrong."""

    def __init__(self, issue: Issue) -> None:
        self.issue = issue
        super().__init__(str(issue))
