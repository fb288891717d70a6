"""When deals are decided, which come, and how late clients are, learned from deals so far."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from troth.capacity.projects.promising._learn_wins import ripe_after, statements
from troth.capacity.projects.promising.beliefs import ComingBelief, DecisionBelief, SlipBelief
from troth.capacity.projects.promising.history import ClientReady, DealPast, PromiseLag

#: Points of a table of days; rows that neutral ones count as, of days, of shares, of months' deals.
_LEVELS: Final = np.linspace(0.0, 1.0, 13)
_DAYS_N, _SHARE_N, _MONTH_N = 4.0, 4.0, 10.0
#: A wish tells at least so much of the win that comes before it, once so many wins are known.
_LEAD_AT, _LEAD_N = 0.05, 8


def decisions(deals: Sequence[DealPast], *, day: date, neutral: DecisionBelief) -> tuple[DecisionBelief, int]:
    """Learn how long wins take, from every day a deal was at a stage; return also how many wins it rests on.

    What is lost or still open has not been won by then: its days count as at least so long (Kaplan and Meier, 1958,
    J. Am. Statist. Assoc. 53, 457-481).
    """
    days: dict[str, list[tuple[int, bool]]] = defaultdict(list)
    wins: dict[str, int] = Counter()
    for deal in deals:
        said, end = statements(deal), min(deal.closed or day, day)
        won = deal.won and deal.closed is not None
        for k, (first, stage, _) in enumerate(said):
            until = min(said[k + 1][0], end) if k + 1 < len(said) else end
            days[stage] += [((end - first).days - at, won) for at in range(max((until - first).days, 1))]
            wins[stage] += won
    known = {
        stage: _mixed(quantiles([a for a, _ in some], [b for _, b in some]), neutral.otherwise, wins[stage])
        for stage, some in days.items()
        if wins[stage]
    }
    gaps = [(deal.wanted - deal.closed).days for deal in deals if deal.won and deal.closed and deal.wanted]
    lead = neutral.lead
    if len(gaps) >= _LEAD_N and np.quantile(gaps, _LEAD_AT) > 0:
        lead = float(np.quantile(gaps, _LEAD_AT))
    found = DecisionBelief({**neutral.days, **known}, neutral.spread, neutral.otherwise, lead)
    return found, sum(1 for deal in deals if deal.won)


def quantiles(days: Sequence[int], seen: Sequence[bool]) -> Any:
    """Return days at `_LEVELS` of the time to what was seen; rows not seen lasted at least so long."""
    time, event = np.asarray(days, float), np.asarray(seen, bool)
    order = np.argsort(time, kind="stable")
    time, event = time[order], event[order]
    at, alive, stays, many = list[float](), list[float](), 1.0, len(time)
    k = 0
    while k < many:
        j = int(np.searchsorted(time, time[k], side="right"))
        hits = int(event[k:j].sum())
        if hits:
            stays *= 1 - hits / (many - k)
            at.append(float(time[k]))
            alive.append(stays)
        k = j
    gone = 1 - np.array(alive)
    # What would come after the last that was seen is put there.
    gone /= gone[-1]
    return np.interp(_LEVELS, np.concatenate([[0.0], gone]), np.array([at[0], *at]))


def coming(deals: Sequence[DealPast], *, day: date, since: date, neutral: ComingBelief) -> tuple[ComingBelief, int]:
    """Learn which deals come up; return also how many it rests on. Those of the first day came up before it."""
    dated = [(one.stages[0][0], one) for one in deals if one.stages]
    new = [(first, one) for first, one in dated if first > since]
    weeks = max((day - since).days - 1, 1) / 7
    if not new:
        return neutral, 0
    names = sorted({one.template for _, one in dated})
    rate, count = len(new) / weeks, Counter(one.template for _, one in new)
    whole = len(new) + _SHARE_N
    per_week = {name: rate * (count[name] + _SHARE_N / len(names)) / whole for name in names}
    sizes = np.array([np.log(one.hours / one.usual) for _, one in dated if one.hours > 0 and one.usual > 0])
    square = _DAYS_N * neutral.size_sd**2 + float((sizes**2).sum())
    won, otherwise = _shares([one for _, one in new], day, neutral)
    wins = [one for _, one in dated if one.won and one.closed]
    spans = [((one.closed or day) - first).days for first, one in new]
    ended = [one.won and one.closed is not None for _, one in new]
    decided = _mixed(quantiles(spans, ended), neutral.decided, sum(ended)) if any(ended) else neutral.decided
    gaps = [max((one.wanted - one.closed).days, 0) for one in wins if one.wanted and one.closed]
    wanted = _mixed(np.quantile(gaps, _LEVELS), neutral.wanted, len(gaps)) if gaps else neutral.wanted
    return ComingBelief(
        per_week, (_SHARE_N + len(new)) ** -0.5, (square / (_DAYS_N + len(sizes))) ** 0.5, _months([first for first, _ in new], since, day, neutral.months),
        won, otherwise, decided, wanted,
    ), len(new)  # fmt: skip


def _shares(deals: Sequence[DealPast], day: date, neutral: ComingBelief) -> tuple[Mapping[str, float], float]:
    """Return the share of deals won in the end by template and of all, of those old enough.

    Only of those seen from their beginning: of those that were there before, the lost ones are gone.
    """
    ripe, wins, all_ = ripe_after(deals), Counter[str](), Counter[str]()
    for one in deals:
        if one.closed and one.stages and (day - one.stages[0][0]).days > ripe[statements(one)[0][1]]:
            all_[one.template] += 1
            wins[one.template] += one.won
    overall = (_SHARE_N * neutral.won_otherwise + wins.total()) / (_SHARE_N + all_.total())
    by = {name: (2 * _SHARE_N * overall + wins[name]) / (2 * _SHARE_N + all_[name]) for name in all_}
    return by, overall


def _months(firsts: Sequence[date], since: date, day: date, neutral: Sequence[float]) -> tuple[float, ...]:
    """Return a factor of each month; those with little to tell stay near neutral."""
    open_days = Counter((since + timedelta(days=k)).month for k in range(1, (day - since).days))
    seen, rate = Counter(first.month for first in firsts), len(firsts) / max(open_days.total(), 1)
    found = [(_MONTH_N * neutral[m - 1] + seen[m]) / (_MONTH_N + rate * open_days[m]) for m in range(1, 13)]
    return tuple(found)


def slips(clients: Sequence[ClientReady], *, neutral: SlipBelief) -> tuple[SlipBelief, int]:
    """Learn how often clients are not ready, and how late they are; return also how many it rests on."""
    late = [one.days for one in clients if one.days > 0]
    share = (2 * neutral.share + len(late)) / (2 + len(clients))
    mean = (neutral.days + sum(max(days - 0.5, 0.5) for days in late)) / (1 + len(late))
    told = neutral.told | {one.project_id for one in clients}
    return SlipBelief(share, mean, neutral.known_before, told), len(clients)


def lag(lags: Sequence[PromiseLag], *, neutral: float) -> float:
    """Return how many days after the wanted start the house promises one, on average."""
    return (_DAYS_N * neutral + sum(one.days for one in lags)) / (_DAYS_N + len(lags))


def _mixed(found: Any, neutral: Sequence[float], rows: int) -> tuple[float, ...]:
    """Return quantiles between what was found and neutral ones, by how many rows there are."""
    rest = np.interp(_LEVELS, np.linspace(0, 1, len(neutral)), np.asarray(neutral, float))
    own = rows / (rows + _DAYS_N)
    return tuple(round(float(one), 3) for one in own * np.asarray(found) + (1 - own) * rest)
