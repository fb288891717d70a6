"""The true parameters of the demo company: everything the measuring rooms must find out for themselves."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from troth.demo.wings import Wing

#: Seven weekdays, Monday first; each a tuple of (opens, closes) in local HH:MM.
Week = tuple[tuple[tuple[str, str], ...], ...]


class Shared:
    """Immutable data that a copied world shares with its original."""

    __slots__ = ()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


@dataclass(frozen=True, slots=True)
class Topic(Shared):
    """What customers come for.

    Parameters
    ----------
    topic, service : the matter and the service it belongs to.
    share : part of the queue's arrivals.
    factor : handle time relative to the queue's mean.
    solved : probability that one contact with an average person settles it.
    """

    topic: str
    service: str
    share: float
    factor: float
    solved: float


@dataclass(frozen=True, slots=True)
class QueueTruth(Shared):
    """A queue: who comes, how long they bear to wait, how long serving takes.

    Parameters
    ----------
    kind : ``call``, ``chat``, ``mail``, ``walkin`` or ``case``; says how it is served.
    per_day : expected arrivals of an average open day at the start of the truth.
    handle_s, wrap_s : mean seconds of service and of the work after it.
    spread : sigma of the lognormal handle time.
    long_share, long_factor : part of contacts that are of the long kind, and how much longer.
    patience_s : mean seconds a customer waits before leaving (a mixture of a short and a long kind).
    day_cv : coefficient of variation of the queue's own effect of the day (gamma).
    weekdays : volume of each weekday relative to the mean, Monday first.
    target_s, target_share : what the plan staffs for.
    """

    queue: str
    title: str
    kind: str
    channel: str
    team: str
    per_day: float
    handle_s: float
    wrap_s: float
    topics: tuple[Topic, ...]
    weekdays: tuple[float, ...] = (1.22, 1.06, 1.0, 0.96, 0.94, 0.55, 0.35)
    spread: float = 0.75
    long_share: float = 0.1
    long_factor: float = 3.0
    patience_s: float = 240.0
    day_cv: float = 0.07
    around_the_clock: bool = False
    transfer_share: float = 0.0
    hold_share: float = 0.0
    promise_share: float = 0.0
    callback_share: float = 0.0
    booked_share: float = 0.0
    bot_share: float = 0.0
    target_s: float = 20.0
    target_share: float = 0.8


@dataclass(frozen=True, slots=True)
class AgentTruth(Shared):
    """A person (or a bot): what they can serve and how well.

    Parameters
    ----------
    queues : queues they serve.
    pace : handle time relative to the mean of the queue.
    solving : added to the log odds of settling a matter.
    quality : mean share of a quality criterion they fulfil.
    """

    agent_id: str
    title: str
    team: str
    queues: tuple[str, ...]
    pace: float = 1.0
    solving: float = 0.0
    quality: float = 0.88
    hours_per_week: float = 40.0
    kind: str = "human"
    role: str = "agent"
    leave: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SiteTruth(Shared):
    """A place or line of work with its own zone, hours, queues and people.

    Parameters
    ----------
    code : short letters put into the ids of the site.
    holidays : (ISO date, title) of the days it is closed.
    day_cv : coefficient of variation of the effect of the day all queues share.
    drift : growth of volume a year; `season`: amplitude of the yearly wave.
    after_holiday : volume on the day after a closed weekday, relative.
    customers : how many customers the site has at the start.
    together : chats one person serves at once.
    absence : probability of being away at short notice.
    door : whether a sensor at the door counts who comes in.
    """

    site: str
    code: str
    title: str
    time_zone: str
    hours: Week
    queues: tuple[QueueTruth, ...]
    agents: tuple[AgentTruth, ...]
    holidays: tuple[tuple[str, str], ...] = ()
    day_cv: float = 0.12
    drift: float = 0.06
    season: float = 0.08
    after_holiday: float = 1.25
    customers: int = 4000
    together: int = 2
    absence: float = 0.025
    split_lunch: bool = False
    door: bool = False


@dataclass(frozen=True, slots=True)
class Ways(Shared):
    """How customers behave and how the company follows up, the same at every site.

    Times in seconds unless named otherwise; shares between 0 and 1.
    """

    newcomer: float = 0.05
    churn: float = 0.025
    churn_bad: float = 0.16
    comes_back: float = 0.55
    back_days: float = 2.2
    survey_share: float = 0.35
    survey_reply: float = 0.3
    survey_delay_h: float = 9.0
    review_share: float = 0.04
    critical_share: float = 0.015
    bot_reply: float = 0.55
    bot_solves: float = 0.06
    bot_fails: float = 0.4
    ask_customer: float = 0.24
    customer_reply_h: float = 7.0
    customer_silent: float = 0.08
    raise_share: float = 0.13
    hand_over: float = 0.05
    note_share: float = 0.2
    reopen_share: float = 0.08
    reopen_h: float = 26.0
    close_days: float = 5.0
    no_show: float = 0.07
    promise_stated: float = 0.8


@dataclass(frozen=True, slots=True)
class Truth(Shared):
    """The whole company as it truly is.

    Parameters
    ----------
    start : first local day of every site, ISO date.
    sites : each runs on its own and shares nothing with the others.
    wings : the parts of the company that are no sites, with worlds of their own.
    """

    name: str
    start: str
    sites: tuple[SiteTruth, ...]
    ways: Ways = Ways()
    wings: tuple[Wing, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the truth as plain data."""
        return {**asdict(replace(self, wings=())), "wings": {wing.code: wing.as_dict() for wing in self.wings}}

    def to_json(self) -> str:
        """Return the truth as JSON text, the content of ``truth.json``."""
        return json.dumps(self.as_dict(), indent=1, ensure_ascii=False) + "\n"
