"""The records a simulation is made of, as flat arrays: one row a contact, an agent, a queue, an event.

Times are microseconds since 1970 UTC as in the log. Whoever is nobody or nowhere is -1.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

#: An instant that never comes.
NEVER: Final = 1 << 62
NOBODY: Final = -1

# What a draw is for: each has numbers of its own.
(
    ARRIVAL,
    HANDLE,
    WRAP,
    PATIENCE,
    WALK,
    BALK,
    REDIAL,
    REDIAL_DELAY,
    CALLBACK,
    CALLBACK_DELAY,
    ONWARD,
    ONWARD_DELAY,
    LATE,
    SHOWS,
) = (  # fmt: skip
    range(14)
)
PURPOSES: Final = 14
#: Contacts of one customer are told apart in draws up to this many.
LEGS: Final = 1024

# How customers of a stream come.
RATES, PATHS, STAMPS, BOOKED = range(4)

# What becomes of a contact.
OPEN, ANSWERED, ABANDONED, BALKED, CALLED_BACK, NO_SHOW, UNSERVED = range(7)
OUTCOMES: Final = ("open", "answered", "abandoned", "balked", "callback", "no_show", "unserved")

# Where a contact is. COMING is known already and not there yet; EARLY is there and may not be called yet.
COMING, EARLY, WAITING, HELD, GONE = range(5)
# What the agent does with a contact that is held.
SERVING, WRAPPING, MISSING = range(3)

# What an agent is shown to do, as `core.terms.AgentState`; the last two are stretches beside it.
OFFLINE, AVAILABLE, ON_CONTACT, WRAP_UP, BREAK, MEETING, TRAINING, ABSENT = range(8)
STATES: Final = ("offline", "available", "on_contact", "wrap", "break", "meeting", "training", "absent")
SHIFT, COUNTER = 8, 9

# In which list of its profile an agent stands: free, with a free hand, or at work that can be interrupted.
NO_LIST, FREE, PARTLY, SLACK = range(4)

# Events of the heap. At one instant the lower comes first: all who may be called from then on stand in line before an
# agent looks who is next, and work ends before anybody gives up.
READY, END, COME, OFFER, LEAVE = range(5)
# Changes known beforehand.
DUTY, COUNTERS, HOURS = range(3)
# Marks on a contact's way that its row has no room for.
PARKED, RESUMED = range(2)


def _record(*fields: tuple[str, Any]) -> np.dtype[Any]:
    return np.dtype(list(fields), align=True)


def _of(kind: Any, names: str) -> list[tuple[str, Any]]:
    return [(name, kind) for name in names.split()]


_I8, _I4, _I1, _F8 = np.int64, np.int64, np.int8, np.float64

CONTACT: Final = _record(
    *_of(_I8, "joined place ready leaves called answered ended wrapped left booked overtaken_at work entered gap"),
    *_of(np.int32, "number leg stream queue group agent previous root before after overtaken step"),
    *_of(_I1, "state outcome phase out"),
)
AGENT: Final = _record(
    *_of(_I8, "since mark"),
    *_of(_F8, "pace"),
    *_of(
        _I4, "profile away_profile pool before after first held wrapping hands used version spell shift counter speeds"
    ),
    *_of(_I1, "state wanted seated list"),
)
QUEUE: Final = _record(
    *_of(_I8, "target since entered left waited early head_start grace behind cap no_show callback_wait"),
    *_of(_F8, "area redial_share callback_share"),
    *_of(
        _I4,
        "hands waiting overtakes first_group last_group first_onward last_onward first_balk last_balk redial_most "
        "redial_delay callback_to callback_delay",
    ),
    *_of(_I1, "deferred interruptible silent open sends_away late passing"),
)
GROUP: Final = _record(
    *_of(_I8, "points ageing"),
    *_of(_I4, "queue level head tail count first_link last_link"),
    *_of(_I1, "by_place scan"),
)
#: `head`, `tail` and `size` are of the list of free agents; of the others only the head is needed.
PROFILE: Final = _record(*_of(_I4, "head tail size partly slack first_link last_link"))
#: From a group to a profile that may serve it, or from a profile to a group; the lower rank is tried first.
LINK: Final = _record(*_of(_I4, "to rank"))
STREAM: Final = _record(
    ("word", np.uint64),
    *_of(_I8, "next cell_start cell_width cell_left booked"),
    *_of(_F8, "sum no_show"),
    *_of(_I4, "mode queue first last cell number row first_step last_step lateness"),
)
#: What customers of a stream find at a queue: tables of times, and the group as walk-in or booked.
PAIR: Final = _record(*_of(_I4, "handle wrap patience walk group group_booked"))
TABLE: Final = _record(*_of(_I4, "first size"))
#: One way onward; `chance` is the sum of the chances up to and with it.
WAY: Final = _record(*_of(_F8, "chance"), *_of(_I4, "queue stream delay"))
STAMP: Final = _record(*_of(_I8, "at booked"), *_of(_I4, "number"))
POOL: Final = _record(*_of(_I4, "open seated"))
CHANGE: Final = _record(*_of(_I8, "at"), *_of(_I4, "who value"), *_of(_I1, "what"))
RESERVE: Final = _record(*_of(_I4, "queue agents"))
EVENT: Final = _record(*_of(_I8, "key what"))
SPELL: Final = _record(*_of(_I8, "started ended"), *_of(_I4, "who"), *_of(_I1, "state"))
MARK: Final = _record(*_of(_I8, "at"), *_of(_I4, "contact agent"), *_of(_I1, "what"))
#: What rows add up to, by queue.
SUM: Final = _record(*_of(_F8, "waits rest"), *_of(_I8, "still"))
KEY: Final = _record(("word", np.uint64))
VALUE: Final = _record(("x", _F8))
STEP: Final = _record(("queue", _I4))
FLAG: Final = _record(("on", _I1))

#: The tables of a run by name. Those that do not change are shared by all replications.
TABLES: Final = {
    "contacts": CONTACT, "agents": AGENT, "queues": QUEUE, "groups": GROUP, "profiles": PROFILE, "streams": STREAM,
    "pools": POOL, "heap": EVENT, "spells": SPELL, "marks": MARK, "keys": KEY, "pairs": PAIR, "links": LINK,
    "tables": TABLE, "values": VALUE, "ways": WAY, "stamps": STAMP, "steps": STEP, "changes": CHANGE,
    "reserves": RESERVE, "serves": FLAG, "sums": SUM,
}  # fmt: skip
#: One row: where each table is and how many rows it has room for, how many are used, and how the run went.
WORLD: Final = _record(
    *_of(_I8, " ".join(TABLES)),
    *_of(_I8, " ".join(f"{name}_n" for name in TABLES)),
    *_of(_I8, "contacts_used heap_used spells_used marks_used full events hole brief taken busy"),
)
