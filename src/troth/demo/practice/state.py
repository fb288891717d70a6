"""What the practice has in hand: deals, projects and their tasks, people and their weeks."""

from __future__ import annotations

from collections import deque

from troth.demo.practice.people import Holder
from troth.demo.practice.truth import ClientTruth, Practice, TemplateTruth
from troth.demo.truth import Shared


class Task:
    """Hours of one skill in a phase of a project. `left` is what truly remains, in hours of an average person."""

    __slots__ = ("done", "estimate", "left", "logged", "phase", "ratio", "skill", "task_type", "true")

    def __init__(self, phase: int, skill: str, task_type: str, *, estimate: float, ratio: float) -> None:
        self.phase, self.skill, self.task_type = phase, skill, task_type
        self.estimate, self.ratio = estimate, ratio
        self.true = self.left = estimate * ratio
        self.logged, self.done = 0.0, -1

    def remaining(self) -> float:
        """Return the hours people think are left: the estimate less what was logged, at least a tenth of it."""
        return 0.0 if self.done >= 0 else max(self.estimate - self.logged, 0.1 * self.estimate)


class Deal:
    """A deal. Days are ordinals of local days, instants milliseconds; -1 while not happened."""

    __slots__ = (
        "client", "closes", "created", "estimator", "given", "hours", "latent", "moves", "number", "project", "promise",
        "seller", "slip", "stage", "stated", "template", "wanted", "won", "won_share",
    )  # fmt: skip

    def __init__(self, number: int, client: ClientTruth, template: TemplateTruth) -> None:
        self.number, self.client, self.template = number, client, template
        self.stage, self.stated, self.project, self.promise = -1, 0.0, -1, -1
        self.won: bool | None = None
        self.given: tuple[str, float] | None = None
        self.won_share, self.latent = 0.0, 0.0
        self.created, self.closes, self.wanted, self.slip = 0, 0, 0, 0
        self.seller = self.estimator = 0
        #: Hours of each need of each phase, as estimated.
        self.hours: list[list[float]] = []
        #: (day, millisecond of the day) of each stage it will reach, and of its end.
        self.moves: list[tuple[int, int]] = []


class Project:
    """A project that was won."""

    __slots__ = (
        "budget_cents", "client", "deal", "done_phases", "finish_promise", "finished", "number", "order",
        "phase_shares", "rates", "ready", "start_promise", "started", "tasks", "template", "told", "wanted", "won",
    )  # fmt: skip

    def __init__(self, number: int, deal: Deal) -> None:
        self.number, self.deal, self.client, self.template = number, deal, deal.client, deal.template
        self.tasks: list[Task] = []
        self.wanted, self.ready = deal.wanted, deal.wanted + deal.slip
        self.told = deal.slip == 0
        self.won, self.started, self.finished = -1, -1, -1
        self.start_promise = self.finish_promise = -1
        self.done_phases: set[str] = set()
        self.budget_cents = 0
        self.phase_shares: list[float] = []
        self.rates: dict[str, int] = {}
        self.order = (0, 0)

    def open_phase(self, phase: int) -> bool:
        """Tell whether all that a phase needs before it is done."""
        return all(name in self.done_phases for name in self.template.phases[phase].after)

    def earliest(self) -> int:
        """Return the first day on which the client lets work begin, as far as it has told."""
        return self.ready if self.told else self.wanted


class Pledge:
    """A promise of a start or a finish. `due` is the last day; it moves with `promise_changed`."""

    __slots__ = (
        "deal",
        "due",
        "first_due",
        "kept",
        "kind",
        "made",
        "number",
        "outcome",
        "probability",
        "project",
        "settled",
    )

    def __init__(self, number: int, kind: str, *, deal: int, due: int, probability: float, made: int) -> None:
        self.number, self.kind, self.deal, self.project = number, kind, deal, -1
        self.first_due = self.due = due
        self.probability, self.made = probability, made
        self.outcome, self.settled = "open", -1


class Booked(Shared):
    """Hours of a person on a project in a week. Replaced, not changed."""

    __slots__ = ("hard", "hours", "number", "project")

    def __init__(self, number: int, project: int, hours: float, hard: bool) -> None:  # noqa: FBT001  one of four parts
        self.number, self.project, self.hours, self.hard = number, project, hours, hard


class Asked(Shared):
    """A client's question to the support of its team."""

    __slots__ = ("came", "client", "number", "topic", "work_s")

    def __init__(self, number: int, came: int, *, client: ClientTruth, work_s: float, topic: str) -> None:
        self.number, self.came, self.client, self.work_s, self.topic = number, came, client, work_s, topic


class Worker:
    """Somebody in a position, while there: the week's bookings still to work on, and the skills by level."""

    __slots__ = ("holder", "index", "level", "team", "today", "week")

    def __init__(self, index: int, holder: Holder, truth: Practice) -> None:
        self.index, self.holder, self.team = index, holder, holder.who.team
        self.level = {skill: truth.speed[n - 1] * holder.who.pace for skill, n in holder.who.skills}
        #: [project, hours left of the booking] of this week, in order.
        self.week: list[list[float]] = []
        self.today = 0.0


#: Questions that wait, by team.
Waiting = dict[str, deque[Asked]]
#: A review that a session can take up: number, whose answer, its question, true quality of each criterion.
Reviewed = tuple[int, str, Asked, tuple[float, ...]]
