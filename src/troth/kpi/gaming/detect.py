"""Who does something much more often than colleagues in the same place do: counts in, findings out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: The median of a chi-squared variable with one degree of freedom.
_MEDIAN_CHI2: Final = 0.4549364
#: So often those found are taken out of the comparison; and with more people one alone is not taken out for it.
_ROUNDS: Final = 5
_MANY: Final = 300
#: What is known beforehand of how much people differ (not without end) is worth so many people.
_KNOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Counted:
    """What one person did in one place.

    Parameters
    ----------
    agent, stratum : who, and what makes places alike.
    hits, trials : how often something was done, of how many chances.
    control_hits, control_trials : the same where nothing is gained by it; what is expected is then the person's own
        habit there, made worse as much as that of colleagues is.
    """

    agent: str
    stratum: str
    hits: int
    trials: int
    control_hits: int = 0
    control_trials: int = 0


@dataclass(frozen=True, slots=True)
class Threshold:
    """When an excess is a finding.

    Parameters
    ----------
    false_share : of all findings of one pattern, the share that may be chance (false discovery rate).
    ratio : at least so many times what is expected.
    excess : at least so many more than expected.
    trials : people with fewer chances are not judged.
    """

    false_share: float = 0.01
    ratio: float = 1.5
    excess: float = 8.0
    trials: int = 20


#: The usual limits.
USUAL: Final = Threshold()


@dataclass(frozen=True, slots=True)
class Finding:
    """What one person did of one pattern, beside what colleagues in the same places would have done.

    Parameters
    ----------
    agent, hits, trials : who, and how often of how many chances, where there were colleagues to compare with.
    expected : how often colleagues would have, had they had the same chances.
    p : the chance of so many or more where nothing is wrong, people differing as much as they do.
    q : the share of chance among all findings at least as strong (Benjamini & Hochberg 1995).
    suspicious : whether the limits are passed.
    """

    agent: str
    hits: int
    trials: int
    expected: float
    p: float
    q: float
    suspicious: bool


def found(tallies: Sequence[Counted], *, limits: Threshold = USUAL) -> list[Finding]:
    """Judge everybody, the most suspicious first.

    Everybody is compared with all others but those already found, so that one person who is far out neither hides nor
    accuses anybody. Colleagues differ by more than chance without any wrong: how much more is taken from the middle of
    the others, and counts are then negative binomial (McCullagh & Nelder 1989, Generalized linear models, section 6.2).

    Parameters
    ----------
    tallies : one or more for each person.
    limits : when an excess is a finding.

    Returns
    -------
    One finding for each person with enough chances; none if fewer than three have, for there is nobody to compare with.
    """
    agents = sorted({one.agent for one in tallies})
    counts = _Counts.of(tallies, agents)
    judged = counts.beside(np.ones(len(agents), dtype=np.bool_)).trials >= limits.trials
    if judged.sum() < 3:  # one, and two to compare with
        return []
    out = np.zeros(len(agents), dtype=np.bool_)
    for _ in range(_ROUNDS):
        seen, p = _judged(counts, judged, out)
        q = np.ones(len(agents))
        q[judged] = _discoveries(p[judged])
        far = seen.hits - seen.expected >= limits.excess
        now = judged & far & (q <= limits.false_share) & (seen.hits >= limits.ratio * seen.expected)
        if not (now & ~out).any():
            break
        out |= now
    rows = [
        Finding(
            agents[i], int(seen.hits[i]), int(seen.trials[i]), float(seen.expected[i]), float(p[i]), float(q[i]), bool(out[i])
        )
        for i in np.flatnonzero(judged)
    ]  # fmt: skip
    return sorted(rows, key=lambda one: (not one.suspicious, one.p, one.agent))


@dataclass(frozen=True, slots=True, eq=False)
class _Counts:
    """Hits and chances, with and without something to gain: shape (strata, agents)."""

    k: Floats
    n: Floats
    ck: Floats
    cn: Floats

    @classmethod
    def of(cls, tallies: Sequence[Counted], agents: Sequence[str]) -> _Counts:
        strata = {one: i for i, one in enumerate(sorted({one.stratum for one in tallies}))}
        place = {agent: i for i, agent in enumerate(agents)}
        made = np.zeros((4, len(strata), len(agents)))
        for one in tallies:
            made[:, strata[one.stratum], place[one.agent]] += (
                one.hits,
                one.trials,
                one.control_hits,
                one.control_trials,
            )
        return cls(*made)

    def beside(self, pool: NDArray[np.bool_]) -> _Beside:
        """Return what everybody did, and would have done like the others of a pool; where there are none it does not count."""

        def others(counts: Floats) -> Floats:
            inside = counts * pool
            return np.asarray(inside.sum(axis=1, keepdims=True) - inside)

        k, n = others(self.k), others(self.n)
        share = np.where(n > 0, (k + 0.5) / (n + 1.0), 0.0)
        if self.cn.any():
            ck, cn = others(self.ck), others(self.cn)
            theirs = _odds(ck, cn)
            # Of few cases of one's own little is known: they are taken for like those of the others.
            usual = theirs / (1 + theirs)
            habit = (self.ck + usual) / (self.cn - self.ck + 1 - usual)
            odds = habit * _odds(k, n) / theirs
            share = np.where(n > 0, odds / (1 + odds), 0.0)
        known = n > 0
        chance = self.n * share * (1 - share)
        return _Beside(
            (self.k * known).sum(axis=0), (self.n * known).sum(axis=0), (self.n * share).sum(axis=0), chance.sum(axis=0)
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Beside:
    """What everybody did of how many chances, what others would have, and its variance by chance: shape (agents,)."""

    hits: Floats
    trials: Floats
    expected: Floats
    spread: Floats

    @classmethod
    def empty(cls, count: int) -> _Beside:
        return cls(*np.zeros((4, count)))

    def take(self, other: _Beside, i: int) -> None:
        """Take what is known of one person from elsewhere."""
        for name in ("hits", "trials", "expected", "spread"):
            getattr(self, name)[i] = getattr(other, name)[i]


def _odds(hits: Floats, trials: Floats) -> Floats:
    """Return odds, drawn a little to evens so that none are without end."""
    return (hits + 0.5) / (trials - hits + 0.5)


def _judged(counts: _Counts, judged: NDArray[np.bool_], out: NDArray[np.bool_]) -> tuple[_Beside, Floats]:
    """Return what everybody did beside what is expected of them, and the chance of so much or more."""
    if len(judged) > _MANY:  # one among so many moves nothing
        seen = counts.beside(~out)
        wide = _dispersion(seen, judged & ~out)
        return seen, _tail(seen.hits, seen.expected, seen.spread * wide, int((judged & ~out).sum()))
    seen, p = _Beside.empty(len(judged)), np.ones(len(judged))
    for i in np.flatnonzero(judged):
        pool = ~out
        pool[i] = False
        others = counts.beside(pool)
        wide = _dispersion(others, judged & pool)
        seen.take(others, int(i))
        one = slice(i, i + 1)
        p[i] = _tail(others.hits[one], others.expected[one], others.spread[one] * wide, int((judged & pool).sum()))[0]
    return seen, p


def _dispersion(seen: _Beside, who: NDArray[np.bool_]) -> float:
    """Return how many times the variance among people is that of chance, at least 1."""
    residuals = np.square(seen.hits - seen.expected)[who] / np.maximum(seen.spread[who], 1e-9)
    return max(1.0, float(np.median(residuals)) / _MEDIAN_CHI2) if len(residuals) else 1.0


def _tail(hits: Floats, expected: Floats, variance: Floats, others: int) -> Floats:
    """Return the chance of so many hits or more, with a mean and a variance that so many others told."""
    from scipy import stats

    expected = np.maximum(expected, 1e-9)
    variance = np.maximum(variance, expected * 1.0001)
    size = np.square(expected) / (variance - expected)
    counted: Any = stats.nbinom.sf(hits - 1, size, size / (size + expected))
    # A few people do not tell well how much people differ: then Student's tail is the longer one.
    unsure: Any = stats.t.sf((hits - expected) / np.sqrt(variance), others + _KNOWN)
    return np.maximum(np.asarray(counted, dtype=np.float64), np.asarray(unsure, dtype=np.float64))


def _discoveries(p: Floats) -> Floats:
    order = np.argsort(p)
    ranked = p[order] * len(p) / np.arange(1, len(p) + 1)
    q = np.empty_like(p)
    q[order] = np.minimum.accumulate(ranked[::-1])[::-1].clip(max=1.0)
    return q
