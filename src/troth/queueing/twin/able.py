"""Which of the kinds a server can serve it did serve on each day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from troth.queueing.read import RecordedContacts

#: By server and day (as in `RecordedContacts.day`), the queues it served.
DailySkills = Mapping[str, Mapping[int, tuple[str, ...]]]
#: A kind is missing on a day if so few or fewer would be there by chance this seldom, and they are less than this part of
#: the usual share.
_SELDOM: Final = 0.05
_PART: Final = 0.25


def daily_skills(served: RecordedContacts, *, able: Mapping[str, tuple[str, ...]]) -> DailySkills:
    """Return which of its queues each server served on each day it was there.

    Servers who can do much are put to a part of it at times. A queue is taken for missing on a day if the services seen of
    it are less than a quarter of the server's usual share, and fewer than chance would often leave of it.

    Parameters
    ----------
    served : contacts of which all is known.
    able : by server, what it serves on some day; ``""`` stands for those never seen and is left out.

    Source
    ------
    Counts of a day given its total and usual shares: Poisson, lower tail.
    """
    from scipy.special import pdtr

    found: dict[str, dict[int, tuple[str, ...]]] = {}
    for agent, queues in able.items():
        mine = served.take(served.agent == agent)
        if agent == "" or not len(mine):
            continue
        share = {queue: float((mine.queue == queue).mean()) for queue in queues}
        found[agent] = {}
        for day in np.unique(mine.day):
            today = mine.queue[mine.day == day]
            count = {queue: int((today == queue).sum()) for queue in queues}
            usual = {queue: share[queue] * len(today) for queue in queues}
            kept = (q for q in queues if count[q] >= _PART * usual[q] or pdtr(count[q], usual[q]) >= _SELDOM)
            found[agent][int(day)] = tuple(kept) or queues
    return found
