"""The vocabulary: every closed list of words Troth uses, each word with one sentence.

A term is defined here once; the database, the API, the screens and the docs take it from here.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple


class Kind(StrEnum):
    """What sort of thing an activity happens to."""

    CONTACT = "contact"
    MESSAGE = "message"
    CASE = "case"
    BOOKING = "booking"
    PROMISE = "promise"
    FIELD = "field"
    PROJECT = "project"
    VOICE = "voice"
    WORKFORCE = "workforce"
    SENSOR = "sensor"
    IMPROVE = "improve"
    STEP = "step"


class Actor(StrEnum):
    """Who did it: a person, a program that talks to customers, or the system itself."""

    HUMAN = "human"
    BOT = "bot"
    SYSTEM = "system"


class Flow(StrEnum):
    """Which way a contact or message goes, seen from the organisation."""

    IN = "in"
    OUT = "out"
    INTERNAL = "internal"


class Origin(StrEnum):
    """How a fact is known. A figure that counts any fact that is not exact is "approximate"."""

    EXACT = "exact"
    AGGREGATE = "aggregate"
    REPAIRED = "repaired"
    ASSUMED_ZONE = "assumed_zone"


class Subject(StrEnum):
    """What a fact is about when it is not the case or the contact: the word in `subject_kind`."""

    PROMISE = "promise"
    SURVEY = "survey"
    REVIEW = "review"
    SHIFT = "shift"
    COUNTER = "counter"
    BOOKING = "booking"
    VISIT = "visit"
    PROJECT = "project"
    DEAL = "deal"
    PART = "part"
    SENSOR = "sensor"
    TRIAL = "trial"
    ACTION = "action"
    OBJECT = "object"


class AgentState(StrEnum):
    """The state of a person at work, in the `step` of `state_changed`."""

    AVAILABLE = "available"
    ON_CONTACT = "on_contact"
    WRAP = "wrap"
    BREAK = "break"
    MEETING = "meeting"
    TRAINING = "training"
    ABSENT = "absent"
    OFFLINE = "offline"


class CaseStatus(StrEnum):
    """The status of a case, in the `step` of `status_changed`."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    ON_HOLD = "on_hold"
    SOLVED = "solved"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Role(StrEnum):
    """What a person may do in an organisation unit and below it."""

    ADMINISTRATOR = "administrator"
    PLANNER = "planner"
    DISPATCHER = "dispatcher"
    TEAM_LEAD = "team_lead"
    QUALITY_SPECIALIST = "quality_specialist"
    TRAINER = "trainer"
    OPERATIONS_LEAD = "operations_lead"
    SALES = "sales"
    AGENT = "agent"
    CLERK = "clerk"
    TECHNICIAN = "technician"
    AUDITOR = "auditor"
    DISPLAY = "display"
    KIOSK = "kiosk"


class UnitKind(StrEnum):
    """What an organisation unit is. Units form a tree; a site has a place and a time zone."""

    ORGANISATION = "organisation"
    REGION = "region"
    SITE = "site"
    TEAM = "team"


class Entry(StrEnum):
    """How a customer came into a line."""

    KIOSK = "kiosk"
    RECEPTION = "reception"
    LINK = "link"
    POSTER = "poster"
    API = "api"
    APPOINTMENT = "appointment"
    DIRECT = "direct"
    TRANSFER = "transfer"
    NEXT_STEP = "next_step"


class TicketState(StrEnum):
    """Where a ticket is. Waiting and parked tickets can be called; the last five are ends."""

    WAITING = "waiting"
    CALLED = "called"
    SERVING = "serving"
    PARKED = "parked"
    SERVED = "served"
    LEFT = "left"
    NO_SHOW = "no_show"
    TRANSFERRED = "transferred"
    EXPIRED = "expired"


class BookingState(StrEnum):
    """Where an appointment is."""

    HELD = "held"
    BOOKED = "booked"
    CHECKED_IN = "checked_in"
    KEPT = "kept"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    WAITLISTED = "waitlisted"


class SlaMetric(StrEnum):
    """What the clock of a service level agreement measures; agreements may name others with conditions of their own."""

    FIRST_REPLY = "first_reply"
    NEXT_REPLY = "next_reply"
    PERIODIC_UPDATE = "periodic_update"
    PAUSABLE_UPDATE = "pausable_update"
    AGENT_WORK = "agent_work"
    REQUESTER_WAIT = "requester_wait"
    RESOLUTION = "resolution"
    ASSIGNMENT = "assignment"


