"""The clock of the field service, what it holds, and how it writes down what happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from heapq import heappop, heappush
from typing import Any, Final

from troth.demo.clock import DAY, HOUR, LocalDay, instant, local_day, zone
from troth.demo.field._roster import on_duty
from troth.demo.field._rows import Row
from troth.demo.field.controls import Dispatch
from troth.demo.field.ledger import FieldJob, FieldLedger, FieldVisit
from troth.demo.field.town import places
from troth.demo.field.truth import FieldParams, Technician

MINUTE: Final = 60_000
#: Kinds of things on the heap, in the order of the handlers.
(ON_DAY, ON_READ, ON_ASK, ON_OFFER, ON_DUE, ON_EVENING, ON_CANCEL, ON_MOVE, ON_CLOSE, ON_SURVEY, ON_ANSWER) = range(11)
(ON_PLAN, ON_START, ON_ILL, ON_NEXT, ON_ARRIVED, ON_BEGIN, ON_DONE, ON_DELIVERED) = range(11, 19)


@lru_cache(maxsize=4096)
def stamp(t: int) -> str:
    """Return milliseconds since 1970 as ISO text."""
    return instant(t).isoformat().replace("+00:00", "Z")


class Crew:
    """A technician while the world runs: where they are, what they do, what they have on the van.

    `state` is off, free, away (on the way to a visit or at it), pause; `token` tells the newest entry on the heap.
    """

    __slots__ = (
        "began", "call", "ends", "free_at", "here", "ill", "ill_until", "index", "lunch", "route", "said", "shift",
        "starts", "state", "token", "truth", "van",
    )  # fmt: skip

    def __init__(self, index: int, truth: Technician, van: Mapping[str, int]) -> None:
        self.index, self.truth, self.van = index, truth, dict(van)
        self.state, self.here, self.token, self.shift = "off", truth.home, 0, 0
        self.starts = self.ends = self.began = self.free_at = 0
        self.route: list[FieldVisit] = []
        self.call: FieldVisit | None = None
        self.lunch, self.ill, self.ill_until, self.said = False, False, 0, ""

    def level(self, kind: str) -> int:
        """Return the level of a skill, 0 without it."""
        return next((level for name, level in self.truth.skills if name == kind), 0)


class Loop:
    """What the field service holds. `rows` is what happened since the last drain, in order of time."""

    def __init__(self, truth: FieldParams, seed: int, *, keep: bool = True) -> None:
        self.truth, self.seed, self.keep = truth, seed, keep
        self.places = places(truth)
        self.heap: list[tuple[int, int, int, Any]] = []
        self.rows: list[Row] = []
        self.serial, self.numbered, self.now = 0, 0, 0
        self.counts: Counter[str] = Counter()
        self.controls, self.ledger = Dispatch(), FieldLedger()
        van = {part.part: part.van for part in truth.parts}
        self.crews = [Crew(k, one, van) for k, one in enumerate(truth.technicians)]
        self.depot: dict[str, int] = {part.part: part.depot for part in truth.parts}
        self.coming: dict[str, int] = {}
        self.open: dict[str, FieldVisit] = {}
        self.minutes: Counter[tuple[int, int]] = Counter()
        self.faults: dict[int, tuple[int, int]] = {}
        self.silent: dict[int, int] = {}
        self.seen: Counter[tuple[str, str]] = Counter()
        self.days: dict[date, LocalDay] = {}
        self.duties: dict[date, tuple[tuple[int, int, int], ...]] = {}
        self.factor, self.planned_on = 1.0, ""
        self.key = tuple(map(ord, truth.code))
        self.zone = zone(truth.time_zone)
        self.start = date.fromisoformat(truth.start)
        self.today = self.day(self.start)
        self.put(self.today.starts, ON_DAY, self.start)

    # ---- the loop ---------------------------------------------------------------------------------------------------

    def put(self, t: int, kind: int, what: Any) -> None:
        """Put something on the heap; equal times keep the order of putting."""
        self.serial += 1
        heappush(self.heap, (t, self.serial, kind, what))

    def number(self, what: str) -> int:
        """Return the next number of a kind of thing."""
        self.counts[what] += 1
        return self.counts[what]

    def handlers(self) -> tuple[Any, ...]:
        """Return the functions that handle what is on the heap, by kind."""
        raise NotImplementedError

    def advance(self, until: int) -> None:
        """Run everything that happens up to and including an instant."""
        heap, handle = self.heap, self.handlers()
        while heap and heap[0][0] <= until:
            t, _, kind, what = heappop(heap)
            self.now = t
            handle[kind](t, what)
        self.now = until

    # ---- days -------------------------------------------------------------------------------------------------------

    def day(self, day: date) -> LocalDay:
        """Return a local day."""
        found = self.days.get(day)
        if found is None:
            found = self.days[day] = local_day(self.truth, day=day)
        return found

    def duty(self, day: date) -> tuple[tuple[int, int, int], ...]:
        """Return who is planned to work on a day."""
        found = self.duties.get(day)
        if found is None:
            found = self.duties[day] = on_duty(self.truth, day=self.day(day))
        return found

    def local(self, t: int) -> date:
        """Return the local day of an instant."""
        return instant(t).astimezone(self.zone).date()

    def hour(self, t: int) -> int:
        """Return the local hour of an instant."""
        return instant(t).astimezone(self.zone).hour

    def office(self, t: int) -> int:
        """Return the instant at which the office is open: this one, or the next opening."""
        for k in range(30):
            for a, b in self.day(self.local(t + k * DAY)).spans:
                if t < b:
                    return max(a, t)
        return t + HOUR

    # ---- writing down -----------------------------------------------------------------------------------------------

    def visit_id(self, visit: FieldVisit) -> str:
        """Return the id of a visit."""
        return f"v{self.truth.code}{visit.no}"

    def case_id(self, job: FieldJob) -> str:
        """Return the id of a matter."""
        return f"q{self.truth.code}{job.no}"

    def of_job(
        self, t: int, activity: str, job: FieldJob, *, visit: FieldVisit | None = None, agent: int = -1,
        office: bool = False, subject: tuple[str, str] | None = None, actor: str | None = None, direction: str | None = None,
        step: str | None = None, value: float | None = None, attributes: str | None = None,
    ) -> None:  # fmt: skip
        """Write a fact about a matter, or about a visit or promise of it."""
        service = self.truth.services[job.service]
        if visit is not None and subject is None:
            subject = ("visit", self.visit_id(visit))
        self.rows.append((
            t, activity, *(subject or (None, None)), self.case_id(job), f"u{self.truth.code}{job.place}",
            self.truth.office_id if office else None if agent < 0 else self.truth.technicians[agent].agent_id,
            actor or ("human" if agent >= 0 or office else None), direction,
            "visit" if visit is not None else job.channel, service.service, service.priority, step, value, attributes,
        ))  # fmt: skip

    def of_crew(self, t: int, activity: str, crew: Crew, *, step: str | None = None) -> None:
        """Write a fact about a technician's day."""
        subject = f"w{self.truth.code}{crew.shift}"
        who = crew.truth.agent_id
        self.rows.append((
            t, activity, "shift", subject, None, None, who, "human", None, None, None, None, step, None, None,
        ))  # fmt: skip

    def of_part(self, t: int, part: str, *, count: int, origin: str, place: str, agent: str | None = None) -> None:
        """Write that a part changed its place."""
        more = f'{{"part": "{part}", "from": "{origin}", "to": "{place}"}}'
        self.rows.append((
            t, "part_moved", "part", part, None, None, agent, "system", None, None, None, None, None, float(count), more,
        ))  # fmt: skip
