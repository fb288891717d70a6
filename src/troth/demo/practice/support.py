"""Support: what clients ask, and when two people of each team answer it. It takes the hours projects do not get."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from itertools import accumulate
from math import exp, log
from typing import Final

from troth.demo.practice.engine import HOUR, LONG_H, iso, monday
from troth.demo.practice.people import SUPPORT, stream
from troth.demo.practice.planning import ROTA, Planning
from troth.demo.practice.state import Asked, Worker

#: (topic, share) of what clients ask.
TOPICS: Final = (("access", 0.25), ("figures", 0.35), ("change", 0.25), ("fault", 0.15))
_WEEKDAYS: Final = (1.25, 1.05, 1.0, 0.95, 0.75)
#: Nobody begins in the last twenty minutes of a shift, sooner than five minutes after it came, or stays longer.
_LAST, _REACTS, _LONGEST_S = 20 * 60_000, 5 * 60_000, 10_800.0
_HOURS = (8.3, 17.0)

#: One stretch of support: from, until (ms), and what it was about.
Stint = tuple[int, int, Asked]


class Support(Planning):
    """The reactive load."""

    def _asked_today(self) -> None:
        """Let today's questions come."""
        truth = self.truth
        draws = stream(truth, self.seed, SUPPORT, self.day)
        mean = (
            truth.support_per_day
            * _WEEKDAYS[(self.day - 1) % 7]
            * truth.support_months[date.fromordinal(self.day).month - 1]
        )
        if truth.support_cv > 0:
            mean *= draws.gammavariate(1 / truth.support_cv**2, truth.support_cv**2)
        weights = list(accumulate(c.support for c in truth.clients))
        shares = list(accumulate(share for _, share in TOPICS))
        hours = sorted(
            _HOURS[0] + (_HOURS[1] - _HOURS[0]) * draws.random() for _ in range(_poisson(mean, draws.random()))
        )
        mu = log(truth.support_s) - 0.5 * truth.support_spread**2
        for hour in hours:
            client = truth.clients[bisect_right(weights, draws.random() * weights[-1], 0, len(weights) - 1)]
            topic = TOPICS[bisect_right(shares, draws.random() * shares[-1], 0, len(shares) - 1)][0]
            work_s = min(_LONGEST_S, exp(mu + truth.support_spread * draws.normal()))
            asked = Asked(self.number("contact"), self._clock(hour), client=client, work_s=work_s, topic=topic)
            self.waiting[client.team].append(asked)
            if self.emit:
                self._came(asked)

    def _answer(self, team: str, there: list[Worker], spans: dict[int, tuple[int, int]]) -> dict[int, list[Stint]]:
        """Return who answers what when, first come first served: by person the stretches of today.

        `spans` are by person from when until when somebody could begin.
        """
        truth, line = self.truth, self.waiting[team]
        order = [w for w in self.on_rota(team, monday(self.day)) if w in there][:ROTA]
        found: dict[int, list[Stint]] = {w.index: [] for w in order}
        free = {w.index: spans[w.index][0] for w in order}
        half, noon = HOUR // 2, self._clock(12.5)
        factor = truth.trial.factor(team, iso=iso(self.day)) if truth.trial else 1.0
        able = list(order)
        while line and able:
            asked = line[0]
            w = min(able, key=lambda w: free[w.index])
            begins = max(free[w.index], asked.came + _REACTS)
            if begins >= noon and w.index not in self.lunches and w.today >= LONG_H:
                self.lunches[w.index] = max(free[w.index], noon)
                free[w.index] = self.lunches[w.index] + half
                continue
            if begins > spans[w.index][1] - _LAST:
                able.remove(w)
                continue
            line.popleft()
            ends = begins + int(asked.work_s * factor / w.holder.who.pace * 1000)
            free[w.index] = ends
            found[w.index].append((begins, ends, asked))
            self.ledger.asked.append((asked.number, team, asked.came, begins, ends))
            self.answered.append((w.index, asked, ends))
            if self.emit:
                self._answered_said(w, begins, ends, asked)
        for w in order:
            self.lunches.setdefault(w.index, max(free[w.index], noon))
        return found

    # ---- what is written down -------------------------------------------------------------------------------------

    def _came(self, asked: Asked) -> None:
        note = {"topic": asked.topic}
        self._support_said(asked.came, "message_received", asked, note=note, contact=True, actor=None, direction="in")
        self._support_said(asked.came, "opened", asked, note=note, actor="system")

    def _answered_said(self, w: Worker, begins: int, ends: int, asked: Asked) -> None:
        who = w.holder.who.agent_id
        self._support_said(begins, "focused", asked, contact=True, agent=who)
        self._support_said(ends, "unfocused", asked, contact=True, agent=who)
        self._support_said(ends, "message_sent", asked, contact=True, agent=who, direction="out")
        self._support_said(ends, "resolved", asked, agent=who)
        self._support_said(ends + 5 * 24 * HOUR, "closed", asked, actor="system")

    def _support_said(
        self,
        at: int,
        activity: str,
        asked: Asked,
        *,
        note: dict[str, str] | None = None,
        contact: bool = False,
        agent: str | None = None,
        actor: str | None = "human",
        direction: str | None = None,
    ) -> None:
        code = self.truth.code
        self.tell(
            at, activity, note=note, case_id=f"q{code}{asked.number}", contact_id=f"c{code}{asked.number}" if contact else None,
            customer_id=asked.client.customer_id, agent_id=agent, actor=actor, direction=direction, team=asked.client.team,
            queue=self.truth.queue, channel="email", service=f"{asked.topic} support", priority="P3",
        )  # fmt: skip


def _poisson(mean: float, u: float) -> int:
    """Return the Poisson count at a quantile (inversion; Devroye, 1986, Non-Uniform Random Variate Generation, X.3)."""
    count, chance = 0, exp(-mean)
    total = chance
    while u > total and count < 1000:
        count += 1
        chance *= mean / count
        total += chance
    return count