class Hook(StrEnum):
    """What an event can do to the clock of a service level agreement."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    RESET = "reset"
    CANCEL = "cancel"


class ClockState(StrEnum):
    """How the clock of a service level agreement stands."""

    MET = "met"
    BREACHED = "breached"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"


class LeaveKind(StrEnum):
    """Why a person is away."""

    HOLIDAY = "holiday"
    ILLNESS = "illness"
    TRAINING = "training"
    OTHER = "other"


class Term(NamedTuple):
    """One activity: its kind, its sentence and the attribute keys it may carry."""

    kind: Kind
    sentence: str
    keys: frozenset[str] = frozenset()


def _keys(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Attribute keys that any activity may carry. `foreign` holds the source's own fields, `figures` its own figures about
#: the case or contact: numbers by the source's names, lengths in seconds.
COMMON_KEYS: Final = _keys("topic reason label note foreign figures")

_C, _M, _K = Kind.CONTACT, Kind.MESSAGE, Kind.CASE
_B, _P, _F = Kind.BOOKING, Kind.PROMISE, Kind.FIELD
_J, _V, _W = Kind.PROJECT, Kind.VOICE, Kind.WORKFORCE
_I, _S = Kind.IMPROVE, Kind.STEP
_LINK = _keys("previous_contact_id")
_WINDOW = _keys("window_start window_end due_at")
#: What a time is reserved for when it is work on a project, how firmly (soft or hard), and what a promise is about.
_FOR = _keys("project booking_type")
_ABOUT = _keys("kind project deal visit")
#: Which equipment it is about, and where.
_WHERE = _keys("asset location")

#: Every activity of the service event log. The list is closed: a foreign name travels in `step`.
ACTIVITIES: Final[dict[str, Term]] = {
    "arrived": Term(_C, "The customer came to the door, the line or the site.", _LINK),
    "checked_in": Term(_C, "The customer said they are here for something booked.", _keys("booking_id")),
    "queued": Term(_C, "The contact began to wait for a person.", _LINK | _keys("ticket")),
    "waitlisted": Term(_C, "The customer asked to be told when a place is free."),
    "notified": Term(_C, "The customer was told their turn is near."),
    "yielded": Term(_C, "The customer let others go first."),
    "called": Term(_C, "The customer was called to a counter or agent.", _keys("counter")),
    "recalled": Term(_C, "The customer was called once more.", _keys("counter")),
    "answered": Term(_C, "Somebody began to serve the contact.", _keys("counter")),
    "held": Term(_C, "The contact was put on hold while being served."),
    "resumed": Term(_C, "Service went on after a hold."),
    "parked": Term(_C, "The contact was set aside to be taken up again later."),
    "returned": Term(_C, "The contact went back to its queue unserved or from parking."),
    "wrapped": Term(_C, "The work after the contact was finished."),
    "ended": Term(_C, "The contact was over."),
    "abandoned": Term(_C, "The customer left while waiting."),
    "balked": Term(_C, "The customer left at once on seeing the wait."),
    "no_show": Term(_C, "The customer was called or expected and was not there."),
    "transferred": Term(
        _C,
        "The contact was handed to another person or queue, where it goes on as a new contact.",
        _keys("to_queue to_team to_agent_id next_contact_id"),
    ),
    "escalated": Term(
        _C, "The matter was raised to a higher level, or from a bot to people.", _keys("to_team to_queue")
    ),
    "callback_requested": Term(_C, "The customer asked to be called back instead of waiting.", _keys("due_at")),
    "message_received": Term(_M, "The customer wrote."),
    "message_sent": Term(_M, "Somebody wrote, to the customer unless the direction is internal."),
    "focused": Term(_M, "A person began to work on the case's screen."),
    "unfocused": Term(_M, "The person stopped working on the case's screen."),
    "opened": Term(_K, "The case began.", _keys("due_at parent_case_id") | _WHERE),
    "assigned": Term(_K, "The case was given to a person or team.", _keys("counter")),
    "unassigned": Term(_K, "The case was taken from its person or team."),
    "status_changed": Term(_K, "The case took the status in `step`."),
    "solution_proposed": Term(_K, "The customer was offered a solution."),
    "resolved": Term(_K, "The case was solved as the organisation sees it.", _keys("code")),
    "reopened": Term(_K, "A solved or closed case was taken up again."),
    "closed": Term(_K, "The case was closed for good.", _keys("code")),
    "merged": Term(_K, "The case was joined into another one.", _keys("merged_into")),
    "booked": Term(_B, "A time was reserved.", _WINDOW | _FOR),
    "rescheduled": Term(_B, "A reserved time was moved.", _WINDOW | _FOR),
    "cancelled": Term(_B, "A reserved time was given up."),
    "released": Term(_B, "Reserved capacity was made free again.", _WINDOW | _FOR),
    "promised": Term(
        _P, "A customer was promised something, with the stated probability in `value`.", _WINDOW | _ABOUT
    ),
    "promise_changed": Term(_P, "A promise was changed.", _WINDOW | _ABOUT),
    "promise_kept": Term(_P, "A promise was kept.", _ABOUT),
    "promise_broken": Term(_P, "A promise was broken.", _ABOUT),
    "promise_waived": Term(_P, "The customer let the organisation off a promise.", _ABOUT),
    "dispatched": Term(_F, "Somebody was sent on a visit."),
    "travel_started": Term(_F, "The way to a visit began."),
    "arrived_on_site": Term(_F, "The technician was at the customer's place."),
    "work_started": Term(_F, "Work on site began."),
    "work_ended": Term(_F, "Work on site ended."),
    "part_used": Term(_F, "A part was used.", _keys("part")),
    "part_moved": Term(_F, "A part changed place.", _keys("part from to")),
    "signed_off": Term(_F, "The customer signed for the work."),
    "deal_changed": Term(
        _J,
        "A deal took the stage in `step`, with its probability in `value`.",
        _WINDOW | _keys("template project hours estimator_id"),
    ),
    "time_logged": Term(_J, "Hours in `value` were booked on a project.", _keys("billable phase task_type")),
    "milestone_reached": Term(_J, "The milestone in `step` was reached.", _keys("phase")),
    "survey_sent": Term(_V, "The customer was asked what they think.", _keys("form")),
    "survey_answered": Term(
        _V,
        "The customer answered the item in `step` with `value` on a scale.",
        _keys("form scale scale_low served_at label cause"),
    ),
    "quality_reviewed": Term(
        _V,
        "A reviewer scored the criterion in `step` (or the total) with `value`.",
        _keys("form form_version reviewer_id weight critical not_applicable scale cause"),
    ),
    "quality_calibrated": Term(
        _V,
        "A reference score was agreed for a review; with a reviewer: that reviewer's own score, given blindly before.",
        _keys("form form_version reviewer_id weight scale"),
    ),
    "recovery_opened": Term(_V, "Making good for a customer began."),
    "recovery_closed": Term(_V, "Making good for a customer was finished."),
    "shift_started": Term(_W, "Paid time of a person began."),
    "shift_ended": Term(_W, "Paid time of a person ended."),
    "state_changed": Term(_W, "A person took the state in `step`."),
    "counter_opened": Term(_W, "A counter opened.", _keys("counter")),
    "counter_closed": Term(_W, "A counter closed.", _keys("counter")),
    "skill_gained": Term(_W, "A person gained the skill in `step` at level `value`."),
    "counted": Term(Kind.SENSOR, "A sensor counted `value` of what `step` names.", _WHERE),
    "target_set": Term(_I, "A target for the KPI in `step` was set to `value`."),
    "review_held": Term(_I, "Figures were looked at together."),
    "action_agreed": Term(_I, "An action was agreed.", _keys("due_at owner_id")),
    "action_done": Term(_I, "An action was done."),
    "trial_started": Term(_I, "A trial began."),
    "trial_changed": Term(_I, "A trial was changed."),
    "trial_ended": Term(_I, "A trial ended."),
    "stepped": Term(_S, "A foreign step named in `step` happened.", _keys("lifecycle")),
    "step_started": Term(_S, "A foreign step named in `step` began.", _keys("lifecycle")),
    "step_ended": Term(_S, "A foreign step named in `step` ended.", _keys("lifecycle")),
}


class Unit(StrEnum):
    """The unit of a figure."""

    SECONDS = "s"
    SHARE = "share"
    COUNT = "count"
    PER_HOUR = "per_hour"
    SCORE = "score"
    MONEY = "money"


class Direction(StrEnum):
    """Which way a figure is better."""

    LOWER = "lower"
    HIGHER = "higher"
    NEITHER = "neither"


class Dimension(StrEnum):
    """What figures can be split and filtered by."""

    QUEUE = "queue"
    SITE = "site"
    CHANNEL = "channel"
    SERVICE = "service"
    PRIORITY = "priority"
    AGENT = "agent"
    TEAM = "team"
    CUSTOMER = "customer"
    POLICY = "policy"
    WEEKDAY = "weekday"
    HOUR = "hour"
