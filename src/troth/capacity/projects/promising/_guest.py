"""What is asked about, made ready to be placed into the futures."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from troth.capacity.projects.portfolio import Deal, Portfolio, Project
from troth.capacity.projects.promising._jobs import NEVER, Job, of_deal
from troth.capacity.projects.promising._lifted import lifted, many
from troth.capacity.projects.promising._place import Extra, Guest, Placed, place, room_for
from troth.capacity.projects.promising._ratios import needs_of
from troth.capacity.projects.promising._world import shapes_of
from troth.capacity.projects.promising.check import phases_wrong
from troth.capacity.projects.promising.prepare import PreparedFutures
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

#: So many equally weighted futures are enough to answer from; a deal that is surer than this is hardly ever lost in some market.
_ENOUGH: Final = 200
_SURE: Final = 0.98
_NEVER_WON: Final = (
    "Maybe give it a probability: a start is promised for the case that it is won, and with 0 it never is."
)


@dataclass(frozen=True, eq=False)
class Asked:
    """A question: the futures to answer it from, the job, its luck in each, how much each counts (sum 1), and the guest but for
    its place.
    """

    prepared: PreparedFutures
    job: Job
    number: int
    chance: Any
    weight: Any
    guest: Guest
    won: Any
    slip: Any

    def in_line(self, day: float | None) -> Guest:
        """Return the guest with its start promised for a day index; None: in its turn."""
        return self.guest if day is None else self.guest._replace(order=np.full(len(self.won), float(day)))


def asked(prepared: PreparedFutures, what: str | Deal, *, lift: bool = True) -> Asked:
    """Return what is asked made ready.

    Parameters
    ----------
    lift : live futures again without the project where it is lost in too few of them; False for who lives them again anyway.

    Raises
    ------
    InputError
        ``no-futures``, ``unknown-job``, ``never-won``, ``already-started``, ``already-finished``, ``nothing-to-do``, or what is
        wrong with the deal.
    """
    if prepared.futures < 1:
        advice = "Maybe prepare again: it was stopped before any future was lived, and answers rest on them."
        raise InputError([_error("no-futures", "0", advice)])
    name = what if isinstance(what, str) else what.deal_id
    number = prepared.jobs.index(name) if name in prepared.jobs else -1
    if isinstance(what, str):
        if number < 0:
            raise InputError([_missing(prepared.portfolio, what)])
        job, luck = prepared.specs[number], prepared.lucks[number]
    else:
        _fit(prepared, what)
        job = of_deal(what, beliefs=prepared.beliefs, origin=prepared.origin)
        luck = prepared.fate.luck(job, needs=needs_of(what.phases))
    if job.started is not None:
        raise InputError([_error("already-started", name, "Maybe ask for its finish: `PreparedFutures.finishes`.")])
    needs = [need for phase in job.phases if not phase.done for need in phase.needs]
    if not any((need.hours if need.left is None else need.left) > 0 for need in needs):
        advice = "Maybe its hours are still to be estimated: work without hours has no start."
        raise InputError([_error("nothing-to-do", name, advice)])
    lost = ~luck.wins[: prepared.futures] if number >= 0 and job.odds is not None else None
    # A deal that is not as it was when the futures were lived has other hours in them.
    other = not isinstance(what, str)
    if number >= 0 and lift and (lost is None or other or must_lift(prepared, number=number)):
        prepared, lost = lifted(prepared, number=number), None
    n = prepared.futures
    won = luck.day[:n]
    chance = luck.chance[:n]
    weight, used = _weights(chance, lost)
    skills = {skill: k for k, skill in enumerate(prepared.skills)}
    shapes = shapes_of([job.phases], number=skills, origin=prepared.origin)
    rows, at = _own(prepared, number)
    told = np.maximum(job.wanted - int(prepared.beliefs.slips.known_before), won + 1)
    order = _turn(prepared, job, number, won)
    guest = Guest(
        shapes, number, np.where(used, won, NEVER), job.wanted, luck.slip[:n], told, order, luck.ratio[:n], at, rows[:, 0].astype(np.int64),
        rows[:, 1].astype(np.int64), 0.5 * rows[:, 2],
    )  # fmt: skip
    return Asked(prepared, job, number, chance, weight, guest, won, luck.slip[:n])


def placed(
    prepared: PreparedFutures,
    guest: Guest,
    *,
    whole: bool,
    extra: Extra | None = None,
    which: Any = None,
    first: Any = None,
) -> Placed:
    """Place a guest into the futures in which it is won, on two threads.

    Parameters
    ----------
    which : numbers of the futures it is placed in; None all.
    first : (F,) week before which nobody can be booked on it; None if that is not known.
    """
    n, skills = prepared.futures, len(prepared.skills)
    out = Placed(
        np.full(n, NEVER), np.full(n, NEVER), np.zeros((n, skills)), np.zeros((n, skills)), np.full(n, prepared.weeks)
    )
    extra = extra or Extra(np.zeros(skills), 0, 0)
    which = np.flatnonzero(guest.won < NEVER) if which is None else which
    first = np.zeros(n, np.int64) if first is None else first
    if not len(which):
        return out

    def run(part: Any) -> None:
        rows = room_for(prepared.world, prepared.weeks, len(guest.shapes.skill))
        place(
            prepared.world,
            prepared.draws,
            prepared.lived,
            prepared.edges,
            guest,
            rows,
            extra,
            out,
            part,
            first,
            whole,
        )

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, (which[: len(which) // 2], which[len(which) // 2 :])))
    return out


def _weights(chance: Any, lost: Any) -> tuple[Any, Any]:
    """Return how much each future counts given the win (sum 1), and which are used.

    Of a deal of the portfolio those are used in which it is lost. Given the market a win changes nothing else, so a future in
    which it is lost stands for chance / (1 - chance) in which it is won. `lost` is None if it has no place in any.
    """
    used = np.ones(len(chance), np.bool_) if lost is None else lost
    weight = np.where(used, chance if lost is None else chance / np.maximum(1 - chance, 1e-300), 0.0)
    return weight / max(float(weight.sum()), 1e-300), used


def must_lift(prepared: PreparedFutures, *, number: int) -> bool:
    """Tell whether futures in which a deal is lost say too little of those in which it is won.

    Those are missing that weigh most: of a market in which it is won almost surely. Or few weigh much, and fewer futures lived
    again without it would say more. Or hours are booked hard for it, which in lost futures others have.
    """
    n, luck = prepared.futures, prepared.lucks[number]
    chance = luck.chance[:n]
    if (prepared.world.fix_job == number).any() or (n and chance.max() > _SURE):
        return True
    weight, _ = _weights(chance, ~luck.wins[:n])
    again, _ = _weights(chance[: many(prepared)], None)
    return effective(weight) < min(_ENOUGH, effective(again) / 2)


def effective(weight: Any) -> float:
    """Return as how many equally weighted futures some count; 0 of none."""
    total = float((weight**2).sum())
    return float(weight.sum()) ** 2 / total if total > 0 else 0.0


def _own(prepared: PreparedFutures, number: int) -> tuple[Any, Any]:
    """Return the bookings of a job in the futures, and where those of each future end."""
    lived, n = prepared.lived, prepared.futures
    if number < 0:
        return lived.own[:0], np.zeros(n + 1, np.int64)
    at = lived.own_at[number]
    return lived.own[at[0] : at[-1]], at - at[0]


def _turn(prepared: PreparedFutures, job: Job, number: int, won: Any) -> Any:
    """Return the place in the line of what has none promised."""
    house = prepared.beliefs.house
    if not house.by_promise:
        return np.full(len(won), number - 1e6) if job.odds is None and number >= 0 else won.astype(float)
    if job.promised is not None:
        return np.full(len(won), float(job.promised))
    return np.maximum(job.wanted, won) + house.lag_days


def _missing(portfolio: Portfolio, name: str) -> Issue:
    """Return why something is not in the futures."""
    known: dict[str, Deal | Project] = {one.deal_id: one for one in portfolio.deals}
    known |= {one.project_id: one for one in portfolio.projects}
    if name not in known:
        return _error("unknown-job", name, "Maybe it was finished or lost, or came after the preparation.")
    if known[name].probability <= 0:
        return _error("never-won", name, _NEVER_WON)
    return _error("already-finished", name, "Maybe another is meant: all of its phases are done.")


def _fit(prepared: PreparedFutures, what: Deal) -> None:
    """Raise what is wrong with a deal."""
    bad = list(phases_wrong(what.phases, where=f"deals[{what.deal_id}]"))
    if what.probability == 0:
        bad.append(_error("never-won", what.deal_id, _NEVER_WON))
    elif not 0 < what.probability <= 1:
        bad.append(_error("bad-probability", str(what.probability), "Maybe it is a percentage: it is 0 to 1."))
    known = set(prepared.skills)
    missing = sorted({need.skill for phase in what.phases for need in phase.needs} - known)
    bad += [
        _error("unknown-skill", skill, "Maybe it is spelled in another way, or nobody holds it.") for skill in missing
    ]
    if bad:
        raise InputError(bad)


def _error(code: str, value: str, advice: str) -> Issue:
    return Issue(code, Severity.ERROR, "deal", value, advice)
