"""Who may serve whom: profiles of agents alike, groups of tickets alike, and the links between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from troth.core.time import to_micros
from troth.queueing.choose import Server, Waiting, can_serve, micros_of, placed
from troth.queueing.discipline import Discipline
from troth.queueing.twin._layout import GROUP, LINK, NOBODY, PROFILE
from troth.queueing.twin._pick import DEFERRED
from troth.queueing.twin.problem import Routing, TwinAgent, TwinProblem, TwinStream

_MINUTE = 60_000_000
#: What an agent can do: queues with preferences, and what it is asked for by tickets.
Ability = tuple[tuple[tuple[str, int], ...], Server]
#: What a ticket is: queue, class, and the profiles that may serve it.
Kind = tuple[int, int, tuple[int, ...]]


@dataclass(slots=True)
class Floor:
    """Profiles, groups and links of a problem.

    `profile_of` gives an agent's two profiles: as it comes, and the other one for who needs a counter.
    """

    problem: TwinProblem
    abilities: dict[Ability, int] = field(default_factory=dict)
    kinds: dict[Kind, int] = field(default_factory=dict)
    profile_of: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        asked = {s.reserved_for for s in self.problem.streams} | {p.ticket.reserved_for for p in self.problem.present}
        for agent in self.problem.agents:
            full, bare = (self._ability(agent, asked, queues) for queues in (agent.queues, _without(agent)))
            self.profile_of.append((bare, full) if agent.counters is not None else (full, bare))

    def _ability(self, agent: TwinAgent, asked: set[str | None], queues: tuple[tuple[str, int], ...]) -> int:
        names = tuple(sorted({agent.name, *agent.names} & asked))
        key = (tuple(sorted(queues)), Server(names, tuple(sorted(agent.services)), tuple(sorted(agent.skills))))
        return self.abilities.setdefault(key, len(self.abilities))

    def kind(self, queue: int, ticket: Waiting) -> int:
        """Return the number of the group of a ticket at a queue; numbers are given as they are asked for."""
        one = self.problem.queues[queue]
        fits = tuple(
            k
            for (queues, server), k in self.abilities.items()
            if one.name in dict(queues) and can_serve(server, ticket=ticket)
        )
        key = (queue, placed(one.discipline, ticket=ticket).klass, fits)
        return self.kinds.setdefault(key, len(self.kinds))

    def pair(self, queue: int, stream: TwinStream) -> tuple[int, int]:
        """Return the groups of a stream's customers at a queue: as walk-ins, and booked in time."""
        plain = Waiting(
            0, self.problem.start, stream.service, stream.priority, stream.labels, skills=stream.skills,
            reserved_for=stream.reserved_for,
        )  # fmt: skip
        return self.kind(queue, plain), self.kind(queue, replace(plain, booked_at=plain.joined_at))

    def order(self) -> np.ndarray:
        """Return the final place of each group: those of a queue stand together."""
        keys = [queue for queue, _, _ in self.kinds]
        places = np.empty(len(keys), dtype=np.int32)
        places[np.argsort(keys, kind="stable")] = np.arange(len(keys), dtype=np.int32)
        return places

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return `GROUP`, `PROFILE` and `LINK` records."""
        groups, profiles = np.zeros(len(self.kinds), dtype=GROUP), np.zeros(len(self.abilities), dtype=PROFILE)
        links: list[tuple[int, int]] = []
        places = self.order()
        for (queue, klass, fits), k in self.kinds.items():
            g = groups[places[k]]
            _describe(g, self.problem.queues[queue].discipline, klass)
            g["queue"], g["first_link"] = queue, len(links)
            links += sorted(((p, self._rank(p, queue)) for p in fits), key=lambda link: link[1])
            g["last_link"] = len(links)
        for p in range(len(profiles)):
            mine = [(int(places[k]), queue) for (queue, _, fits), k in self.kinds.items() if p in fits]
            profiles[p]["first_link"] = len(links)
            links += [(g, self._preference(p, queue)) for g, queue in sorted(mine)]
            profiles[p]["last_link"] = len(links)
        for name in ("head", "tail", "partly", "slack"):
            profiles[name] = NOBODY
        groups["head"] = groups["tail"] = NOBODY
        return groups, profiles, _links(links)

    def _preference(self, profile: int, queue: int) -> int:
        one = self.problem.queues[queue]
        return dict(self._queues(profile))[one.name] + (DEFERRED if one.deferred else 0)

    def _rank(self, profile: int, queue: int) -> int:
        many = len(self._queues(profile)) if self.problem.policy.routing is Routing.SPECIALISED else 0
        return dict(self._queues(profile))[self.problem.queues[queue].name] * 1000 + many

    def _queues(self, profile: int) -> tuple[tuple[str, int], ...]:
        return list(self.abilities)[profile][0]

    def serves(self) -> np.ndarray:
        """Return whether each profile serves each queue."""
        names = [queue.name for queue in self.problem.queues]
        made = np.zeros((len(self.abilities), len(names)), dtype=np.int8)
        for (queues, _), p in self.abilities.items():
            for name, _preference in queues:
                made[p, names.index(name)] = 1
        return made


def _without(agent: TwinAgent) -> tuple[tuple[str, int], ...]:
    return tuple(pair for pair in agent.queues if pair[0] not in agent.at_counter)


def _links(links: Iterable[tuple[int, int]]) -> np.ndarray:
    pairs = np.array(list(links), dtype=np.int32).reshape(-1, 2)
    made = np.zeros(len(pairs), dtype=LINK)
    made["to"], made["rank"] = pairs.T
    return made


def _describe(group: np.void, discipline: Discipline, klass: int) -> None:
    """Write a class's rules in whole numbers, as `choose.points` reads them."""
    one, fair = discipline.classes[klass], discipline.fairness
    group["level"] = one.level
    group["points"], group["ageing"] = round(one.head_start * 1000) * _MINUTE, round(one.ageing * 1000)
    first_come = fair.overtakes == 0
    group["by_place"] = group["ageing"] > 0 or first_come
    counted = fair.behind is not None or (fair.overtakes is not None and fair.overtakes > 0)
    group["scan"] = not first_come and (counted or (fair.wait is not None and not group["by_place"]))


def limits(discipline: Discipline) -> dict[str, int]:
    """Return the rules of a discipline that hold for a queue, as fields of `QUEUE`."""
    booked, fair = discipline.appointments, discipline.fairness

    def micros(value: object) -> int:
        return -1 if value is None else micros_of(value)  # type: ignore[arg-type]

    return {
        "early": micros(booked.early),
        "head_start": micros(booked.head_start),
        "grace": micros(booked.grace),
        "late": ("keep", "shift", "walk_in").index(str(booked.late)),
        "overtakes": -1 if fair.overtakes is None else fair.overtakes,
        "behind": micros(fair.behind),
        "cap": micros(fair.wait),
        "passing": int(fair.behind is not None or bool(fair.overtakes)),
    }


def stand(one: np.void, discipline: Discipline, ticket: Waiting) -> None:
    """Write where a ticket that waits already stands."""
    numbers = placed(discipline, ticket=ticket)
    one["joined"], one["place"], one["ready"] = to_micros(ticket.joined_at), numbers.place_us, numbers.ready_us
    one["overtaken"] = ticket.overtaken
    if ticket.overtaken_at is not None:
        one["overtaken_at"] = to_micros(ticket.overtaken_at)
    if ticket.booked_at is not None:
        one["booked"] = to_micros(ticket.booked_at)
