"""The slow and obvious way to visits; see `reference`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from tests.kpi.logs import Event
from tests.kpi.reference import DIMS, Row, by_key, first, last, least

_THERE = ("dispatched", "travel_started", "arrived_on_site", "work_started", "work_ended", "no_show")
_VISIT = {"booked", "rescheduled", "cancelled", "signed_off", *_THERE}
_PROMISE = {"promised", "promise_changed", "promise_broken", "promise_waived"}


def visits(events: Iterable[Event]) -> list[Row]:
    """Return every visit of every case."""
    found = []
    for case, group in by_key(events, "case_id", {"opened"} | _VISIT | _PROMISE).items():
        opened = [e for e in group if e.activity == "opened"]
        asset = least(e.attributes.get("asset") for e in opened)
        by_system = any(e.actor == "system" for e in opened)
        mine = [e for e in group if e.subject_kind == "visit" and e.activity in _VISIT]
        for name in dict.fromkeys(e.subject_id for e in mine):
            own = [e for e in mine if e.subject_id == name]
            said = [e for e in group if e.subject_kind == "promise" and e.activity in _PROMISE and name == e.attributes.get("visit")]  # fmt: skip
            found.append(_visit(case, own, said, asset=asset, by_system=by_system))
    return found


def _visit(case: str, own: list[Event], said: list[Event], *, asset: str | None, by_system: bool) -> Row:
    who = max(((e.at, e.agent_id) for e in own if e.activity in _THERE and e.agent_id), default=(None, None))
    ended = max(((e.at, e.attributes.get("reason", "")) for e in own if e.activity == "work_ended"), default=None)
    started, cancelled, nobody = first(own, "work_started"), last(own, "cancelled"), first(own, "no_show")
    outcome = "open"
    if ended:
        outcome = ended[1] or "done"
    elif started:
        outcome = "under_way"
    elif cancelled:
        outcome = "cancelled"
    elif nobody:
        outcome = "not_home"
    windows = [(e.at, *_window(e), e) for e in said if e.activity in ("promised", "promise_changed")]
    promised = min((w[:3] for w in windows if w[3].activity == "promised"), default=None)
    wished = max(
        (w[:3] for w in windows if w[3].activity == "promise_changed" and w[3].attributes.get("reason") == "customer"),
        default=None,
    )
    latest = max((w[:3] for w in windows), default=None)
    begins, ends = _edges(wished, promised)
    return Row(
        **{name: least(getattr(e, name) for e in own) for name in DIMS} | {"agent_id": who[1]},
        case_id=case,
        visit=own[0].subject_id,
        asset=asset,
        by_system=by_system,
        left=first(own, "travel_started"),
        arrived=first(own, "arrived_on_site"),
        started=started,
        ended=ended[0] if ended else None,
        cancelled=cancelled,
        outcome=outcome,
        first_starts=begins,
        first_ends=ends,
        last_ends=_edges(latest)[1],
        broken=first(said, "promise_broken"),
        waived=last(said, "promise_waived"),
        approximate=any(e.origin != "exact" for e in [*own, *said]),
    )


def _window(event: Event) -> tuple[str, str]:
    note = event.attributes
    return note.get("window_start", ""), note.get("window_end") or note.get("due_at", "")


def _edges(*windows: tuple[datetime, str, str] | None) -> tuple[datetime | None, datetime | None]:
    """Return beginning and end of the first window there is."""
    found = next((w for w in windows if w is not None), None)
    if found is None:
        return None, None
    begins, ends = (datetime.fromisoformat(text) if text else None for text in found[1:])
    return begins, ends
