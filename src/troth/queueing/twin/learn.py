"""What a floor is like, learned from recorded contacts: how long things take, how patient customers are, who does what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.queueing.fit.presence import skills
from troth.queueing.fit.survival import kaplan_meier
from troth.queueing.read import Floats, Marks, RecordedContacts
from troth.queueing.twin.able import daily_skills
from troth.queueing.twin.times import STEPS, Times, levels

#: Who is told apart: a queue of the log and a priority.
Kind = tuple[str, int]
#: By queue, priorities with the share of each.
Priorities = Mapping[str, tuple[NDArray[np.int64], Floats]]


@dataclass(frozen=True, slots=True)
class Learning:
    """How a floor is learned.

    Parameters
    ----------
    gap_s : a gap between services longer than this is absence.
    longest_s : longer services are taken for errors of the log and left out.
    least : a queue is a skill if it makes up at least this share of a server's services.
    tail : presence ends with this share of the last service, since who is there until then may begin another.
    weight : so many services of usual pace are added to a server's own.
    rest_s : a longer pause between services is a rest.
    idle_rests : so often an hour of presence a server turns to something else for `idle_rest_s` on average, as soon as
        nobody waits.
    enough : so many who gave up, or services, must be seen for a kind to have a table of its own.
    """

    gap_s: float = 1800.0
    longest_s: float = 3600.0
    least: float = 0.01
    tail: float = 0.5
    weight: float = 50.0
    rest_s: float = 120.0
    idle_rests: float = 6.0
    idle_rest_s: float = 60.0
    enough: int = 40


#: What is taken unless asked otherwise; `idle_rests` was chosen on one contact centre, see docs/background/replan.md.
USUAL: Final = Learning()


@dataclass(frozen=True, slots=True, eq=False)
class LearnedFloor:
    """What was learned.

    Parameters
    ----------
    handle : by queue, of a server of usual pace.
    pace : by server, how many times as long its services take.
    pause, rest : from the end of a service until the server can begin the next: mostly `pause`, at times `rest`.
    rests : by server, the share of services after which it rests; ``""`` for those never seen.
    idle_rests, idle_rest : how often an hour and for how long a server turns to something else when nobody waits.
    patience : by queue and priority; those not named share ``("", 0)``.
    skills : by server, which queues it serves; ``""`` for those never seen.
    head_start_s : by queue and priority, how far ahead of their wait customers stand in the one line of all queues.
    priorities : by queue, of those who waited, each priority with its share.
    """

    handle: Mapping[str, Times]
    pace: Mapping[str, float]
    pause: Times
    rest: Times
    rests: Mapping[str, float]
    idle_rests: float
    idle_rest: Times
    patience: Mapping[Kind, Times]
    skills: Mapping[str, tuple[str, ...]]
    head_start_s: Mapping[Kind, float]
    priorities: Priorities


def learn(seen: RecordedContacts, *, how: Learning = USUAL, heads: bool = True) -> LearnedFloor:
    """Learn a floor from recorded contacts.

    Parameters
    ----------
    seen : contacts.
    how : see there.
    heads : False where it is known who stands ahead; nobody does then, and nobody need have given up.

    Raises
    ------
    InputError
        If nobody was served, or nobody gave up.

    Source
    ------
    Pace: shrinkage towards the mean of all (Efron and Morris 1975, J. American Statistical Association 70, 311-319).
    Pauses: a server who takes a customer that waited became free just then; one who takes a customer at once was free
    earlier, so the pause is cut from the left, and the product-limit estimate of the mirrored pauses holds (Kaplan and
    Meier 1958; mirroring: Gomez, Julia and Utzet 1992).
    Head starts: whoever is called was preferred to each who could have been; logistic in waits plus head starts
    (Bradley and Terry 1952, Biometrika 39, 324-345).
    """
    served = seen.known & (seen.handle_s <= how.longest_s)
    if not served.any() or (heads and not seen.gave_up.any()):
        advice = "Maybe take a longer period; some must be served, and some give up, for a floor to be learned."
        raise InputError([Issue("too-few", Severity.ERROR, "seen", str(int(served.sum())), advice)])
    pace = _pace(seen.take(served), how)
    able, priorities = _abilities(seen, served, how), _priorities(seen)
    pause, rest, rests = pauses(seen.take(served), how=how)
    return LearnedFloor(
        _handles(seen, served, pace, how), pace, pause, rest, rests, how.idle_rests,
        Times.exponential(how.idle_rest_s), _patience(seen, how), able,
        _head_starts(seen, able, priorities) if heads else {}, priorities,
    )  # fmt: skip


def _pace(served: RecordedContacts, how: Learning) -> dict[str, float]:
    means = {queue: float(served.handle_s[served.queue == queue].mean()) for queue in np.unique(served.queue)}
    usual, overall = np.array([means[queue] for queue in served.queue]), float(served.handle_s.mean())
    found = {}
    for agent in np.unique(served.agent):
        mine = served.agent == agent
        extra = how.weight * overall
        found[str(agent)] = float((served.handle_s[mine].sum() + extra) / (usual[mine].sum() + extra))
    return found


def _handles(seen: RecordedContacts, served: Marks, pace: Mapping[str, float], how: Learning) -> dict[str, Times]:
    usual = seen.handle_s / np.array([pace.get(agent, 1.0) for agent in seen.agent])
    found = {}
    for queue in np.unique(seen.queue):
        rows = served & (seen.queue == queue)
        found[str(queue)] = Times.seen(usual[rows if rows.sum() >= how.enough else served])
    return found


def pauses(served: RecordedContacts, *, how: Learning = USUAL) -> tuple[Times, Times, dict[str, float]]:
    """Return short pauses, long ones, and by server the share of services that a long one follows.

    Parameters
    ----------
    served : contacts of whose services all is known.
    """
    order = np.lexsort((served.answered_s, served.agent))
    agent, begun, ended = served.agent[order], served.answered_s[order], served.ended_s[order]
    gap = begun[1:] - ended[:-1]
    fits = (agent[1:] == agent[:-1]) & (gap <= how.gap_s) & (gap >= 0)
    waited, gap, agent = served.wait_s[order][1:][fits] > 1, gap[fits], agent[1:][fits]
    if not waited.any():
        return Times.constant(0.0), Times.constant(0.0), {"": 0.0}
    mirrored = kaplan_meier(how.gap_s - gap, gave_up=waited)
    # Shares still there in the mirror are shares not above it in the glass.
    at, share = (how.gap_s - mirrored.at)[::-1], np.concatenate([[1.0], mirrored.share[:-1]])[::-1]
    long = 1 - float(share[np.searchsorted(at, how.rest_s, side="right") - 1]) if at[0] <= how.rest_s else 1.0
    short, rest = (at[np.minimum(np.searchsorted(share, where), len(at) - 1)] for where in (
        levels(STEPS) * (1 - long), 1 - long + levels(STEPS) * long))  # fmt: skip
    rests = {"": long}
    for name in np.unique(agent):
        mine = agent == name
        told = mine & (waited | (gap <= how.rest_s))
        most = float((told & (gap > how.rest_s)).sum()) + how.weight * long
        rests[str(name)] = most / (float(told.sum()) + how.weight)
    return Times(short), Times(rest), rests


def _patience(seen: RecordedContacts, how: Learning) -> dict[Kind, Times]:
    if not seen.gave_up.any():
        return {("", 0): Times.constant(_PATIENT)}
    waited = (seen.answered | seen.gave_up) & (seen.wait_s > 0)
    found = {("", 0): _patient(seen, waited)}
    for queue in np.unique(seen.queue):
        for priority in np.unique(seen.priority[seen.queue == queue]):
            rows = waited & (seen.queue == queue) & (seen.priority == priority)
            if (rows & seen.gave_up).sum() >= how.enough:
                found[str(queue), int(priority)] = _patient(seen, rows)
    return found


def _patient(seen: RecordedContacts, rows: Marks) -> Times:
    """Return the product-limit estimate of patience; beyond it, the rate of its upper half goes on."""
    curve = kaplan_meier(seen.wait_s[rows], gave_up=seen.gave_up[rows])
    wanted = levels(STEPS)
    gone = 1 - curve.share
    place = np.searchsorted(gone, wanted)
    inside = curve.at[np.minimum(place, len(gone) - 1)]
    waits, gave_up = seen.wait_s[rows], seen.gave_up[rows]
    middle, last = float(np.quantile(waits, 0.9)), float(curve.at[-1])
    beyond = waits > middle
    rate = max(float((gave_up & beyond).sum()), 1.0) / max(float((waits[beyond] - middle).sum()), 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        after = last + np.log(max(float(curve.share[-1]), 1e-12) / (1 - wanted)) / rate
    return Times(np.where(place < len(gone), inside, np.maximum(after, last)))


def _abilities(seen: RecordedContacts, served: Marks, how: Learning) -> dict[str, tuple[str, ...]]:
    able = skills(
        [str(agent) for agent in seen.agent[served]], services=[str(kind) for kind in seen.queue[served]],
        least=how.least,
    )  # fmt: skip
    count = {agent: int((seen.agent[served] == agent).sum()) for agent in able}
    total = sum(count.values())
    kinds = sorted({kind for mine in able.values() for kind in mine})
    usual = tuple(q for q in kinds if sum(count[a] for a, mine in able.items() if q in mine) >= 0.5 * total)
    return able | {"": usual or tuple(kinds)}


def _head_starts(
    seen: RecordedContacts, able: Mapping[str, tuple[str, ...]], priorities: Priorities
) -> dict[Kind, float]:
    """Return by how much each kind stands further ahead than its wait: a part of its queue and one of its priority."""
    from scipy.optimize import minimize

    known = seen.take(np.isfinite(seen.wait_s))
    queues, levels_ = sorted({str(q) for q in known.queue}), sorted({int(p) for p in known.priority} - {0})
    parts = _parts(known, queues, levels_, priorities)
    called, other, ahead = _pairs(known, able)
    if not len(called):
        return {(queue, level): 0.0 for queue in queues for level in (0, *levels_)}
    apart, ahead = parts[called] - parts[other], ahead / 60

    def loss(x: Floats) -> tuple[float, Floats]:
        z = np.exp(x[0]) * (ahead + apart @ x[1:])
        wrong = np.exp(-np.logaddexp(0.0, z))
        # A weak pull to nought keeps a kind that is always first from being infinitely so.
        total = np.logaddexp(0.0, -z).sum() + 0.1 * (x[1:] ** 2).sum()
        return float(total), np.concatenate([[-(wrong * z).sum()], -np.exp(x[0]) * (wrong @ apart) + 0.2 * x[1:]])

    found = 60 * minimize(loss, np.zeros(1 + parts.shape[1]), jac=True, method="L-BFGS-B").x[1:]
    # Only differences count: the queue with most contacts stands at nought.
    common = max(range(len(queues)), key=lambda k: float(parts[:, k].sum()))
    found[: len(queues)] -= found[common]
    level_at = {level: found[len(queues) + k] for k, level in enumerate(levels_)} | {0: 0.0}
    return {(queue, level): float(found[k] + level_at[level]) for k, queue in enumerate(queues) for level in level_at}


def _parts(known: RecordedContacts, queues: list[str], levels_: list[int], priorities: Priorities) -> Floats:
    """Return what each contact's head start is the sum of, shape (n, queues + levels); by shares where not known."""
    parts = np.zeros((len(known), len(queues) + len(levels_)))
    unknown = (known.priority == 0) & (known.wait_s == 0)
    for k, queue in enumerate(queues):
        parts[known.queue == queue, k] = 1.0
    for k, level in enumerate(levels_, start=len(queues)):
        parts[known.priority == level, k] = 1.0
        for queue, (values, shares) in priorities.items():
            parts[unknown & (known.queue == queue), k] = float(shares[values == level].sum())
    return parts


