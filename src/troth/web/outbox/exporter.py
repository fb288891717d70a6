"""Takes facts to the lake, each exactly once, whatever is killed, restored or moved.

A batch gets its number in one short transaction; the number and the incarnation of the database name the commit to the
lake, which takes each number once and in order; then the batch is marked done. Whoever dies in between leaves a batch
that is not done, and the next one to come finishes it. What follows from that:

- Several exporters are safe: they deliver batches in order, and the lake refuses a number it has.
- A restored database counts again from a lower number. The lake is found to be ahead, or to hold something else under
  a number: the database then takes a new incarnation, and its numbers are new ones. Facts that come again are no
  harm, for the lake knows a fact by its own id.
- A lake that was restored, or lost, is behind what the database calls done: those batches go out again, as far back as
  facts are kept.
"""

from __future__ import annotations

import logging
import re
import threading
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import Max
from django.utils import timezone

from troth.core.errors import TrothError
from troth.web.outbox import bridge
from troth.web.outbox.bridge import Lake
from troth.web.outbox.models import Batch, Fact, Stream

#: Facts in one batch at most.
MOST: Final = 5_000
#: How long facts stay here after they reached the lake.
KEEP: Final = timedelta(days=60)
#: Facts deleted in one transaction.
_LOT: Final = 20_000
#: Seconds between exports, and between attempts after a failure at most.
EVERY_S: Final = 20.0
_PATIENCE_S: Final = 60.0

#: What turns letters red on a terminal.
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")

log = logging.getLogger(__name__)


def export_once(lake: Lake, *, now: datetime) -> int:
    """Take all facts that can be seen now to the lake.

    Parameters
    ----------
    lake : where to.
    now : the present, aware.

    Returns
    -------
    How many facts this call brought. Those another exporter has in hand are not waited for.

    Raises
    ------
    StoreError, OSError, DatabaseError : the lake or the database failed; nothing is lost, and another call goes on.
    """
    _compare(lake, now=now)
    brought = 0
    while True:
        brought += _deliver(lake, now=now)
        if not _take(now):
            return brought


def run_forever(
    stop: threading.Event, *, lake: Lake | None = None, every_s: float = EVERY_S, keep: timedelta = KEEP
) -> None:
    """Export, compact and forget until told to stop. What fails is logged and tried again.

    Parameters
    ----------
    stop : when set, the work ends after the batch in hand.
    lake : the site's own unless another is given.
    every_s : seconds between two looks.
    keep : how long exported facts are kept.
    """
    lake = lake or bridge.lake()
    wait = every_s
    while not stop.is_set():
        try:
            now = timezone.now()
            export_once(lake, now=now)
            forget(now=now, keep=keep)
            bridge.tend(lake, now=now)
            wait = every_s
        except (DatabaseError, InterfaceError, TrothError, OSError) as error:
            log.warning("Facts could not be taken to the lake, trying again: %s", _in_one_line(error))
            wait = min(2 * wait, max(_PATIENCE_S, every_s))
        except Exception:  # whatever it is, this must go on: nobody else takes the facts
            log.exception("Facts could not be taken to the lake, trying again")
            wait = min(2 * wait, max(_PATIENCE_S, every_s))
        finally:
            connection.close()
        stop.wait(wait)


def _in_one_line(error: Exception) -> str:
    """Return what an error says without breaks and colours: libraries put the cause last."""
    return " ".join(_COLOURS.sub("", str(error)).split())[:300]


def renew(*, now: datetime) -> None:
    """Give the database a new name before the lake; for whoever restores or copies it."""
    with transaction.atomic():
        stream = _stream(now)
        stream.incarnation, stream.begun_at = uuid.uuid4(), now
        stream.save()


