"""Customers before and after a contact: who comes, who comes again, what they say, what reviewers find."""

from __future__ import annotations

from bisect import bisect_right
from math import exp
from typing import Final

from troth.demo.clock import DAY, HOUR
from troth.demo.engine import ON_RETURN, Engine, Line, Person
from troth.demo.ledger import Case, Contact, Survey
from troth.demo.record import ACTIVITY, ANSWER, ASKED, REVIEW, STEP

_SENT, _ANSWERED, _REVIEWED = ACTIVITY["survey_sent"], ACTIVITY["survey_answered"], ACTIVITY["quality_reviewed"]
#: Review criteria and their weights, which add up to 100.
CRITERIA: Final = (("greeting", 10), ("accuracy", 40), ("process", 30), ("closing", 20))


class After(Engine):
    """What surrounds a contact."""

    def customer(self) -> int:
        """Return who comes: somebody new, or one of those who have not turned away."""
        pool, draws = self.pool, self.draws
        share = self.ways.newcomer * self.site.customers / (len(pool) + 1)
        if draws.random() < share or not pool:
            number = self.number("customer")
            pool.append(number)
            return number
        while pool:
            k = int(draws.random() * len(pool))
            number = pool[k]
            if number not in self.gone:
                return number
            self.gone.discard(number)
            pool[k] = pool[-1]
            pool.pop()
        return self.customer()

    def _new_case(self, line: Line, t: int, customer: int) -> Case:
        """Return a new matter of a customer, with its topic drawn."""
        u, cuts = self.draws.random(), line.cuts
        topic = bisect_right(cuts, u, 0, len(cuts) - 1)
        case = Case(self.number("case"), customer, line.index, -1, topic, t)
        case.priority = 2 if customer % 10 == 0 else 3
        if line.truth.kind == "case":
            u = self.draws.random()
            case.priority = 1 if u < 0.05 else 2 if u < 0.2 else 3 if u < 0.7 else 4
        case.lane = self._lane(line, case)
        case.from_ = t
        if self.keep:
            self.ledger.cases.append(case)
        return case

    def _lane(self, line: Line, case: Case) -> int:
        """Return the dimensions of a matter in a queue."""
        key = (case.queue * 100 + case.topic, case.priority)
        found = line.lanes.get(key)
        if found is None:
            q, service = line.truth, self.lines[case.queue].truth.topics[case.topic].service
            found = self.lanes.number(q.team, q.queue, self.site.site, q.channel, service, f"P{case.priority}")
            line.lanes[key] = found
        return found

    def note(self, case: Case) -> str:
        """Return the attributes that name the topic of a matter."""
        return self.lines[case.queue].notes[case.topic]

    def _settles(self, case: Case, p: Person) -> bool:
        """Draw whether a person settles a matter in one go."""
        odds = self.lines[case.queue].odds[case.topic] + p.truth.solving
        return self.draws.random() < 1 / (1 + exp(-odds))

    def _turn_away(self, case: Case, *, bad: bool) -> None:
        """Draw whether the customer is lost after what they lived through."""
        ways = self.ways
        if self.draws.random() < (ways.churn_bad if bad else ways.churn):
            self.gone.add(case.customer)

    def _come_back(self, case: Case, t: int, share: float, days: float) -> None:
        """Draw whether and when the customer comes again about the same matter."""
        if self.draws.random() >= share:
            return
        at = t + 600_000 + int(self.draws.exponential() * days * DAY)
        if not self.lines[case.queue].truth.around_the_clock:
            span = self.opening(at)
            if span is None:
                return
            if at < span[0]:
                at = span[0] + int(self.draws.random() * min(4 * HOUR, span[1] - span[0]))
        self._put(at, ON_RETURN, case)

    def _survey(self, case: Case, contact: Contact | None, p: Person, t: int, *, solved: bool, pain: float) -> None:
        """Send a survey now and then; unhappy customers answer more often.

        Parameters
        ----------
        pain : what the wait and the way took from satisfaction, in points of the latent scale.
        """
        draws, ways = self.draws, self.ways
        if draws.random() >= ways.survey_share:
            return
        number = self.number("subject")
        sent = t + 1_800_000 + int(draws.random() * 1_800_000)
        leg = contact.no if contact else -1
        found = Survey(number, case.no, leg, sent, one_contact=case.contacts + case.stints <= 1)
        base = (sent, _SENT, leg, case.no, case.customer, case.lane, p.index, -1, None, None, number, ASKED)
        self.rows.append(base)
        latent = (1.1 if solved else -1.1) - pain + 2.2 * (p.truth.quality - 0.88) + 1.1 * draws.normal()
        if draws.random() < ways.survey_reply * (1.3 if latent < 0 else 1.0):
            at = found.answered = sent + 60_000 + int(draws.lognormal(ways.survey_delay_h, 1.1) * HOUR)
            found.satisfaction = 1 + sum(latent > cut for cut in (-1.9, -1.0, -0.25, 0.85))
            known = draws.random()
            found.resolved = -1 if known < 0.05 else int(solved) if known < 0.97 else 1 - int(solved)
            tail = (number, ANSWER)
            head = (at, _ANSWERED, leg, case.no, case.customer, case.lane, p.index)
            self.rows.append((*head, STEP["satisfaction"], float(found.satisfaction), '{"scale": 5}', *tail))
            said = None if found.resolved < 0 else float(found.resolved)
            label = '{"label": "don\'t know"}' if found.resolved < 0 else None
            self.rows.append((*head, STEP["resolved"], said, label, *tail))
        if self.keep:
            self.ledger.surveys.append(found)

    def _review(self, case: Case, contact: Contact | None, p: Person, t: int) -> None:
        """Review the quality of a contact now and then: four criteria, and a total that a critical error makes 0."""
        draws, ways = self.draws, self.ways
        if draws.random() >= ways.review_share:
            return
        number, at = self.number("subject"), t + int((0.3 + 2.0 * draws.random()) * DAY)
        reviewer = self.people[-1].truth.agent_id
        head = (at, _REVIEWED, contact.no if contact else -1, case.no, case.customer, case.lane, p.index)
        critical = draws.random() < ways.critical_share
        total = 0.0
        for name, weight in CRITERIA:
            u, q = draws.random(), p.truth.quality
            score = 100.0 if u < q - 0.1 else 50.0 if u < q + 0.08 else 0.0
            mark = critical and name == "accuracy"
            score = 0.0 if mark else score
            total += weight * score / 100
            more = ', "critical": true' if mark else ""
            text = f'{{"weight": {weight}, "scale": 100, "reviewer_id": "{reviewer}"{more}}}'
            self.rows.append((*head, STEP[name], score, text, number, REVIEW))
        total = 0.0 if critical else total
        more = ', "critical": true' if critical else ""
        text = f'{{"scale": 100, "reviewer_id": "{reviewer}"{more}}}'
        self.rows.append((*head, STEP["total"], total, text, number, REVIEW))
        if self.keep:
            self.ledger.reviews.append((p.index, at, total))
