"""What truly happened, written down by the world itself while it runs, never read from the log."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Contact:
    """One leg of a contact in one queue. Times in milliseconds, -1 while not happened."""

    no: int
    case: Case
    queue: int
    lane: int
    topic: int
    direction: int  # 0 in, 2 out
    arrived: int
    previous: int = -1
    queued: int = -1
    called: int = -1
    answered: int = -1
    ended: int = -1
    wrapped: int = -1
    left: int = -1
    held_ms: int = 0
    touch_ms: int = 0
    agent: int = -1
    end: str = ""  # answered, abandoned, balked, no_show, callback, bot
    state: int = 0  # 0 waiting, 1 served, 2 gone
    promise: int = -1
    due: int = -1
    handed_on: bool = False
    first: bool = True
    booking: int = -1
    solved: bool = False
    patience: int = 0


@dataclass(slots=True)
class Case:
    """One matter of a customer. Times in milliseconds, -1 while not happened."""

    no: int
    customer: int
    queue: int
    lane: int
    topic: int
    came: int
    priority: int = 3
    opened: int = -1
    from_: int = -1  # where the clock of the first human reply starts: opening, bot's end or reopening
    reply_from: int = -1
    replied: int = -1
    proposed: int = -1
    solved: list[int] = field(default_factory=list)
    reopened: list[int] = field(default_factory=list)
    closed: int = -1
    last_reply: int = -1
    replies: int = 0
    contacts: int = 0
    agent: int = -1
    assigned: int = -1
    stints: int = 0
    raised: bool = False
    handed: int = 0
    moved: int = 0
    teams: int = 0
    status: str = "new"
    bot_solved: bool = False
    worked: bool = False


@dataclass(slots=True)
class Survey:
    """One survey: when asked, when answered (-1: never), satisfaction 1-5, resolved 1, 0 or -1 (don't know)."""

    no: int
    case: int
    contact: int
    sent: int
    answered: int = -1
    satisfaction: int = 0
    resolved: int = -1
    one_contact: bool = False


@dataclass(slots=True)
class Ledger:
    """All true records of one site. Agent days are (agent, day, state -> milliseconds)."""

    contacts: list[Contact] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    surveys: list[Survey] = field(default_factory=list)
    reviews: list[tuple[int, int, float]] = field(default_factory=list)
    promises: list[tuple[int, int, int, float]] = field(default_factory=list)
    turns: list[tuple[int, int, int, int]] = field(default_factory=list)
    touches: list[tuple[int, int, int, int]] = field(default_factory=list)
    shifts: list[tuple[int, int, int, dict[int, int]]] = field(default_factory=list)
    counters: list[tuple[int, int, int]] = field(default_factory=list)