def _pairs(
    known: RecordedContacts, able: Mapping[str, tuple[str, ...]]
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Return pairs of who was called and who went on waiting, and by how much longer the first had waited."""
    joined, left = known.queued_s, known.queued_s + known.wait_s
    daily = daily_skills(known.take(known.known), able=able)
    called, other = [], []
    for k in np.flatnonzero(known.answered & (known.agent != "")):
        near = slice(*np.searchsorted(joined, (left[k] - _LONGEST, left[k])))
        mine = daily.get(str(known.agent[k]), {}).get(int(known.day[k]), able[""])
        there = (left[near] > left[k] + 0.5) & np.isin(known.queue[near], mine)
        other.append(near.start + np.flatnonzero(there))
        called.append(np.full(len(other[-1]), k))
    first, then = (np.concatenate(rows or [np.zeros(0)]).astype(np.int64) for rows in (called, other))
    return first, then, joined[then] - joined[first]


def _priorities(seen: RecordedContacts) -> Priorities:
    found = {}
    for queue in np.unique(seen.queue):
        rows = (seen.queue == queue) & (seen.wait_s > 0)
        values, counts = np.unique(seen.priority[rows if rows.any() else seen.queue == queue], return_counts=True)
        found[str(queue)] = (values, counts / counts.sum())
    return found


_LONGEST: Final = 3600.0
#: How long customers wait where nobody was ever seen to give up, in seconds: a week.
_PATIENT: Final = 604_800.0
