"""How long what is kept: one table that every app adds its lines to, read by the page, the worker and the guide.

A line has a usual length, which an organisation may change; the worker removes what is older and writes down how much.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from troth.web.common.audit import acting
from troth.web.people.bridge import purge_rejects
from troth.web.people.mailbox import remove_letters
from troth.web.people.models import Change, KeptFor, Removal

log = logging.getLogger(__name__)

#: What removals are done as, in the list of changes.
ACTOR: Final = "retention"
#: Rows removed in one transaction.
_LOT: Final = 1000


@dataclass(frozen=True, slots=True)
class Kept:
    """A line of the table.

    Parameters
    ----------
    code : its name.
    days : usual length; None for without end.
    remove : removes what ended before the first instant, when it is the second, and returns how many.
    """

    code: str
    days: int | None
    remove: Callable[[datetime, datetime], int]


#: The table.
KEPT: Final[dict[str, Kept]] = {}


def keep(*lines: Kept) -> None:
    """Add lines to the table; each app adds its own."""
    KEPT.update({one.code: one for one in lines})


def lengths() -> dict[str, int | None]:
    """Return the days that hold here, by line; None for without end."""
    said = dict(KeptFor.objects.values_list("code", "days"))
    return {code: said.get(code, one.days) for code, one in KEPT.items()}


def enforce(*, now: datetime) -> dict[str, int]:
    """Remove everything that was kept long enough, and write down how much; return it by line.

    A line that fails is told of and holds up no other; what it did before stays done.
    """
    found: dict[str, int] = {}
    for code, days in lengths().items():
        if days is None:
            continue
        before = now - timedelta(days=days)
        try:
            with acting(ACTOR):
                found[code] = KEPT[code].remove(before, now)
        except (OperationalError, InterfaceError):
            raise  # the database is away: all of it is tried again
        except Exception:
            log.exception("What was kept long enough of %s could not be removed", code)
            continue
        if found[code]:
            Removal.objects.create(code=code, at=now, before=before, n=found[code])
            log.info("Removed %s of %s from before %s", found[code], code, before.date())
    return found


def in_lots(rows: Any, act: Callable[[list[Any]], Any]) -> int:
    """Do something to rows by number, a lot a transaction, until there are no more; return how many.

    Parameters
    ----------
    rows : a queryset that no longer has a row when it is done with.
    """
    done = 0
    while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:_LOT]):
        with transaction.atomic():
            act(ids)
        done += len(ids)
    return done


def _changes(before: datetime, now: datetime) -> int:  # noqa: ARG001  every line is told the time
    rows = Change.objects.filter(at__lt=before)
    return in_lots(rows, lambda ids: Change.objects.filter(pk__in=ids).delete())


keep(
    Kept("changes", 1095, _changes),
    Kept("letters", 30, lambda before, _now: remove_letters(before=before)),
    Kept("rejects", 90, lambda before, _now: purge_rejects(settings.LAKE, before=before)),
)
