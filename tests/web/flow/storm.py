"""Many clerks and customers at once against the real thing, and the search for one order in which it all makes sense."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from django.db import connection

from tests.web.flow import model
from tests.web.flow.day import NOW, Day
from troth.queueing import Discipline, Server, to_json
from troth.web.flow import actions, bridge
from troth.web.flow.models import Counter, CounterSession, Line, Ticket
from troth.web.people.models import User

#: So many seconds of the branch's day pass in one real second.
SPEED = 400
LABELS = ("elderly", "child", "vip")


@dataclass(frozen=True)
class Act:
    """One act that was tried: what, with which clock, when really, and what came of it."""

    name: str
    told: dict[str, Any]
    now: Any
    start: float
    end: float
    done: bool
    result: Any = None
    made: int | None = None


@dataclass
class Storm:
    """A branch in which everybody acts at once."""

    bank: Day
    rules: model.Rules
    seed: int
    sessions: dict[int, CounterSession] = field(default_factory=dict)
    tickets: list[Ticket] = field(default_factory=list)
    began: float = field(default_factory=time.perf_counter)

    def run(self, *, steps: int, customers: int = 2) -> list[list[Act]]:
        """Let three clerks and some customers act; return what each did, in order."""
        clerks = (self.bank.company.bob, self.bank.company.beth, self.bank.company.tom)
        hands: list[Callable[[Random], Act]] = [
            lambda dice, k=k, who=who: self._clerk(dice, who, self.bank.place.counters[k])  # type: ignore[misc]
            for k, who in enumerate(clerks)
        ]
        hands += [self._customer] * customers
        with ThreadPoolExecutor(len(hands)) as pool:
            work = [pool.submit(self._thread, hand, Random(f"{self.seed}-{k}"), steps) for k, hand in enumerate(hands)]
            return [one.result() for one in work]

    def _thread(self, hand: Callable[[Random], Act], dice: Random, steps: int) -> list[Act]:
        try:
            return [hand(dice) for _ in range(steps)]
        finally:
            connection.close()

    def _now(self, dice: Random) -> Any:
        return NOW + timedelta(seconds=(time.perf_counter() - self.began) * SPEED + dice.uniform(-15, 15))

    def _try(self, name: str, dice: Random, act: Callable[[Any], tuple[Any, int | None]], **told: Any) -> Act:
        now = self._now(dice)
        start = time.perf_counter()
        try:
            result, made = act(now)
        except actions.Refused:
            return Act(name, told, now, start, time.perf_counter(), done=False)
        return Act(name, told, now, start, time.perf_counter(), True, result, made)

    def _some(self, dice: Random) -> Ticket | None:
        """Return any ticket, mostly a young one."""
        known = self.tickets[-12:] if dice.random() < 0.8 else self.tickets
        return dice.choice(known) if known else None

    def _service(self, dice: Random) -> Any:
        return dice.choice(
            (self.bank.company.cash, self.bank.company.cash, self.bank.company.cards, self.bank.company.loans)
        )

    def _customer(self, dice: Random) -> Act:
        ticket = self._some(dice)
        kind = dice.random()
        if ticket is None or kind < 0.6:
            return self._join(dice)
        if kind < 0.8:
            return self._try("leave", dice, lambda now: _state(actions.leave(ticket=ticket, now=now)), ticket=ticket.pk)
        return self._try(
            "let_others_first", dice, lambda now: _state(actions.let_others_first(ticket=ticket, now=now)),
            ticket=ticket.pk,
        )  # fmt: skip

    def _join(self, dice: Random) -> Act:
        service = self._service(dice)
        labels = tuple(sorted(dice.sample(LABELS, dice.choice((0, 0, 1, 2)))))
        wanted = dice.choice((self.bank.company.bob, self.bank.company.beth)) if dice.random() < 0.15 else None

        def act(now: Any) -> tuple[Any, int | None]:
            made = actions.join(
                branch=self.bank.place.branch, service=service, now=now, labels=labels, wanted_clerk=wanted
            )
            self.tickets.append(made)
            return made.label, made.pk

        code = wanted.code if wanted else None
        return self._try("join", dice, act, service=service.code, labels=labels, wanted=code)

    def _clerk(self, dice: Random, who: User, counter: Counter) -> Act:
        mine = self.sessions.get(counter.pk)
        if mine is None:
            return self._open(dice, who, counter)
        front = Ticket.objects.filter(session=mine, state__in=model.FRONT).first()
        if front is None or dice.random() < 0.15:
            return self._idle(dice, mine, counter)
        return self._busy(dice, mine, front if dice.random() < 0.9 else self._some(dice) or front)

    def _open(self, dice: Random, who: User, counter: Counter) -> Act:
        def act(now: Any) -> tuple[Any, int | None]:
            made = actions.open_counter(counter=counter, clerk=who, now=now)
            self.sessions[counter.pk] = made
            return made.pk, made.pk

        skills = {q.skill_id: q.level for q in who.qualifications.all()}
        server = Server(names=(who.code, bridge.counter_name(counter.pk)), skills=tuple(sorted(skills.items())))
        lines = tuple(counter.lines.values_list("code", flat=True))
        return self._try("open_counter", dice, act, counter=counter.pk, like=model.Desk(0, counter.pk, server, lines))

    def _idle(self, dice: Random, mine: CounterSession, counter: Counter) -> Act:
        kind, ticket, told = dice.random(), self._some(dice), {"desk": mine.pk}
        if kind < 0.6 or ticket is None:
            return self._try("call_next", dice, lambda now: _called(actions.call_next(session=mine, now=now)), **told)
        if kind < 0.68:
            service = self._service(dice)
            return self._try(
                "walk_direct", dice,
                lambda now: _new(actions.walk_direct(session=mine, service=service, now=now), self.tickets),
                service=service.code, **told,
            )  # fmt: skip
        if kind < 0.72:
            self.sessions.pop(counter.pk)
            done = self._try("close_counter", dice, lambda now: _closed(mine, now), **told)
            if not done.done:
                self.sessions[counter.pk] = mine
            return done
        if kind < 0.8:
            name = dice.choice(("take_break", "end_break"))
            act = getattr(actions, name)
            return self._try(name, dice, lambda now: _state(act(session=mine, now=now)), **told)
        name = dice.choice(("call_ticket", "take_up", "take_up", "put_back"))
        act = getattr(actions, name)
        value = _state if name == "put_back" else _called
        return self._try(
            name, dice, lambda now: value(act(session=mine, ticket=ticket, now=now)), ticket=ticket.pk, **told
        )  # fmt: skip

    def _busy(self, dice: Random, mine: CounterSession, ticket: Ticket) -> Act:
        usual = ("answer", "finish") if ticket.state == "called" else ("finish", "answer")
        rare = ("recall", "no_show", "park", "put_back", "transfer", "add_service", "call_next")
        name = dice.choice((*usual * 3, *rare))
        told: dict[str, Any] = {"desk": mine.pk, "ticket": ticket.pk}
        if name == "call_next":
            return self._try(name, dice, lambda now: _called(actions.call_next(session=mine, now=now)), desk=mine.pk)
        if name == "transfer":
            service = self._service(dice) if dice.random() < 0.7 else None
            to = self.bank.company.beth if service is None or dice.random() < 0.2 else None
            return self._try(
                name, dice,
                lambda now: _new(
                    actions.transfer(session=mine, ticket=ticket, service=service, clerk=to, now=now), self.tickets
                ),
                service=service.code if service else None, to=to.code if to else None, **told,
            )  # fmt: skip
        if name == "add_service":
            wish = self._service(dice)
            return self._try(
                name, dice,
                lambda now: _state(actions.add_service(session=mine, ticket=ticket, service=wish, now=now)),
                service=wish.code, **told,
            )  # fmt: skip
        act = getattr(actions, name)
        value = self._finished if name == "finish" else _state
        return self._try(name, dice, lambda now: value(act(session=mine, ticket=ticket, now=now)), **told)

    def _finished(self, row: Ticket) -> tuple[Any, int | None]:
        following = Ticket.objects.filter(previous=row).first()
        if following is not None:
            self.tickets.append(following)
        return row.state, following.pk if following else None


def _state(row: Any) -> tuple[Any, int | None]:
    return row.state, None


def _called(row: Ticket | None) -> tuple[Any, int | None]:
    return row.pk if row else None, None


def _new(row: Ticket, known: list[Ticket]) -> tuple[Any, int | None]:
    known.append(row)
    return row.label, row.pk


def _closed(session: CounterSession, now: Any) -> tuple[Any, int | None]:
    actions.close_counter(session=session, now=now)
    return "closed", None


def storm(bank: Day, disciplines: Sequence[Discipline], *, seed: int) -> Storm:
    """Return a branch whose two lines have the disciplines, and a third clerk who has no skills."""
    for line, one in zip((bank.place.line, bank.place.loans), disciplines, strict=True):
        Line.objects.filter(pk=line.pk).update(discipline=to_json(one))
    advice = (bank.company.advice.pk * 10,)
    general, loans = bank.place.line.code, bank.place.loans.code
    rules = model.Rules(
        disciplines={general: disciplines[0], loans: disciplines[1]},
        line_of={"cash": general, "cards": general, "loans": loans},
        letter={"cash": "A", "cards": "B", "loans": "C"},
        skills={"cash": (), "cards": (), "loans": advice},
        priority={one.code: one.priority for one in (bank.company.cash, bank.company.cards, bank.company.loans)},
        no_show=timedelta(seconds=bank.place.branch.no_show_s),
    )
    return Storm(bank, rules, seed)


def in_some_order(
    start: model.Branch, histories: list[list[Act]], *, ends: Callable[[model.Branch], bool]
) -> model.Branch | None:
    """Return the branch after all acts, done one after the other in some order; None if there is no such order.

    `ends` tells whether a branch may be the last: acts do not return all they change.

    Each one's acts stay in their order, and an act that was over before another began comes before it. This is the
    search of Wing and Gong (1993), Testing and verifying concurrent objects, J. Parallel and Distributed Computing 17.
    """
    seen: set[Any] = set()
    stack: list[tuple[tuple[int, ...], model.Branch, Iterator[int]]] = []
    at = (0,) * len(histories)
    stack.append((at, start, _next(at, histories)))
    while stack:
        at, branch, ways = stack[-1]
        if all(k == len(acts) for k, acts in zip(at, histories, strict=True)) and ends(branch):
            return branch
        who = next(ways, None)
        if who is None:
            stack.pop()
            continue
        after = _does(branch, histories[who][at[who]])
        if after is None:
            continue
        then = tuple(k + (j == who) for j, k in enumerate(at))
        mark = (then, frozenset(after.tickets.values()), frozenset(after.desks.values()))
        if mark not in seen:
            seen.add(mark)
            stack.append((then, after, _next(then, histories)))
    return None


def _next(at: tuple[int, ...], histories: list[list[Act]]) -> Iterator[int]:
    due = [(acts[k].end, who) for who, (k, acts) in enumerate(zip(at, histories, strict=True)) if k < len(acts)]
    first = min(due, default=(0.0, 0))[0]
    return iter([who for _, who in sorted(due) if histories[who][at[who]].start <= first])


def _does(branch: model.Branch, act: Act) -> model.Branch | None:
    """Return the branch after an act if it can have come out as it did, else None."""
    try:
        after, result = branch.do(act.name, now=act.now, made=act.made, **act.told)
    except model.Refusal:
        return None if act.done else branch
    except (KeyError, AssertionError):  # of a ticket that does not exist yet in this order
        return None
    return after if act.done and result == act.result else None
