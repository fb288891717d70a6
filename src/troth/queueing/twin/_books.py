"""What the rows of contacts and of agents' time add up to, to be held against what the loop counted on its way."""

from __future__ import annotations

from typing import Any

import numpy as np

from troth.queueing.twin._jit import compiled, kept
from troth.queueing.twin._layout import GONE, NEVER, ON_CONTACT, WAITING, WRAP_UP
from troth.queueing.twin._tables import contact_at, spell_at, sum_at


@compiled
def add_waits(w: Any, c: int, ends: int) -> None:
    """Add a contact's waits to the sums of its queue."""
    one = contact_at(w, c)
    if one.state < WAITING:
        return
    into = sum_at(w, one.queue)
    since, until = max(one.joined, one.ready), min(one.called, one.left, ends)
    # Whoever was turned away at the door never had a place.
    if until > one.joined and until > since:
        into.waits += until - since
    into.waits += one.gap
    if one.state == WAITING:
        into.still += 1
        into.rest += ends - one.entered
        if one.answered < NEVER:
            into.waits += ends - one.entered


@compiled
def taken(w: Any, c: int, ends: int) -> int:
    """Return how long a contact took an agent."""
    one = contact_at(w, c)
    if one.called >= NEVER:
        return 0
    over = ends
    if one.state == WAITING:  # laid aside, and in nobody's hands since then
        over = one.entered
    elif one.state == GONE:
        over = one.wrapped if one.wrapped < NEVER else min(one.ended, one.left)
    return int(over - one.called - one.gap)


@kept
def audit(world: np.ndarray, ends: int) -> None:
    """Add up the contacts and spells of a `WORLD` into its sums, `taken` and `busy`."""
    w: Any = world[0]
    for c in range(w.contacts_n):
        add_waits(w, c, ends)
        w.taken += taken(w, c, ends)
    for k in range(w.spells_n):
        one = spell_at(w, k)
        if one.state == ON_CONTACT or one.state == WRAP_UP:  # noqa: PLR1714 (a set would have to be allocated)
            w.busy += min(one.ended, ends) - one.started
