"""The reading of a discipline by a database: one expression over the columns of a ticket, in portable SQL.

The table of tickets has these columns (`Waiting` says what each means):

=============  ================  =====================================
id             bigint            not null
joined_at      timestamptz       not null
service        text              not null
priority       smallint          not null
labels         text[]            not null, ``'{}'`` for none
booked_at      timestamptz       null
returned_at    timestamptz       null
not_before     timestamptz       null
skills         int[]             not null, ``'{}'`` for none; see `choose.skill`
reserved_for   text              null
overtaken      int or smallint   not null, 0
overtaken_at   timestamptz       null
=============  ================  =====================================

All arithmetic is on whole microseconds in 64 bits, as in `choose`; PostgreSQL and DuckDB give the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from troth.core.time import to_micros
from troth.queueing.choose import Server, micros_of, offers
from troth.queueing.discipline import EARLIEST, LONGEST, Comeback, CustomerClass, Discipline, Lateness

_MINUTE: Final = 60_000_000


class SqlOrder(NamedTuple):
    """What a claim needs: ``WHERE`` and ``ORDER BY`` without these words, and the values of both.

    Parameters
    ----------
    where : tickets that this server may call now.
    order_by : the order of the discipline.
    place : the place in microseconds since 1970, to find who was overtaken: other tickets that `where` allows and whose
        place is lower than the chosen one's.
    params : values by name, for placeholders ``%(name)s``; names begin with ``d_``.
    key : the order again as always four whole numbers, low first, before ``joined_at`` and ``id``: with them tickets of
        queues with different disciplines are put in one order, for a server that takes from several.
    """

    where: str
    order_by: str
    place: str
    params: dict[str, Any]
    key: tuple[str, str, str, str]


@dataclass(slots=True)
class _Writer:
    """Collects values while an expression is written."""

    prefix: str
    params: dict[str, Any] = field(default_factory=dict)

    def column(self, name: str) -> str:
        return f"{self.prefix}{name}"

    def micros(self, name: str) -> str:
        return f"CAST(EXTRACT(EPOCH FROM {self.column(name)}) * 1000000 AS bigint)"

    def value(self, value: Any, kind: str = "bigint") -> str:
        name = f"d_{len(self.params)}"
        self.params[name] = value
        return f"CAST(%({name})s AS {kind})"


def sql_order(discipline: Discipline, *, server: Server, now: datetime, alias: str = "") -> SqlOrder:
    """Return the discipline as SQL.

    Parameters
    ----------
    server : who asks.
    now : the instant of the claim; the same that `choose` is asked with gives the same ticket.
    alias : the table's alias in the query, if it has one; a plain name of our own, never input.

    Raises
    ------
    ValueError
        If `alias` is not a plain name.

    Examples
    --------
    >>> from datetime import UTC
    >>> claim = sql_order(Discipline(), server=Server(), now=datetime(2026, 3, 2, 12, tzinfo=UTC))
    >>> text = f"SELECT id FROM ticket WHERE {claim.where} ORDER BY {claim.order_by} LIMIT 1 FOR UPDATE SKIP LOCKED"
    >>> sorted(claim.params.values(), key=str)[0]
    -86400000000
    """
    if alias and not alias.isidentifier():
        raise ValueError(f"An alias is a plain name: {alias!r}.")
    w = _Writer(f"{alias}." if alias else "")
    clock = w.value(to_micros(now))
    place = _place(w, discipline)
    where = " AND ".join([f"{_ready(w, discipline)} <= {clock}", *_eligible(w, server)])
    order = _order(w, discipline, place, clock)
    return SqlOrder(where, order, place, w.params, _key(w, discipline, place, clock))


def _late(w: _Writer, discipline: Discipline) -> str:
    """Return whether an appointment came too late; never null."""
    rules = discipline.appointments
    if rules.late is Lateness.KEEP:
        return "FALSE"
    due = f"{w.micros('booked_at')} + {w.value(micros_of(rules.grace))}"
    return f"({w.column('booked_at')} IS NOT NULL AND {w.micros('joined_at')} > {due})"


def _booked(w: _Writer, discipline: Discipline) -> str:
    """Return whether a ticket is treated as an appointment."""
    has = f"{w.column('booked_at')} IS NOT NULL"
    return f"({has} AND NOT {_late(w, discipline)})" if discipline.appointments.late is Lateness.WALK_IN else f"({has})"


def _place(w: _Writer, discipline: Discipline) -> str:
    joined, rules = w.micros("joined_at"), discipline.appointments
    start = w.value(micros_of(rules.head_start))
    late = joined if rules.late is Lateness.WALK_IN else f"{joined} - {start}"
    place = (
        f"CASE WHEN {w.column('booked_at')} IS NULL THEN {joined} WHEN {_late(w, discipline)} THEN {late} "
        f"ELSE {w.micros('booked_at')} - {start} END"
    )
    if discipline.returning.to is Comeback.END:
        # GREATEST leaves nulls out in both databases, but not in all: said plainly.
        back = f"{w.micros('returned_at')} - {w.value(micros_of(discipline.returning.head_start))}"
        place = f"CASE WHEN {w.column('returned_at')} IS NULL THEN {place} ELSE GREATEST({place}, {back}) END"
    return f"({place})"


def _ready(w: _Writer, discipline: Discipline) -> str:
    joined, rules = w.micros("joined_at"), discipline.appointments
    ready = joined
    if rules.early is not None:
        ready = (
            f"CASE WHEN {w.column('booked_at')} IS NULL OR {_late(w, discipline)} THEN {joined} "
            f"ELSE {w.micros('booked_at')} - {w.value(micros_of(rules.early))} END"
        )
    return f"GREATEST({ready}, COALESCE({w.micros('not_before')}, CAST(0 AS bigint)))"


def _eligible(w: _Writer, server: Server) -> list[str]:
    reserved = w.column("reserved_for")
    terms = [f"{w.column('skills')} <@ {w.value(list(offers(server)), 'int[]')}"]
    terms.append(f"({reserved} IS NULL OR {reserved} = ANY({w.value(list(server.names), 'text[]')}))")
    if server.services:
        terms.append(f"{w.column('service')} = ANY({w.value(list(server.services), 'text[]')})")
    return terms


def _fits(w: _Writer, discipline: Discipline, one: CustomerClass) -> str:
    terms = []
    if one.services:
        terms.append(f"{w.column('service')} = ANY({w.value(list(one.services), 'text[]')})")
    if one.priorities:
        terms.append(f"{w.column('priority')} = ANY({w.value(list(one.priorities), 'int[]')})")
    if one.labels:
        terms.append(f"{w.column('labels')} && {w.value(list(one.labels), 'text[]')}")
    if one.booked is not None:
        terms.append(("" if one.booked else "NOT ") + _booked(w, discipline))
    return " AND ".join(terms) or "TRUE"


def _by_class(w: _Writer, discipline: Discipline, values: list[str]) -> str:
    """Return the value of a ticket's class: the first that fits, else the last."""
    if len(values) == 1:
        return values[0]
    cases = " ".join(
        f"WHEN {_fits(w, discipline, one)} THEN {value}"
        for one, value in zip(discipline.classes[:-1], values, strict=False)
    )
    return f"(CASE {cases} ELSE {values[-1]} END)"