def forget(*, now: datetime, keep: timedelta = KEEP) -> int:
    """Delete facts that have been in the lake for longer than `keep`; return how many."""
    gone = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM outbox_fact WHERE id IN (SELECT f.id FROM outbox_fact f JOIN outbox_batch b"
                " ON b.id = f.batch_id WHERE b.done_at < %s LIMIT %s)",
                [now - keep, _LOT],
            )
            found = int(cursor.rowcount)
        gone += found
        if found < _LOT:
            break
    Batch.objects.filter(done_at__lt=now - keep, facts=None).delete()
    return gone


def _stream(now: datetime) -> Stream:
    """Return the row that names this database, locked: numbers are given out one after another."""
    Stream.objects.bulk_create([Stream(pk=1, begun_at=now)], ignore_conflicts=True)
    return Stream.objects.select_for_update().get(pk=1)


def _app(incarnation: uuid.UUID) -> str:
    return f"outbox/{incarnation}"


def _take(now: datetime) -> bool:
    """Give facts that have no batch one; tell whether there were any."""
    if not Fact.objects.filter(batch=None).exists():
        return False
    with transaction.atomic():
        # Under the lock, so that a lower number is always seen before a higher one.
        stream = _stream(now)
        batch = Batch.objects.create(incarnation=stream.incarnation, taken_at=now)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE outbox_fact SET batch_id = %s WHERE id IN (SELECT id FROM outbox_fact WHERE batch_id IS NULL"
                " ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)",
                [batch.pk, MOST],
            )
            batch.rows = cursor.rowcount
        if not batch.rows:
            transaction.set_rollback(True)
            return False
        batch.save(update_fields=["rows"])
    return True


def _deliver(lake: Lake, *, now: datetime) -> int:
    """Bring the batches that are not done, in order; return how many facts."""
    brought, before = 0, None
    while True:
        first = Batch.objects.filter(done_at=None).order_by("id").values_list("id", flat=True).first()
        if first is None or first == before:
            return brought
        before = first
        with transaction.atomic():
            batch = Batch.objects.filter(pk=first, done_at=None).select_for_update(skip_locked=True).first()
            if batch is None:
                # Somebody has it in hand, or has just done it; a later one must not overtake it.
                continue
            facts = list(batch.facts.order_by("id"))
            landed, rejected = bridge.land(lake, facts, batch=(_app(batch.incarnation), batch.pk), now=now)
            if rejected:
                log.error("%s facts of batch %s were rejected; see `troth rejects`", rejected, batch.pk)
            if landed:
                batch.done_at = now
                batch.save(update_fields=["done_at"])
                brought += len(facts)
            else:
                log.warning("The lake has something else as batch %s: this database was restored or copied", batch.pk)
                _again([batch.pk])
                renew(now=now)


def _again(batches: Iterable[int]) -> None:
    """Let the facts of batches wait for another one."""
    numbers = list(batches)
    Fact.objects.filter(batch__in=numbers).update(batch=None)
    Batch.objects.filter(pk__in=numbers).delete()


def _compare(lake: Lake, *, now: datetime) -> None:
    """Mend what a restore of the database or of the lake has put out of step."""
    current = Stream.objects.filter(pk=1).values_list("incarnation", flat=True).first()
    known = set(Batch.objects.values_list("incarnation", flat=True).order_by().distinct())
    if current is not None:
        known.add(current)
    for incarnation in known:
        # In this order: what is done by now is in the lake, and what the lake has now is in the table.
        mine = Batch.objects.filter(incarnation=incarnation)
        done = mine.exclude(done_at=None).aggregate(highest=Max("id"))["highest"] or 0
        there = bridge.last(lake, _app(incarnation))
        if incarnation == current and there > (mine.aggregate(highest=Max("id"))["highest"] or 0):
            log.warning("The lake is ahead of this database, which was restored: it takes a new name")
            renew(now=now)
        if done > max(there, 0):
            with transaction.atomic():
                lost = mine.filter(id__gt=there, id__lte=done).select_for_update()
                numbers = list(lost.values_list("id", flat=True))
                log.warning("The lake lacks %s batches it once had: they are taken there again", len(numbers))
                _again(numbers)
