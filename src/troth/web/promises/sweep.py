"""Promises whose time has passed are broken, whether or not anybody looks at them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from troth.web.live.notify import changed
from troth.web.promises.actions import BROKEN, end
from troth.web.promises.models import Promise

#: Promises settled in one transaction, so that nobody waits for a lock for long.
_LOT: Final = 200


def sweep(*, now: datetime) -> int:
    """Break every running promise that was due before now; return how many.

    Several sweeps may run at once: each takes rows nobody else has in hand.
    """
    done = 0
    while found := _sweep_lot(now):
        done += found
    return done


def _sweep_lot(now: datetime) -> int:
    with transaction.atomic():
        due = Promise.objects.running().filter(due_at__lt=now).order_by("due_at")
        lot = list(due.select_for_update(skip_locked=True)[:_LOT])
        for promise in lot:
            end(promise, BROKEN, at=promise.due_at, now=now)
        for unit_id in {promise.unit_id for promise in lot}:
            changed(unit_id)
    return len(lot)