def _past_cap(w: _Writer, discipline: Discipline, place: str, clock: str) -> str:
    fair, terms = discipline.fairness, []
    if fair.overtakes is not None:
        terms.append(f"{w.column('overtaken')} >= {w.value(fair.overtakes)}")
    if fair.behind is not None:
        since = f"{clock} - {w.micros('overtaken_at')} >= {w.value(micros_of(fair.behind))}"
        terms.append(f"COALESCE({since}, FALSE)")
    if fair.wait is not None:
        terms.append(f"{clock} - {place} >= {w.value(micros_of(fair.wait))}")
    return f"({' OR '.join(terms)})"


def _scores(w: _Writer, discipline: Discipline, place: str, clock: str) -> str:
    bounds = w.value(-micros_of(EARLIEST)), w.value(micros_of(LONGEST))
    waited = f"LEAST(GREATEST({clock} - {place}, {bounds[0]}), {bounds[1]})"
    scores = [
        f"{w.value(round(one.head_start * 1000) * _MINUTE)} + {w.value(round(one.ageing * 1000))} * {waited}"
        for one in discipline.classes
    ]
    return _by_class(w, discipline, scores)


def _key(w: _Writer, discipline: Discipline, place: str, clock: str) -> tuple[str, str, str, str]:
    zero, one = "CAST(0 AS bigint)", "CAST(1 AS bigint)"
    level = _by_class(w, discipline, [w.value(each.level) for each in discipline.classes])
    score = f"-({_scores(w, discipline, place, clock)})"
    if discipline.fairness.none:
        return (one, zero, level, score)
    cap = _past_cap(w, discipline, place, clock)
    numbers = ((zero, one), (place, zero), (zero, level), (zero, score))
    past, capped, levels, scores = (f"CASE WHEN {cap} THEN {yes} ELSE {no} END" for yes, no in numbers)
    return (past, capped, levels, scores)


def _order(w: _Writer, discipline: Discipline, place: str, clock: str) -> str:
    classes = discipline.classes
    terms = [f"{_scores(w, discipline, place, clock)} DESC"]
    if len({one.level for one in classes}) > 1:
        terms.insert(0, _by_class(w, discipline, [w.value(one.level) for one in classes]))
    if not discipline.fairness.none:
        # Past a cap neither level nor points count, only the place.
        cap = _past_cap(w, discipline, place, clock)
        plain = [term.removesuffix(" DESC") for term in terms]
        terms = [
            f"CASE WHEN {cap} THEN 0 ELSE 1 END",
            f"CASE WHEN {cap} THEN {place} ELSE CAST(0 AS bigint) END",
            *(
                f"CASE WHEN {cap} THEN CAST(0 AS bigint) ELSE {new} END{old[len(new) :]}"
                for old, new in zip(terms, plain, strict=True)
            ),
        ]
    return ", ".join([*terms, w.column("joined_at"), w.column("id")])
