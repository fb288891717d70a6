"""Deals: how they come up, how sellers see them, and what the market makes of them."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from itertools import accumulate
from math import erf, exp, log
from typing import Final

from troth.demo.draws import Draws
from troth.demo.practice.engine import HOUR, monday
from troth.demo.practice.people import COMING, DEAL, stream
from troth.demo.practice.pledges import Pledging
from troth.demo.practice.state import Deal, Project, Task
from troth.demo.practice.truth import FIXED, STAGES

#: Days a stage lasts at least, and on average beyond that.
_STAGE_DAYS: Final = (3, 11.0)
#: How many deals come up in a month, January first, relative to the mean.
_SEASON: Final = (0.9, 1.0, 1.1, 1.05, 1.05, 1.0, 0.75, 0.7, 1.2, 1.15, 1.1, 0.9)


def sigmoid(x: float) -> float:
    """Return the probability of log odds."""
    return 1.0 / (1.0 + exp(-x))


def logit(p: float) -> float:
    """Return the log odds of a probability."""
    return log(p / (1.0 - p))


def passing(share: float, *, stage: int) -> float:
    """Return the probability that a deal is still alive at a stage, of one that is won with probability `share`."""
    return float(share ** (stage / len(STAGES)))


class Sales(Pledging):
    """The pipeline."""

    def _pipeline(self) -> None:
        """Let today's deals come up and move."""
        if not self.works:
            return
        draws = stream(self.truth, self.seed, COMING, self.day)
        if not self.deals:
            self._take_over(draws)
        season = _SEASON[date.fromordinal(self.day).month - 1]
        left, rate = exp(-self.truth.deals_per_week / 5.0 * season), draws.random()
        while rate > left:
            self._come(self.day)
            rate *= draws.random()
        for deal in [d for d in self.deals.values() if d.won is None]:
            while deal.won is None and deal.moves[deal.stage + 1][0] <= self.day:
                self._move(deal)

    def _take_over(self, draws: Draws) -> None:
        """Begin with what was sold before: projects to start soon, and deals at any stage."""
        for k in range(self.truth.backlog + self.truth.pipeline):
            deal, won = self._come(self.day), k < self.truth.backlog
            if won:
                deal.latent, passed = 0.0, len(STAGES) + 1
                deal.wanted = self._next_open(self.day + 2 + int(40 * draws.random()))
            else:
                passed = 1 + int(len(STAGES) * draws.random())
                deal.latent *= passing(deal.won_share, stage=passed - 1)
            early = deal.moves[passed - 1][0] - self.day
            later = [(self._next_open(max(self.day, day - early)), at) for day, at in deal.moves]
            deal.moves = [(self.day if j < passed else day, at) for j, (day, at) in enumerate(later)]

    def _come(self, day: int) -> Deal:
        """Let a deal come up: everything about it is drawn from a stream of its own."""
        truth, number = self.truth, self.number("deal")
        draws = stream(truth, self.seed, DEAL, number)
        client = truth.clients[int(draws.random() * len(truth.clients))]
        shares = list(accumulate(t.share for t in truth.templates))
        template = truth.templates[bisect_right(shares, draws.random() * shares[-1], 0, len(shares) - 1)]
        deal = Deal(number, client, template)
        deal.created, deal.seller = day, int(draws.random() * len(truth.sellers))
        deal.estimator = int(draws.random() * len(truth.estimators))
        size = draws.lognormal(1.0, 0.35)
        deal.hours = [[max(4.0, round(h * size)) for _, h in phase.needs] for phase in template.phases]
        deal.won_share = sigmoid(logit(template.won) + client.eager + 0.5 * draws.normal())
        then = day
        for _ in range(len(STAGES) + 1):
            deal.moves.append((then, int((9.3 + 7.0 * draws.random()) * HOUR)))
            then = self._next_open(then + _STAGE_DAYS[0] + int(_STAGE_DAYS[1] * draws.exponential()))
        deal.closes = deal.moves[-1][0]
        deal.wanted = self._next_open(deal.closes + 7 + int(28 * draws.exponential()))
        slips = draws.random() < truth.slip_share
        deal.slip = 1 + int(truth.slip_days * draws.exponential()) if slips else 0
        common = truth.market**0.5 * self.market[self.month(deal.closes)]
        luck = common + (1 - truth.market) ** 0.5 * draws.normal()
        deal.latent = 0.5 * (1 + erf(-luck / 2**0.5))
        self.deals[number] = deal
        return deal

    def _move(self, deal: Deal) -> None:
        """Move a deal to its next stage, to its win or to its loss."""
        stage = deal.stage + 1
        at = self.t0 + deal.moves[stage][1]
        if deal.latent > passing(deal.won_share, stage=stage):
            self._lost(deal, at)
        elif stage == len(STAGES):
            self._won(deal, at)
        else:
            deal.stage = stage
            truth, draws = self.truth, stream(self.truth, self.seed, DEAL, deal.number, stage + 1)
            share = passing(deal.won_share, stage=len(STAGES) - stage)
            deal.stated = sigmoid(logit(share) + truth.sellers[deal.seller][1] + truth.stated_noise * draws.normal())
            deal.stated = round(min(0.99, max(0.01, deal.stated)), 2)
            self.stated.setdefault(deal.number, []).append(deal.stated)
            self._deal_said(deal, at, STAGES[stage], deal.stated)

    def _lost(self, deal: Deal, at: int) -> None:
        deal.won = False
        self._closed(deal, at, "lost", 0.0)
        self.settle(deal.promise, at=at, outcome="waived", day=self.day, reason="lost")

    def _closed(self, deal: Deal, at: int, step: str, value: float) -> None:
        stated = tuple(self.stated.pop(deal.number, ()))
        self.ledger.deals.append((deal.number, deal.won_share, stated, bool(deal.won)))
        self._deal_said(deal, at, step, value)

    def _won(self, deal: Deal, at: int) -> None:
        """Make the project of a deal, with what its tasks will truly take."""
        truth, deal.won = self.truth, True
        project = Project(self.number("project"), deal)
        deal.project, project.won = project.number, self.day
        draws = stream(truth, self.seed, DEAL, deal.number, 99)
        common = truth.project_spread * draws.normal() + truth.estimators[deal.estimator][1]
        for k, phase in enumerate(deal.template.phases):
            for (skill, _), hours in zip(phase.needs, deal.hours[k], strict=True):
                project.tasks.append(
                    Task(k, skill, phase.task_type, estimate=hours, ratio=self._ratio(phase.task_type, common, draws))
                )
        project.rates = {role: truth.charge(role, client=deal.client.customer_id) for role, _ in truth.rates}
        mean = sum(project.rates.values()) / len(project.rates)
        parts = [sum(of) for of in deal.hours]
        risk = 1.1 if deal.template.contract_kind == FIXED else 1.0
        project.budget_cents = round(sum(parts) * mean * risk / 10_000) * 10_000
        project.phase_shares = [part / sum(parts) for part in parts]
        self.projects[project.number] = project
        self._closed(deal, at, "won", 1.0)
        if deal.promise < 0:
            due = self.first_room(project)
            deal.promise = self.promise(
                "start", at=at, deal=deal.number, due=due, probability=truth.promise_stated, project=project.number
            )
        elif deal.promise in self.pledges:
            self.pledges[deal.promise].project = project.number
        project.start_promise = deal.promise
        open_one = self.pledges.get(deal.promise)
        project.order = (open_one.due if open_one else deal.wanted, project.number)

    def _ratio(self, task_type: str, common: float, draws: Draws) -> float:
        """Draw actual over estimated hours."""
        kind = self.kinds[task_type]
        ratio = exp(kind.bias + common + kind.spread * draws.normal())
        return ratio * (kind.long_factor if draws.random() < kind.long_share else 1.0)

    def first_room(self, project: Project) -> int:
        """Return the Friday of the first week in which the own plan sees hours for the first phase."""
        week = monday(max(self.day + 7, project.wanted))
        for _ in range(26):
            if all(self.free_hours(skill, week) >= min(24.0, hours) for skill, hours in self._first_needs(project)):
                break
            week += 7
        return max(week + 4, project.wanted)

    def _first_needs(self, project: Project) -> list[tuple[str, float]]:
        return [(t.skill, t.estimate) for t in project.tasks if not project.template.phases[t.phase].after]

    def free_hours(self, skill: str, week: int) -> float:
        """Return the hours of a skill nobody is booked for in a week."""
        raise NotImplementedError

    def _slips(self) -> None:
        """Let clients that are not ready say so, on the day they wanted to begin; their promise moves as far."""
        for project in self.projects.values():
            if not project.told and self.day >= max(project.wanted, project.won + 1) and project.started < 0:
                project.told = True
                found = self.pledges.get(project.start_promise)
                if found is not None:
                    due = found.due + project.ready - project.wanted
                    self.move(
                        found.number, at=self._clock(9.5), due=due, probability=found.probability, reason="client"
                    )
                    project.order = (due, project.number)

    def _deal_said(self, deal: Deal, at: int, step: str, value: float) -> None:
        if not self.emit:
            return
        truth = self.truth
        note = {
            "template": deal.template.template, "hours": sum(map(sum, deal.hours)), "window_start": self.stamp(deal.wanted),
            "estimator_id": truth.estimators[deal.estimator][0],
        }  # fmt: skip
        if deal.project >= 0:
            note["project"] = self.project_id(deal.project)
        self.tell(
            at, "deal_changed", note=note, step=step, value=value, subject_kind="deal", subject_id=self.deal_id(deal.number),
            customer_id=deal.client.customer_id, agent_id=truth.sellers[deal.seller][0], team=deal.client.team, actor="human",
        )  # fmt: skip
