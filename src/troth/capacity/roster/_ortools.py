"""The rules of a roster as one CP-SAT model: exact on small problems, and which rules cannot hold together.

It shares nothing with the search: tests hold the two against each other. Stretches and breaks inside shifts are left
out, so a roster problem with activities is looked at a little more leniently than it is: what cannot be here cannot be
at all.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ortools.sat.python import cp_model

from troth.capacity.roster._compile import Option, options_of
from troth.capacity.roster.problem import OFF, Duty, Employee, RosterProblem
from troth.capacity.roster.rules import minutes_of

#: A rule of somebody, perhaps on a day: what a conflict names.
Name = tuple[str, str, int]


@dataclass(slots=True)
class Exact:
    """A problem as a model.

    Parameters
    ----------
    problem : what to model.
    named : make every hard rule conditional on a literal of its own, for `conflict`.
    people : numbers of the people to look at; None for all, with the cover.
    only_day : look at this day and the one before alone, with the day's floors: what cannot be there cannot be at all.
    """

    problem: RosterProblem
    named: bool = False
    people: tuple[int, ...] | None = None
    only_day: int | None = None
    model: Any = field(default_factory=cp_model.CpModel)
    options: tuple[Option, ...] = ()
    x: dict[tuple[int, int, int], Any] = field(default_factory=dict)
    literals: dict[Name, Any] = field(default_factory=dict)
    _works: dict[tuple[int, int], Any] = field(default_factory=dict)
    _blamed: set[int] = field(default_factory=set)
    _until: float = 0.0
    _orders_of: dict[int, list[tuple[str, dict[tuple[int, ...], list[int]]]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Write the model."""
        self.options = options_of(self.problem)
        who = self.people if self.people is not None else tuple(range(len(self.problem.staff)))
        for p in who:
            self._person(p, self.problem.staff[p])
        if self.people is None:
            self._floors()
        if not self.named:
            self.model.minimize(sum(self._costs(who)))

    def _rule(self, constraint: Any, rule: str, one: Employee | None, day: int = -1) -> None:
        """Let a constraint hold, or hold if its rule does."""
        if self.named:
            name = (rule, one.agent_id if one else "", day)
            if name not in self.literals:
                self.literals[name] = self.model.new_bool_var("")
            constraint.only_enforce_if(self.literals[name])

    def _person(self, p: int, one: Employee) -> None:
        model = self.model
        for d in self._span():
            for o in range(len(self.options)):
                self.x[p, d, o] = model.new_bool_var("")
            model.add_at_most_one([self.x[p, d, o] for o in range(len(self.options))])
            self._works[p, d] = sum(self.x[p, d, o] for o in range(len(self.options)))
        whole = (self._orders, self._amounts, self._runs, self._weekends, self._settled)
        for write in whole if self.only_day is None else (self._orders, self._settled):
            write(p, one)

    def _span(self) -> range:
        """Return the days that are looked at."""
        return (
            range(self.problem.days) if self.only_day is None else range(max(0, self.only_day - 1), self.only_day + 1)
        )

    def _orders(self, p: int, one: Employee) -> None:
        kinds = self.problem.kinds
        for rule, wrong in self._barred(one.terms.rest):
            for after, firsts in wrong.items():  # a person has one shift a day, so that sums of shifts are 0 or 1
                for d in self._span()[:-1]:
                    both = [self.x[p, d, a] for a in firsts] + [self.x[p, d + 1, b] for b in after]
                    self._rule(self.model.add(sum(both) <= 1), rule, one)
        before = one.before
        if before is None or not before.run or self._span().start:
            return
        barred_first = next((k.not_before for k in kinds if k.kind == before.kind), frozenset[str]())
        for o, option in enumerate(self.options):
            if kinds[option.kind].kind in barred_first:
                self._rule(self.model.add(self.x[p, 0, o] == 0), "roster.succession", one)
            timed = before.ended is not None and bool(kinds[option.kind].starts)
            if timed and option.start - (before.ended or 0) < one.terms.rest:
                self._rule(self.model.add(self.x[p, 0, o] == 0), "roster.rest", one)

    def _barred(self, rest: int) -> list[tuple[str, dict[tuple[int, ...], list[int]]]]:
        """Return by rule which options may not follow which on the next day, options that bar the same ones together."""
        if rest not in self._orders_of:
            kinds = self.problem.kinds
            succession, tired = (defaultdict[tuple[int, ...], list[int]](list) for _ in range(2))
            for a, first in enumerate(self.options):
                timed = [bool(kinds[first.kind].starts and kinds[then.kind].starts) for then in self.options]
                after = tuple(
                    b for b, then in enumerate(self.options) if kinds[then.kind].kind in kinds[first.kind].not_before
                )
                soon = tuple(
                    b for b, then in enumerate(self.options)
                    if timed[b] and then.start + 1440 - first.start - first.length < rest
                )  # fmt: skip
                succession[after].append(a)
                tired[soon].append(a)
            self._orders_of[rest] = [
                (rule, {after: firsts for after, firsts in some.items() if after})
                for rule, some in (("roster.succession", succession), ("roster.rest", tired))
            ]
        return self._orders_of[rest]

    def _sum(self, p: int, days: range, weight: Callable[[Option], int]) -> Any:
        return sum(weight(o) * self.x[p, d, k] for d in days for k, o in enumerate(self.options) if weight(o))

    def _amounts(self, p: int, one: Employee) -> None:
        terms, kinds, days = one.terms, self.problem.kinds, self.problem.days

        def worked(option: Option) -> int:
            return minutes_of(kinds[option.kind], length=option.length)

        starts = [0, *(d for d in range(1, days) if self.problem.date_of(d).weekday() == 0)]
        weeks = [range(a, b) for a, b in zip(starts, [*starts[1:], days], strict=True)]
        for spans, (low, high), name in (
            ([range(days)], terms.minutes, "minutes"),
            (weeks, terms.week_minutes, "week"),
        ):
            for span in spans:
                day = -1 if name == "minutes" else span.start
                if high is not None:
                    self._rule(self.model.add(self._sum(p, span, worked) <= high), f"roster.most-{name}", one, day)
                if low:
                    self._rule(self.model.add(self._sum(p, span, worked) >= low), f"roster.least-{name}", one, day)
        if terms.most_days is not None:
            whole = sum(self._works[p, d] for d in range(days))
            self._rule(self.model.add(whole <= terms.most_days), "roster.most-days", one)
        if terms.most_week_days is not None:
            for span in weeks:
                count = sum(self._works[p, d] for d in span)
                self._rule(self.model.add(count <= terms.most_week_days), "roster.most-week", one, span.start)
        for kind, most in terms.most_of_kind:
            of_kind = [k for k, o in enumerate(self.options) if kinds[o.kind].kind == kind]
            total = sum(self.x[p, d, k] for d in range(days) for k in of_kind)
            self._rule(self.model.add(total <= most), "roster.most-of-kind", one)

    def _runs(self, p: int, one: Employee) -> None:
        """No window of longest + 1 worked days; no run shorter than the least between two other days."""
        terms, days, before = one.terms, self.problem.days, one.before
        past: list[Any] = []
        if before is not None:  # the eve's run, with a day of the other sort before it
            past = [0] * before.off or [0, *[1] * before.run]
            past = [1, *past] if before.off else past
        line = [*past, *(self._works[p, d] for d in range(days))]
        first = -len(past)
        if terms.longest_run is not None:
            for k in range(len(line) - terms.longest_run):
                window = sum(line[k : k + terms.longest_run + 1])
                if not isinstance(window, int):
                    day = max(0, first + k)
                    self._rule(self.model.add(window <= terms.longest_run), "roster.longest-run", one, day)
        for least, rule, on in (
            (terms.shortest_run, "roster.shortest-run", 1), (terms.shortest_off, "roster.shortest-off", 0),
        ):  # fmt: skip
            for length in range(1, least):
                for k in range(len(line) - length - 1):
                    self._short(line[k : k + length + 2], on, rule, one, max(0, first + k + 1))

    def _short(self, window: list[Any], on: int, rule: str, one: Employee, day: int) -> None:
        """Forbid: other, on ... on, other."""
        ends, middle = [window[0], window[-1]], window[1:-1]
        wrong = sum(ends) - sum(middle) if on == 0 else sum(middle) - sum(ends)
        # With on = 0 the pattern is 1 0..0 1: ends 2, middle 0; with on = 1 it is 0 1..1 0: middle full, ends 0.
        if not isinstance(wrong, int):
            most = 1 if on == 0 else len(middle) - 1
            self._rule(self.model.add(wrong <= most), rule, one, day)

    def _weekends(self, p: int, one: Employee) -> None:
        if one.terms.most_weekends is None and not self.problem.prices.weekend_spread:
            return
        of: dict[tuple[int, int], list[int]] = defaultdict(list)
        for d in range(self.problem.days):
            if self.problem.date_of(d).weekday() >= 5:
                of[self.problem.date_of(d).isocalendar()[:2]].append(d)
        worked = []
        for days in of.values():
            any_ = self.model.new_bool_var("")
            for d in days:
                self.model.add(self._works[p, d] <= any_)
            worked.append(any_)
        if one.terms.most_weekends is not None:
            self._rule(self.model.add(sum(worked) <= one.terms.most_weekends), "roster.weekends", one)

    def _settled(self, p: int, one: Employee) -> None:
        kinds = self.problem.kinds
        for d in one.away:
            if d in self._span():
                self._rule(self.model.add(self._works[p, d] == 0), "roster.away", one, d)
        for d, kind in one.fixed:
            if d in self._span():
                has = sum(self.x[p, d, k] for k, o in enumerate(self.options) if kinds[o.kind].kind == kind)
                target = self._works[p, d] == 0 if kind == OFF else has == 1
                self._rule(self.model.add(target), "roster.fixed", one, d)
        for a, b in one.unavailable:
            for d in self._span():
                for k, o in enumerate(self.options):
                    at = d * 1440 + o.start
                    if kinds[o.kind].starts and at < b and at + o.length > a:
                        self._rule(self.model.add(self.x[p, d, k] == 0), "roster.away", one, d)

    def _floors(self) -> None:
        """Each slot's floor; a person in a shift over a slot can do one activity in it."""
        problem = self.problem
        slot = problem.slot_minutes
        here: dict[int, list[tuple[int, Any]]] = defaultdict(list)
        days = {self.only_day} if self.only_day is not None else set(range(problem.days))
        wanted = {s for need in problem.slot_needs for s, n in enumerate(need.floor) if n and s * slot // 1440 in days}
        for (p, d, k), x in self.x.items():
            o = self.options[k]
            first = (d * 1440 + o.start) // slot
            for s in range(first, first + o.length // slot):
                if s in wanted:
                    here[s].append((p, x))
        for s in sorted(wanted):
            does: dict[str, list[Any]] = defaultdict(list)
            by_person: dict[int, list[Any]] = defaultdict(list)
            for p, x in here[s]:
                by_person[p].append(x)
            for p, present in by_person.items():
                one = problem.staff[p]
                mine = []
                for need in problem.slot_needs:
                    able = one.skills is None or need.activity in one.skills
                    if need.floor[s] and (able or self.named):
                        y = self.model.new_bool_var("")
                        does[need.activity].append(y)
                        mine.append(y)
                        if not able:
                            self._rule(self.model.add(y == 0), f"roster.skill:{need.activity}", None)
                self.model.add(sum(mine) <= sum(present))
            for need in problem.slot_needs:
                if need.floor[s]:
                    enough = self.model.add(sum(does[need.activity]) >= need.floor[s])
                    self._rule(enough, f"roster.floor:{need.activity}", None, s * slot // 1440)

    def _costs(self, who: tuple[int, ...]) -> Iterator[Any]:
        """Yield the prices of cover by kind and of wishes: what the exact model of small problems knows of the objective."""
        problem = self.problem
        for need in problem.kind_needs:
            had = sum(
                self.x[p, need.day, k] for p in who for k, o in enumerate(self.options)
                if problem.kinds[o.kind].kind == need.kind
            )  # fmt: skip
            under, over = (self.model.new_int_var(0, max(need.wanted, len(who)), "") for _ in range(2))
            self.model.add(had + under - over == need.wanted)
            yield int(need.under) * under + int(need.over) * over
        for p in who:
            for wish in problem.staff[p].wishes:
                if 0 <= wish.day < problem.days:
                    has = sum(
                        self.x[p, wish.day, k] for k, o in enumerate(self.options)
                        if wish.kind in (OFF, problem.kinds[o.kind].kind)
                    )  # fmt: skip
                    yield int(wish.cost) * (1 - has if wish.wanted else has)

    def best(self, *, seconds: float, workers: int = 2) -> tuple[str, float, float, tuple[Duty, ...]]:
        """Return (status, value, bound, shifts): a plain model, also the peer that benchmarks run beside."""
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = seconds
        solver.parameters.num_workers = workers
        status = solver.status_name(solver.solve(self.model))
        if status not in ("OPTIMAL", "FEASIBLE"):
            return status, float("inf"), float("-inf"), ()
        duties = tuple(
            Duty(self.problem.staff[p].agent_id, d, self.problem.kinds[self.options[k].kind].kind, self.options[k].start,
                 self.options[k].length)
            for (p, d, k), x in self.x.items() if solver.value(x)
        )  # fmt: skip
        return status, solver.objective_value, solver.best_objective_bound, duties

    def conflict(self, *, seconds: float) -> list[Name] | None:
        """Return rules that cannot all hold, none of which can be left out; None if there is no such set or no time.

        The set of a core is made irreducible by leaving out one rule after the other (deletion filter: Chinneck and
        Dravnieks 1991). What is not proven either way within `seconds` in all is not claimed.
        """
        self._until = time.monotonic() + seconds
        names = {literal.index: name for name, literal in self.literals.items()}
        kept, sure = list(self.literals.values()), list[Any]()
        if not self._cannot_hold(kept):
            return None
        kept = self._core(kept)
        while kept:
            one = kept.pop()
            proven = self._cannot_hold([*sure, *kept])
            if proven is None:
                return None
            if not proven:
                sure.append(one)
            else:
                core = {literal.index for literal in self._core([*sure, *kept])}
                kept = [literal for literal in kept if literal.index in core]
        return sorted(names[literal.index] for literal in sure)

    def _cannot_hold(self, literals: list[Any]) -> bool | None:
        """Tell whether these rules cannot hold together, None if time ran out; what of it matters is kept in `_blamed`."""
        left = self._until - time.monotonic()
        if left <= 0:
            return None
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.max_time_in_seconds = left
        self.model.clear_assumptions()
        self.model.add_assumptions(literals)
        status = solver.solve(self.model)
        proven = bool(status == cp_model.INFEASIBLE)
        self._blamed = set(solver.sufficient_assumptions_for_infeasibility()) if proven else set()
        return None if status == cp_model.UNKNOWN else proven

    def _core(self, literals: list[Any]) -> list[Any]:
        """Return those of rules just proven contradictory that the solver blames, if they alone are, too.

        What presolve takes out is at times missing among those the solver blames, so that it is proven anew.
        """
        core = [literal for literal in literals if literal.index in self._blamed]
        return core if core and len(core) < len(literals) and self._cannot_hold(core) else literals
