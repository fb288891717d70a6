"""The one door from customer flow to the engine: disciplines as Python and as SQL, and the wait to expect."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import numpy as np

from troth.core.decision import Explanation, Issue
from troth.core.terms import AgentState
from troth.queueing import (
    Discipline,
    Entered,
    Forecast,
    HeadOfLine,
    LastEntered,
    QueueLength,
    QueueState,
    Server,
    ServerNow,
    Simulation,
    Tournament,
    Waiting,
    check,
    from_json,
    reason,
    skill,
    sql_order,
    to_json,
)
from troth.queueing.choose import LEVELS, offers
from troth.web.flow.models import CounterSession, Ticket
from troth.web.flow.state import Scene, Seen, Serving

#: The alias of tickets in `claim`.
TICKET: Final = "t"
#: A ticket that is not saved yet comes after all that are.
NEW: Final = 2**62
#: Futures simulated for somebody who joins.
RUNS: Final = 100
#: With fewer services seen than this, the catalogue's usual time is believed as well.
FEW: Final = 8
#: No wait is promised to be over sooner: a free clerk needs a moment to call.
MOMENT_S: Final = 60.0
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Memory:
    """What was learned of a line's waits: how often it was added to, and how to get at it."""

    learned: int
    data: Callable[[], dict[str, Any]]


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


def can(session: CounterSession, *, skills: Iterable[int]) -> bool:
    """Tell whether who has a counter has the skills a ticket needs."""
    return set(skills) <= set(offers(server(session)))


def counter_name(counter_id: int) -> str:
    """Return the name under which tickets are reserved for a counter."""
    return f"counter:{counter_id}"


def waiting(ticket: Ticket | Seen) -> Waiting:
    """Return a ticket as disciplines see it."""
    return Waiting(
        id=ticket.pk or NEW, joined_at=ticket.joined_at, service=ticket.service_code, priority=ticket.priority,
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


def expected_wait(
    scene: Scene, *, ticket: Ticket, now: datetime, memory: Memory
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the wait of a ticket that has just joined, and the whole forecast to learn from.

    Parameters
    ----------
    scene : what can be seen.
    memory : what was learned of the line's waits.

    Returns
    -------
    plain data: ``low_s``, ``mid_s``, ``high_s``, their ``probability`` and the ``predictor``; and what `learned` takes.
    """
    forecast = _tournament(ticket.line_id, memory).forecast(_seen(scene, ticket, now))
    band = forecast.band
    said = {
        "low_s": round(band.low, 1), "mid_s": round(band.at(0.5), 1), "high_s": round(max(band.high, MOMENT_S), 1),
        "probability": round(band.levels[-1] - band.levels[0], 6), "predictor": forecast.best,
    }  # fmt: skip
    return said, forecast.to_json()


def learned(memory: Memory, *, outcomes: Iterable[tuple[dict[str, Any], float, bool]]) -> dict[str, Any]:
    """Return what is known of a line's waits after some more have ended.

    Parameters
    ----------
    outcomes : of each the forecast that was kept, the wait in seconds, and whether it ended with a call.
    """
    taught = _restored(memory)
    for said, wait_s, served in outcomes:
        taught.learn(Forecast.from_json(said), wait_s=wait_s, served=served)
    return taught.to_json()


#: Tournaments of this process by line, with how much they had learned.
_TOURNAMENTS: Final[dict[int, tuple[int, Tournament]]] = {}


def _tournament(line_id: int, memory: Memory) -> Tournament:
    known = _TOURNAMENTS.get(line_id)
    if known is None or known[0] != memory.learned:
        known = _TOURNAMENTS[line_id] = memory.learned, _restored(memory)
    return known[1]


def _restored(memory: Memory) -> Tournament:
    made = Tournament(predictors=(Simulation(runs=RUNS), QueueLength(), LastEntered(), HeadOfLine()))
    data = memory.data()
    if data:
        made.restore(data)
    return made


def _seen(scene: Scene, ticket: Ticket, now: datetime) -> QueueState:
    """Return a scene as predictors see it."""
    called = sorted((one for one in scene.past if one.called_at is not None), key=lambda one: one.called_at or now)
    left = [one for one in scene.past if one.called_at is None and one.ended_at is not None]
    stood_s = sum(((one.called_at or one.ended_at or now) - one.joined_at).total_seconds() for one in scene.past)
    return QueueState(
        now=now, ticket=waiting(ticket), waiting=tuple(waiting(one) for one in scene.waiting if one.pk != ticket.pk),
        servers=tuple(_server_now(one) for one in scene.serving), lasted_s=_lasted(scene),
        entered=tuple(Entered(one.service_code, one.joined_at, one.called_at) for one in called if one.called_at),
        joined=tuple(waiting(one) for one in scene.past if one.pk != ticket.pk and one.joined_at > now - _HOUR),
        leaving=len(left) / max(stood_s, 1.0), discipline=discipline(ticket.line.discipline),
    )  # fmt: skip


def _server_now(one: Serving) -> ServerNow:
    away = one.state not in {AgentState.AVAILABLE, AgentState.ON_CONTACT}
    return ServerNow(server(one.session), doing="pause" if away else one.service, since=one.since)


def _lasted(scene: Scene) -> dict[str, Any]:
    """Return how long services lasted, oldest first; with few seen, what the catalogue says stands beside them."""
    found: dict[str, list[float]] = {code: [] for code in scene.usual_s}
    for one in reversed(scene.past):
        if one.called_at is not None and one.ended_at is not None and one.answered_at is not None and not one.inexact:
            found[one.service_code].append((one.ended_at - one.called_at).total_seconds())
    for code, lengths in found.items():
        if len(lengths) < FEW:
            found[code] = [share * scene.usual_s[code] for share in (0.5, 0.8, 1.1, 1.6)] + lengths
    return {code: np.asarray(lengths, dtype=np.float64) for code, lengths in found.items()}


def written(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a line's record in full, with every default written out."""
    return to_json(discipline(record))


def doubts(record: Mapping[str, Any]) -> list[Issue]:
    """Return what is doubtful about a sound record."""
    return check(discipline(record))


def order(record: Mapping[str, Any], *, now: datetime) -> tuple[str, dict[str, Any]]:
    """Return the order in which a line calls its tickets ``t``, whoever asks, as SQL with its values."""
    found = sql_order(discipline(record), server=Server(), now=now, alias=TICKET)
    return found.order_by, found.params
