"""What truly happened in the field, written down by the world itself, never read from the log."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

#: How a visit can end, and why it did not settle the matter.
OUTCOMES: Final = ("fixed", "part", "skill", "access", "diagnosis", "not_home", "cancelled")


@dataclass(slots=True)
class FieldJob:
    """One matter of a customer. Times in milliseconds, -1 while not happened; `needs` is what it truly takes."""

    no: int
    key: str
    place: int
    service: int
    channel: str
    opened: int
    needs: tuple[str, ...] = ()
    hard: int = 1
    known: tuple[str, ...] = ()
    level: int = 1
    resolved: int = -1
    closed: int = -1
    visits: int = 0


@dataclass(slots=True)
class FieldVisit:
    """One visit. Times in milliseconds, -1 while not happened.

    Parameters
    ----------
    first, window : the window as first promised (or as the customer last wished), and as last.
    broke : whether a promise about it was broken.
    luck : the visit's own chance, drawn when it is asked for: the same whoever goes and whenever.
    agent : number of the technician; `outcome`: one of `OUTCOMES`.
    state : asked, open, away (somebody is on the way or there), done.
    """

    no: int
    job: FieldJob
    attempt: int
    luck: tuple[float, ...]
    earliest: str = ""
    asked: int = -1
    first: tuple[int, int] = (-1, -1)
    window: tuple[int, int] = (-1, -1)
    promise: int = -1
    promised_ends: int = -1
    state: str = "asked"
    agent: int = -1
    left: int = -1
    arrived: int = -1
    started: int = -1
    ended: int = -1
    outcome: str = ""
    stated: float = 0.0
    kept: int = -1
    broke: bool = False


@dataclass(slots=True)
class FieldLedger:
    """All true records: visits, matters, paid time (agent, start, end), promises (settled, kept, stated probability)."""

    visits: list[FieldVisit] = field(default_factory=list)
    jobs: list[FieldJob] = field(default_factory=list)
    shifts: list[tuple[int, int, int]] = field(default_factory=list)
    promises: list[tuple[int, bool, float]] = field(default_factory=list)
