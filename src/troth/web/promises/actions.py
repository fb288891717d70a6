"""What happens to a promise: made, changed, kept or broken, waived. Each writes its row and its fact together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.terms import Subject
from troth.web.common import together
from troth.web.common.ready import Ready
from troth.web.customers.models import Customer
from troth.web.outbox.models import Fact
from troth.web.outbox.record import fact, record
from troth.web.people.models import Unit
from troth.web.promises.models import Promise

#: Words of `Promise.state`.
PROMISED: Final = "promised"
KEPT: Final = "kept"
BROKEN: Final = "broken"
WAIVED: Final = "waived"


def make(
    *,
    kind: str,
    unit: Unit,
    customer: Customer | None,
    subject: str,
    context: Mapping[str, Any],
    probability: float,
    window_start: datetime | None,
    due_at: datetime,
    now: datetime,
    basis: str = "",
    basis_n: int = 0,
    first: bool = False,
) -> Promise:
    """Promise something to a customer, within the caller's transaction or one of its own.

    Parameters
    ----------
    kind : what sort of promise, such as ``"wait"`` or ``"appointment"``.
    unit : where it was made.
    customer : to whom; None for somebody unknown.
    subject : what it is about, such as ``"contact:UUID"``; of a kind, one promise about it runs at a time.
    context : columns its facts carry: queue, site, service, case_id, contact_id, customer_id.
    probability : of the whole interval, above 0 and at most 1.
    window_start, due_at : the interval; without a start only the latest time was promised.
    now : the present.
    basis, basis_n : what the probability was learned from, a word of `honest.BASES`, and from how many.
    first : nothing can have been promised about the subject before, for it is new: written with the caller's action.

    Raises
    ------
    InputError : ``bad-probability``, ``window-after-due``, ``promise-running``.
    """
    issues = []
    if not 0 < probability <= 1:
        issues.append(_wrong("bad-probability", "probability", probability, "Maybe a share between 0 and 1 is meant."))
    if window_start is not None and window_start > due_at:
        issues.append(_wrong("window-after-due", "window_start", window_start, "Maybe the two times are swapped."))
    if issues:
        raise InputError(issues)
    named = {"customer_id": customer.pseudonym} if customer else {}
    columns = {name: str(value) for name, value in {**named, **context}.items() if value is not None}
    promise = Promise(
        kind=kind, unit=unit, customer=customer, subject=subject, context=columns, probability=probability,
        made_at=now, window_start=window_start, due_at=due_at, first_due_at=due_at, basis=basis, basis_n=basis_n,
    )  # fmt: skip
    if first:
        together.create(promise)
        record(_fact(promise, "promised", at=now, now=now, **_window(promise)))
        return promise
    try:
        with transaction.atomic(savepoint=False):
            together.send(about=Promise)
            promise.save(force_insert=True)
            record(_fact(promise, "promised", at=now, now=now, **_window(promise)))
    except IntegrityError as error:
        advice = "Maybe the one that runs should be changed instead."
        raise InputError([_wrong("promise-running", "subject", subject, advice)]) from error
    return promise


def change(
    *, subject: str, kind: str, window_start: datetime | None, due_at: datetime, now: datetime, cause: str
) -> Promise | None:
    """Move the running promise about a subject to another interval; return it, or None if none runs.

    Parameters
    ----------
    subject, kind : which promise.
    window_start, due_at : the new interval.
    now : the present.
    cause : why, as a code such as ``"customer_moved"``.

    Raises
    ------
    InputError : ``window-after-due``.
    """
    if window_start is not None and window_start > due_at:
        raise InputError([_wrong("window-after-due", "window_start", window_start, "Maybe the two times are swapped.")])
    with transaction.atomic(savepoint=False):
        promise = _running(subject, kind)
        if promise is None or (promise.window_start, promise.due_at) == (window_start, due_at):
            return promise
        promise.window_start, promise.due_at, promise.cause = window_start, due_at, cause
        promise.changes += 1
        promise.save(update_fields=["window_start", "due_at", "cause", "changes"])
        record(_fact(promise, "promise_changed", at=now, now=now, reason=cause, **_window(promise)))
    return promise


def settle(*, subject: str, kind: str, at: datetime, now: datetime, cause: str = "") -> Promise | None:
    """Say that what was promised happened; return the promise, or None if there is none about the subject.

    It is kept if it happened by the time it was due. Earlier than the interval is kept too: nobody is let down by an
    early call. Whether it fell inside the interval is stored beside, for that is what the probability was stated of.
    A promise broken by the sweep stays broken and learns when the thing happened after all.

    Parameters
    ----------
    subject, kind : which promise.
    at : when the thing happened.
    now : the present.
    cause : of being late, if known.
    """
    with transaction.atomic(savepoint=False):
        promise = _running(subject, kind)
        if promise is None:
            late = Promise.objects.filter(subject=subject, kind=kind, state=BROKEN, met_at=None).order_by("-made_at")
            late.filter(pk__in=late.values("pk")[:1]).update(met_at=at)
            return Promise.objects.filter(subject=subject, kind=kind).order_by("-made_at").first()
        promise.met_at = at
        if at <= promise.due_at:
            end(promise, KEPT, at=at, now=now, cause=cause)
        else:
            end(promise, BROKEN, at=promise.due_at, now=now, cause=cause)
    return promise


def waive(*, subject: str, kind: str, now: datetime, cause: str) -> Promise | None:
    """Let the promise about a subject go, for the customer did: left, moved on, called it off.

    Parameters
    ----------
    subject, kind : which promise; None is returned if none runs.
    now : the present.
    cause : why, as a code such as ``"left"``.
    """
    with transaction.atomic(savepoint=False):
        promise = _running(subject, kind)
        if promise is not None and promise.due_at < now:
            # It was broken before the customer let go of it.
            end(promise, BROKEN, at=promise.due_at, now=now, cause=cause)
        elif promise is not None:
            end(promise, WAIVED, at=now, now=now, cause=cause)
    return promise


def end(promise: Promise, state: str, *, at: datetime, now: datetime, cause: str = "") -> None:
    """Settle a promise that the caller has locked.

    Parameters
    ----------
    state : kept, broken or waived.
    at : since when it is so; a broken promise is broken when it was due, whenever that was noticed.
    now : the present.
    cause : why, if known.
    """
    promise.state, promise.settled_at = state, at
    promise.cause = cause or promise.cause
    if state != WAIVED:
        promise.inside = state == KEPT and (promise.window_start is None or promise.window_start <= at)
    together.update(promise, "state", "settled_at", "cause", "met_at", "inside")
    label = None if state == WAIVED else "late" if state == BROKEN else "inside" if promise.inside else "early"
    record(_fact(promise, f"promise_{state}", at=at, now=now, label=label, reason=cause or None))


_RUNNING: Final = Ready(
    lambda subject, kind: Promise.objects.select_for_update(of=("self",)).filter(subject=subject, kind=kind).running(),
    subject=str, kind=str,
)  # fmt: skip


def _running(subject: str, kind: str) -> Promise | None:
    return _RUNNING.first(subject=subject, kind=kind)


def _window(promise: Promise) -> dict[str, str | None]:
    start = promise.window_start
    return {"due_at": promise.due_at.isoformat(), "window_start": start.isoformat() if start else None}


def _fact(promise: Promise, activity: str, *, at: datetime, now: datetime, **attributes: str | None) -> Fact:
    given = {"kind": promise.kind, **{k: v for k, v in attributes.items() if v}}
    made = fact(
        activity,
        at=at,
        attributes=given,
        subject_kind=Subject.PROMISE,
        subject_id=promise.promise_id,
        value=promise.probability if activity == "promised" else None,
        **promise.context,
    )
    made.recorded_at = now
    return made


def _wrong(code: str, where: str, value: object, advice: str) -> Issue:
    return Issue(code, Severity.ERROR, where, str(value), advice)
