"""A branch in plain Python, written from the words of the actions and nothing else: what must happen, one act at a time.

It knows no database, no locks and no SQL. Whom a counter calls it finds with `choose`'s plain reading of the records.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from troth.core.time import to_micros
from troth.queueing import Discipline, Server, Waiting, overtaken, placed, rank
from troth.queueing.choose import offers, points

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
TICK: Final = timedelta(microseconds=1)
FRONT: Final = ("called", "serving")


@dataclass(frozen=True)
class Ticket:
    """One ticket."""

    id: int
    label: str
    service: str
    joined_at: datetime
    changed_at: datetime
    skills: tuple[int, ...]
    labels: tuple[str, ...]
    priority: int
    state: str = "waiting"
    desk: int | None = None
    reserved: str | None = None
    returned_at: datetime | None = None
    not_before: datetime | None = None
    called_at: datetime | None = None
    overtaken: int = 0
    overtaken_at: datetime | None = None
    to_come: tuple[str, ...] = ()

    @property
    def waiting(self) -> Waiting:
        """The ticket as a discipline sees it."""
        return Waiting(
            id=self.id, joined_at=self.joined_at, service=self.service, priority=self.priority, labels=self.labels,
            returned_at=self.returned_at, not_before=self.not_before, skills=self.skills, reserved_for=self.reserved,
            overtaken=self.overtaken, overtaken_at=self.overtaken_at,
        )  # fmt: skip


@dataclass(frozen=True)
class Desk:
    """One counter and the person who has it, from the opening to the closing."""

    id: int
    counter: int
    server: Server
    lines: tuple[str, ...]
    open: bool = True
    state: str = "available"
    since: datetime = EPOCH


@dataclass(frozen=True)
class Rules:
    """What never changes: disciplines by line; line, letter, skills and priority by service; the time for coming."""

    disciplines: dict[str, Discipline]
    line_of: dict[str, str]
    letter: dict[str, str]
    skills: dict[str, tuple[int, ...]]
    priority: dict[str, int]
    no_show: timedelta


class Refusal(Exception):  # noqa: N818
    """The act is not possible."""


@dataclass
class Branch:
    """All there is at one moment; `do` returns the next moment and what the act returned."""

    rules: Rules
    tickets: dict[int, Ticket] = field(default_factory=dict)
    desks: dict[int, Desk] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def do(self, act: str, *, now: datetime, made: int | None = None, **told: Any) -> tuple[Branch, Any]:
        """Return the branch after an act, and its result; the branch before stays as it was.

        Parameters
        ----------
        made : the id the act gave to a new ticket, if it made one.

        Raises
        ------
        Refusal : nothing changed.
        """
        after = Branch(self.rules, dict(self.tickets), dict(self.desks), dict(self.numbers))
        return after, getattr(after, f"_{act}")(now=now, made=made, **told)

    # ---- customers ------------------------------------------------------------------------------------------------

    def _join(
        self, *, now: datetime, made: int | None, service: str, labels: tuple[str, ...], wanted: str | None
    ) -> str:
        self._here(wanted, service)
        return self._stand(made, service, now, self._number(service), labels=labels, reserved=wanted)

    def _leave(self, *, now: datetime, made: int | None, ticket: int) -> str:
        t = self.tickets[ticket]
        if t.state == "left":
            return "left"
        _need(t.state in {"waiting", "called", "parked"})
        desk = self.desks[t.desk] if t.state == "called" and t.desk is not None else None
        at = _after(now, t.changed_at, desk.since if desk else None)
        self._set(t, at, state="left")
        if desk:
            self._become(desk, "available", at)
        return "left"

    def _let_others_first(self, *, now: datetime, made: int | None, ticket: int) -> str:
        t = self.tickets[ticket]
        _need(t.state == "waiting")
        at = _after(now, t.changed_at)
        self._set(t, at, returned_at=at, not_before=at + timedelta(minutes=5))
        return "waiting"

    # ---- clerks ---------------------------------------------------------------------------------------------------

    def _call_next(self, *, now: datetime, made: int | None, desk: int) -> int | None:
        d = self._open_desk(desk)
        front = self._front(d)
        if front is not None and front.state == "called":
            return front.id
        _need(d.state == "available")
        heads = []
        for line in d.lines:
            rules = self.rules.disciplines[line]
            order = rank(rules, waiting=self._line(line), now=now, server=d.server)
            heads += [(key(rules, order[0], now), line, order[0])] if order else []
        if not heads:
            return None
        _, line, best = min(heads)
        self._pass_over(line, best, d, now)
        self._bring(self.tickets[best.id], d, now)
        return best.id

    def _call_ticket(self, *, now: datetime, made: int | None, desk: int, ticket: int) -> int:
        d, t = self._open_desk(desk), self.tickets[ticket]
        if t.state == "called" and t.desk == desk:
            return ticket
        _need(d.state == "available" and t.state == "waiting")
        self._pass_over(self.rules.line_of[t.service], t.waiting, d, now)
        self._bring(t, d, now)
        return ticket

    def _take_up(self, *, now: datetime, made: int | None, desk: int, ticket: int) -> int:
        d, t = self._open_desk(desk), self.tickets[ticket]
        if t.state == "called" and t.desk == desk:
            return ticket
        _need(d.state == "available" and t.state == "parked")
        self._bring(t, d, now)
        return ticket

    def _recall(self, *, now: datetime, made: int | None, desk: int, ticket: int) -> str:
        _, t = self._at(desk, ticket, "called")
        self._set(t, _after(now, t.changed_at))
        return "called"

    def _no_show(self, *, now: datetime, made: int | None, desk: int, ticket: int) -> str:
        return self._free(desk, ticket, now, "no_show", "called")

    def _park(self, *, now: datetime, made: int | None, desk: int, ticket: int) -> str:
        return self._free(desk, ticket, now, "parked", *FRONT)

    def _put_back(self, *, now: datetime, made: int | None, desk: int, ticket: int) -> str:
        d, t = self._open_desk(desk), self.tickets[ticket]
        if t.state == "waiting" and t.returned_at is not None:
            return "waiting"
        _need(t.state == "parked" or (t.state in FRONT and t.desk == desk))
        at = _after(now, t.changed_at, d.since)
        if t.state != "parked":
            self._become(d, "available", at)
        kept = t.reserved if t.reserved in d.server.names else None
        self._set(t, at, state="waiting", desk=None, returned_at=at, reserved=kept)
        return "waiting"

    def _answer(self, *, now: datetime, made: int | None, desk: int, ticket: int) -> str:
        t = self.tickets[ticket]
        self._open_desk(desk)
        if t.state == "serving" and t.desk == desk:
            return "serving"
        self._at(desk, ticket, "called")
        self._set(t, _after(now, t.changed_at), state="serving")
        return "serving"

    def _finish(self, *, now: datetime, made: int | None, desk: int, ticket: int) -> str:
        d, t = self._open_desk(desk), self.tickets[ticket]
        if t.state == "served" and t.desk == desk:
            return "served"
        self._at(desk, ticket, "serving")
        at = _after(now, t.changed_at, d.since)
        self._set(t, at, state="served")
        self._become(d, "available", at)
        if t.to_come:
            labels = tuple(one for one in t.labels if one != "transferred")
            self._stand(made, t.to_come[0], at, t.label, labels=labels, to_come=t.to_come[1:])
        return "served"

    def _transfer(
        self, *, now: datetime, made: int | None, desk: int, ticket: int, service: str | None, to: str | None
    ) -> str:
        d = self._open_desk(desk)
        _, t = self._at(desk, ticket, *FRONT)
        self._here(to, service or t.service)
        at = _after(now, t.changed_at, d.since)
        self._set(t, at, state="transferred")
        self._become(d, "available", at)
        labels = tuple(sorted({*t.labels, "transferred"}))
        return self._stand(made, service or t.service, at, t.label, labels=labels, to_come=t.to_come, reserved=to)

    def _walk_direct(self, *, now: datetime, made: int | None, desk: int, service: str) -> str:
        d = self._open_desk(desk)
        _need(d.state == "available")
        assert made is not None
        at = _after(now, d.since)
        label = self._stand(made, service, at, self._number(service), labels=())
        self._set(self.tickets[made], at, state="serving", desk=desk)
        self._become(d, "on_contact", at)
        return label

    def _add_service(self, *, now: datetime, made: int | None, desk: int, ticket: int, service: str) -> str:
        _, t = self._at(desk, ticket, *FRONT)
        self.tickets[ticket] = replace(t, to_come=(*t.to_come, service))
        return t.state

    # ---- counters -------------------------------------------------------------------------------------------------

    def _open_counter(self, *, now: datetime, made: int | None, counter: int, like: Desk) -> int:
        taken = next((d for d in self.desks.values() if d.open and d.counter == counter), None)
        if taken is not None:
            _need(taken.server.names == like.server.names)
            return taken.id
        assert made is not None
        before = [d.since for d in self.desks.values() if d.counter == counter]
        self.desks[made] = replace(like, id=made, counter=counter, since=_after(now, *before))
        return made

    def _close_counter(self, *, now: datetime, made: int | None, desk: int) -> str:
        d = self.desks[desk]
        if d.open:
            _need(d.state != "on_contact")
            self.desks[desk] = replace(d, open=False, state="offline", since=_after(now, d.since))
            for t in list(self.tickets.values()):
                if t.state == "waiting" and t.reserved in d.server.names:
                    self.tickets[t.id] = replace(t, reserved=None)
        return "closed"

    def _take_break(self, *, now: datetime, made: int | None, desk: int) -> str:
        return self._switch(desk, now, "break")

    def _end_break(self, *, now: datetime, made: int | None, desk: int) -> str:
        if self._open_desk(desk).state == "on_contact":
            return "on_contact"
        return self._switch(desk, now, "available")

    # ---- inside ---------------------------------------------------------------------------------------------------

    def _number(self, service: str) -> str:
        letter = self.rules.letter[service]
        self.numbers[letter] = self.numbers.get(letter, 0) + 1
        return f"{letter}{self.numbers[letter]:03d}"

    def _stand(self, made: int | None, service: str, at: datetime, label: str, **more: Any) -> str:
        assert made is not None, "a new ticket was due"
        self.tickets[made] = Ticket(
            made, label, service, joined_at=at, changed_at=at, skills=self.rules.skills[service],
            priority=self.rules.priority[service], **more,
        )  # fmt: skip
        return label

    def _here(self, name: str | None, service: str) -> None:
        """Refuse to keep a ticket for somebody who is not there or not able."""
        desk = next((d for d in self.desks.values() if d.open and name in d.server.names), None)
        _need(name is None or (desk is not None and set(self.rules.skills[service]) <= set(offers(desk.server))))

    def _open_desk(self, desk: int) -> Desk:
        _need(self.desks[desk].open)
        return self.desks[desk]

    def _at(self, desk: int, ticket: int, *states: str) -> tuple[Desk, Ticket]:
        d, t = self._open_desk(desk), self.tickets[ticket]
        _need(t.state in states and t.desk == desk)
        return d, t

    def _free(self, desk: int, ticket: int, now: datetime, state: str, *states: str) -> str:
        t = self.tickets[ticket]
        self._open_desk(desk)
        if t.state == state and t.desk == desk:
            return state
        d, t = self._at(desk, ticket, *states)
        _need(state != "no_show" or (t.called_at is not None and now - t.called_at >= self.rules.no_show))
        at = _after(now, t.changed_at, d.since)
        self._set(t, at, state=state)
        self._become(d, "available", at)
        return state

    def _switch(self, desk: int, now: datetime, state: str) -> str:
        d = self._open_desk(desk)
        _need(d.state != "on_contact")
        if d.state != state:
            self._become(d, state, _after(now, d.since))
        return state

    def _front(self, d: Desk) -> Ticket | None:
        return next((t for t in self.tickets.values() if t.desk == d.id and t.state in FRONT), None)

    def _line(self, line: str) -> list[Waiting]:
        here = self.tickets.values()
        return [t.waiting for t in here if t.state == "waiting" and self.rules.line_of[t.service] == line]

    def _pass_over(self, line: str, best: Waiting, d: Desk, now: datetime) -> None:
        rules = self.rules.disciplines[line]
        if rules.fairness.overtakes is None and rules.fairness.behind is None:
            return
        for pk in overtaken(rules, ticket=best, waiting=self._line(line), server=d.server, now=now):
            t = self.tickets[pk]
            self.tickets[pk] = replace(t, overtaken=t.overtaken + 1, overtaken_at=t.overtaken_at or now)

    def _bring(self, t: Ticket, d: Desk, now: datetime) -> None:
        at = _after(now, t.changed_at, d.since)
        self._set(t, at, state="called", desk=d.id, called_at=at)
        self._become(d, "on_contact", at)

    def _set(self, t: Ticket, at: datetime, **changes: Any) -> None:
        self.tickets[t.id] = replace(t, changed_at=at, **changes)

    def _become(self, d: Desk, state: str, at: datetime) -> None:
        self.desks[d.id] = replace(d, state=state, since=at)


def _need(possible: bool) -> None:
    if not possible:
        raise Refusal


def _after(now: datetime, *last: datetime | None) -> datetime:
    return max([now, *(one + TICK for one in last if one is not None)])


def key(rules: Discipline, t: Waiting, now: datetime) -> tuple[int, ...]:
    """Return what tickets of different lines are compared by: past a cap, by place; else by level and points."""
    numbers, now_us, fair = placed(rules, ticket=t), to_micros(now), rules.fairness
    one = rules.classes[numbers.klass]
    behind = None if t.overtaken_at is None else now - t.overtaken_at
    past = (
        (fair.overtakes is not None and t.overtaken >= fair.overtakes)
        or (fair.behind is not None and behind is not None and behind >= fair.behind)
        or (fair.wait is not None and now_us - numbers.place_us >= fair.wait // timedelta(microseconds=1))
    )
    tail = (to_micros(t.joined_at), t.id)
    if past:
        return (0, numbers.place_us, 0, 0, *tail)
    return (1, 0, one.level, -points(one, place_us=numbers.place_us, now_us=now_us), *tail)
