"""The one door from customer flow to the engine: disciplines as Python and as SQL, and the wait to expect."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from troth.core.decision import Explanation, Issue
from troth.queueing import Discipline, Server, Waiting, check, from_json, rank, reason, skill, sql_order, to_json
from troth.queueing.choose import LEVELS
from troth.web.flow.models import CounterSession, Ticket

#: The alias of tickets in `claim`.
TICKET: Final = "t"


@lru_cache(maxsize=256)
def _read(text: str) -> Discipline:
    return from_json(text)


def discipline(record: Mapping[str, Any]) -> Discipline:
    """Return the discipline of a line's record; first come, first served where none is set.

    Raises
    ------
    InputError : with all that is wrong with the record; screens check it here before they keep it.
    """
    return _read(json.dumps(record, sort_keys=True)) if record else Discipline()


def counts_overtaking(record: Mapping[str, Any]) -> bool:
    """Tell whether a choice depends on how often others were passed over: then claims come one after the other."""
    fair = discipline(record).fairness
    return fair.overtakes is not None or fair.behind is not None


def needed(skills: Iterable[int]) -> list[int]:
    """Return skills that a service needs, at whatever level, as tickets keep them."""
    return sorted(skill(number) for number in skills)


def held(skills: Iterable[tuple[int, int]]) -> list[int]:
    """Return (skill, level) of a person as sessions keep them."""
    return sorted(skill(number, level=min(level, LEVELS - 1)) for number, level in skills)


def server(session: CounterSession) -> Server:
    """Return who asks for the next ticket."""
    return Server(names=names(session), skills=tuple(divmod(one, LEVELS) for one in session.skills))


def names(session: CounterSession) -> tuple[str, str]:
    """Return under which names tickets are reserved for a session: the clerk's and the counter's."""
    return session.clerk.code, counter_name(session.counter_id)


def counter_name(counter_id: int) -> str:
    """Return the name under which tickets are reserved for a counter."""
    return f"counter:{counter_id}"


def waiting(ticket: Ticket) -> Waiting:
    """Return a ticket as disciplines see it."""
    return Waiting(
        id=ticket.pk, joined_at=ticket.joined_at, service=ticket.service_code, priority=ticket.priority,
        labels=tuple(ticket.labels), booked_at=ticket.booked_at, returned_at=ticket.returned_at,
        not_before=ticket.not_before, skills=tuple(ticket.skills), reserved_for=ticket.reserved_for,
        overtaken=ticket.overtaken, overtaken_at=ticket.overtaken_at,
    )  # fmt: skip


def why(record: Mapping[str, Any], *, ticket: Ticket, now: datetime) -> dict[str, Any]:
    """Return why a ticket comes now, as plain data: ``code`` and its parameters."""
    return plain(reason(discipline(record), ticket=waiting(ticket), now=now))


def plain(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation as plain data."""
    said = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in explanation.parameters.items()}
    return {"code": explanation.code, **said}


@dataclass(frozen=True, slots=True)
class Claim:
    """The disciplines of one or more lines as one condition and one order over tickets ``t``.

    Parameters
    ----------
    places : by line, the expression of a ticket's place.
    wheres : by line, whom the server may call.
    """

    where: str
    order_by: str
    params: dict[str, Any]
    places: dict[int, str]
    wheres: dict[int, str]


def claim(lines: Mapping[int, Mapping[str, Any]], *, session: CounterSession, now: datetime) -> Claim:
    """Return what a claim at a counter needs.

    Several lines are one pool: their tickets are compared by the four numbers every discipline brings them down to. A
    ticket's numbers hang on nothing but itself, so whoever passes over a locked row still finds the best of the rest.

    Parameters
    ----------
    lines : records by line id.
    """
    groups: dict[Discipline, list[int]] = {}
    for line_id, record in sorted(lines.items()):
        groups.setdefault(discipline(record), []).append(line_id)
    asking, params = server(session), dict[str, Any]()
    wheres, places, keys = dict[int, str](), dict[int, str](), list[tuple[list[int], tuple[str, ...]]]()
    order_by = ""
    for k, (one, ids) in enumerate(groups.items()):
        found = sql_order(one, server=asking, now=now, alias=TICKET)
        # Each discipline numbers its values from 0.
        name = f"%(d{k}_"
        params |= {f"d{k}_{key.removeprefix('d_')}": value for key, value in found.params.items()}
        wheres |= dict.fromkeys(ids, found.where.replace("%(d_", name))
        places |= dict.fromkeys(ids, found.place.replace("%(d_", name))
        keys.append((ids, tuple(key.replace("%(d_", name) for key in found.key)))
        order_by = found.order_by.replace("%(d_", name)
    if len(groups) > 1:
        order_by = _merged(keys)
    where = " OR ".join(
        f"({TICKET}.line_id = ANY(%(lines_{k})s) AND {wheres[ids[0]]})" for k, (ids, _) in enumerate(keys)
    )
    params |= {f"lines_{k}": ids for k, (ids, _) in enumerate(keys)}
    return Claim(f"({where})", order_by, params, places, wheres)


def _merged(keys: list[tuple[list[int], tuple[str, ...]]]) -> str:
    terms = []
    for place in range(4):
        cases = " ".join(
            f"WHEN {TICKET}.line_id = ANY(%(lines_{k})s) THEN {key[place]}" for k, (_, key) in enumerate(keys)
        )
        terms.append(f"CASE {cases} END")
    return ", ".join([*terms, f"{TICKET}.joined_at", f"{TICKET}.id"])


def expected_wait(ticket: Ticket, *, now: datetime) -> dict[str, Any] | None:
    """Return the wait of a ticket that has just joined: ``low_s``, ``mid_s``, ``high_s``, ``predictor``; None if unknown."""
    del ticket, now
    return None


def written(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a line's record in full, with every default written out."""
    return to_json(discipline(record))


def doubts(record: Mapping[str, Any]) -> list[Issue]:
    """Return what is doubtful about a sound record."""
    return check(discipline(record))


def in_order(record: Mapping[str, Any], *, tickets: Iterable[Ticket], now: datetime) -> list[Ticket]:
    """Return waiting tickets of a line in the order it calls them; those who may not be called yet come last."""
    rows = list(tickets)
    by_id = {row.pk: row for row in rows}
    order = [by_id.pop(one.id) for one in rank(discipline(record), waiting=map(waiting, rows), now=now)]
    return order + sorted(by_id.values(), key=lambda row: (row.booked_at or row.joined_at, row.pk))
