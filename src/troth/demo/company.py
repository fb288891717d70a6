"""The demo companies: a year of four sites by default, a 20-person shop for tests and benchmarks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from troth.demo.clock import local_day
from troth.demo.field import field_service
from troth.demo.foresight import ForesightTruth
from troth.demo.plan import cover, level, required
from troth.demo.practice import practice
from troth.demo.truth import AgentTruth, QueueTruth, SiteTruth, Topic, Truth, Week
from troth.demo.wings import Wing

#: Where the demo's log ends unless told otherwise: a Tuesday, mid-morning in Vilnius.
UNTIL: Final = datetime(2026, 6, 30, 7, 40, tzinfo=UTC)

#: Zones of the branch that is always open, tried in this order for the one in its mid-morning.
ZONES: Final = (
    "Europe/Vilnius", "Asia/Jakarta", "Asia/Dubai", "Europe/London", "Asia/Tokyo", "Pacific/Auckland",
    "America/Sao_Paulo", "America/New_York", "America/Chicago", "America/Los_Angeles", "Pacific/Honolulu",
    "Atlantic/Azores", "Australia/Sydney", "Asia/Kolkata", "America/Anchorage", "Pacific/Noumea",
)  # fmt: skip

_FIRST = "Ana Jonas Marta Petras Ieva Luka Sara Tomas Nina Jakub Maja Andris Lina Ivan Rasa Marek Elza Karlis Dina Adam".split()
_LAST = "Kovač Kazlauskas Nowak Ozols Horvat Wójcik Bērziņš Santoso Jankauskas Babić Petrauskas Wijaya Liepa Zieliński".split()

_BILLING = (
    Topic("invoice", "billing", 0.34, 1.0, 0.86),
    Topic("payment", "billing", 0.26, 0.8, 0.9),
    Topic("outage", "supply", 0.18, 0.7, 0.7),
    Topic("contract", "sales", 0.14, 1.5, 0.82),
    Topic("complaint", "care", 0.08, 1.7, 0.62),
)
_COUNTER = (
    Topic("cash", "cash desk", 0.4, 0.6, 0.97),
    Topic("card", "cards", 0.25, 1.0, 0.9),
    Topic("account", "accounts", 0.22, 1.3, 0.88),
    Topic("loan", "loans", 0.13, 2.0, 0.8),
)
_DESK = (
    Topic("password", "access", 0.28, 0.4, 0.95),
    Topic("laptop", "workplace", 0.24, 1.2, 0.84),
    Topic("software", "applications", 0.28, 1.1, 0.82),
    Topic("network", "network", 0.2, 1.4, 0.78),
)


def _week(days: int, *spans: tuple[str, str], saturday: tuple[str, str] | None = None) -> Week:
    week: list[tuple[tuple[str, str], ...]] = [spans if k < days else () for k in range(7)]
    if saturday:
        week[5] = (saturday,)
    return tuple(week)


def _easter(year: int) -> date:
    """Return Easter Sunday (Gregorian; Meeus, Astronomical Algorithms, 1991, chapter 8)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    m = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    n = h + m - 7 * ((a + 11 * h + 22 * m) // 451) + 114
    return date(year, n // 31, n % 31 + 1)


def _holidays(first: int, last: int, fixed: str) -> tuple[tuple[str, str], ...]:
    out = []
    for year in range(first, last + 1):
        out += [(f"{year}-{part}", "Public holiday") for part in fixed.split()]
        out.append(((_easter(year) + timedelta(days=1)).isoformat(), "Easter Monday"))
    return tuple(sorted(set(out)))


_LITHUANIA: Final = "01-01 02-16 03-11 05-01 06-24 07-06 08-15 11-01 12-24 12-25 12-26"
_CROATIA: Final = "01-01 01-06 05-01 05-30 06-22 08-05 08-15 11-01 11-18 12-25 12-26"


def _leave(rng: np.random.Generator, start: date, days: int) -> tuple[tuple[str, str], ...]:
    """Return a person's planned leave: about a week in ten."""
    out = []
    for k in range(0, days, 70):
        if days - k >= 30:
            a = start + timedelta(days=k + int(rng.integers(5, min(60, days - k - 10))))
            out.append((a.isoformat(), (a + timedelta(days=int(rng.choice([3, 7, 12])))).isoformat()))
    return tuple(out)


def _staff(site: SiteTruth, start: date, days: int, rng: np.random.Generator) -> SiteTruth:
    """Hire whom the plan needs in the busiest of the months, with a reserve for leave and illness."""
    agents: list[AgentTruth] = []
    for team in dict.fromkeys(q.team for q in site.queues if q.kind != "bot"):
        counts = []
        for k in range(0, max(days, 7), 28):
            for d in range(7):
                day = local_day(site, day=start + timedelta(days=min(k + d, days + 7)))
                if day.spans:
                    need = required(site, team=team, day=day, volume=level(site, day=day.day, start=start))
                    counts.append(len(cover(need, day=day, split_lunch=site.split_lunch)))
        open_days = sum(1 for hours in site.hours if hours)
        wanted = max(*counts, ceil(float(np.mean(counts)) * open_days / 4.6)) * 1.08
        queues = tuple(q.queue for q in site.queues if q.team == team)
        for k in range(ceil(wanted) + 1):
            skilled = tuple(q for j, q in enumerate(queues) if j == 0 or len(queues) == 1 or (k + j) % 6 != 5)
            n = len(agents)
            name = f"{_FIRST[int(rng.integers(len(_FIRST)))]} {_LAST[int(rng.integers(len(_LAST)))]}"
            agents.append(
                AgentTruth(
                    f"{site.code}-{n + 1:02d}",
                    name,
                    team,
                    skilled,
                    pace=round(float(np.exp(0.12 * rng.standard_normal())), 3),
                    solving=round(float(0.3 * rng.standard_normal()), 3),
                    quality=round(float(np.clip(0.88 + 0.05 * rng.standard_normal(), 0.7, 0.97)), 3),
                    leave=_leave(rng, start, days),
                )
            )
    bots = [q for q in site.queues if q.kind in ("bot", "case")]
    if bots:
        agents.append(AgentTruth(f"{site.code}-bot", "Assistant", "bot", (), kind="bot", role="bot"))
    agents.append(AgentTruth(f"{site.code}-qa", "Quality specialist", "quality", (), role="quality"))
    return replace(site, agents=tuple(agents))


def care_site(code: str, *, volume: float, zone: str = "Europe/Vilnius") -> SiteTruth:
    """Return a contact centre: two call queues, a bot before the chat, e-mail."""
    q, v = QueueTruth, volume
    queues = (
        q("calls", "Calls", "call", "phone", "voice", 300 * v, 230, 45, _BILLING, transfer_share=0.06, hold_share=0.15,
          promise_share=0.5, callback_share=0.04, patience_s=300),
        q("calls-en", "Calls in English", "call", "phone", "voice", 70 * v, 260, 45, _BILLING, transfer_share=0.06,
          hold_share=0.15, promise_share=0.5, patience_s=300),
        q("assistant", "Chat assistant", "bot", "chat", "bot", 44 * v, 70, 0, _BILLING, bot_share=0.42),
        q("chat", "Chat", "chat", "chat", "digital", 48 * v, 420, 20, _BILLING, patience_s=330, target_s=40),
        q("mail", "E-mail", "mail", "email", "digital", 80 * v, 330, 0, _BILLING, around_the_clock=True,
          day_cv=0.12, weekdays=(1.25, 1.05, 1.0, 0.95, 0.9, 0.45, 0.4)),
    )  # fmt: skip
    hours = _week(5, ("08:00", "19:00"), saturday=("09:00", "15:00"))
    return SiteTruth(f"care-{code}", code, "Customer care", zone, hours, queues, (), customers=int(14_000 * v))


def desk_site(code: str, *, volume: float, zone: str = "Europe/Vilnius") -> SiteTruth:
    """Return an IT help desk: a portal all day and night, two levels of people on weekdays."""
    queues = (
        QueueTruth("desk", "Help desk", "case", "portal", "level 1", 95 * volume, 620, 0, _DESK, around_the_clock=True,
                   weekdays=(1.25, 1.1, 1.0, 0.95, 0.85, 0.12, 0.1), day_cv=0.1),
        QueueTruth("desk-2", "Help desk, second level", "level2", "portal", "level 2", 14 * volume, 1500, 0, _DESK,
                   around_the_clock=True, weekdays=(1.25, 1.1, 1.0, 0.95, 0.85, 0.12, 0.1)),
    )  # fmt: skip
    hours = _week(5, ("08:00", "18:00"))
    return SiteTruth(f"desk-{code}", code, "IT help desk", zone, hours, queues, (), customers=int(2600 * volume))


def branch_site(code: str, *, title: str, volume: float, zone: str, hours: Week, split: bool = False) -> SiteTruth:
    """Return a branch with counters, tickets and some bookings."""
    queues: tuple[QueueTruth, ...] = (
        QueueTruth("cash", "Cash desk", "walkin", "walk_in", "counters", 120 * volume, 210, 20, _COUNTER[:1], patience_s=1500,
                   target_s=480, promise_share=1.0),
        QueueTruth("advice", "Advice", "walkin", "walk_in", "counters", 70 * volume, 520, 60, _COUNTER[1:], patience_s=3000,
                   target_s=480, promise_share=1.0, booked_share=0.14, transfer_share=0.02),
    )  # fmt: skip
    queues = tuple(replace(q, queue=f"{q.queue}-{code}") for q in queues)
    return SiteTruth(
        f"branch-{code}",
        code,
        title,
        zone,
        hours,
        queues,
        (),
        customers=int(5200 * volume),
        split_lunch=split,
        together=1,
    )


def morning_zone(until: datetime) -> str:
    """Return the zone in which an instant is nearest to 10:30, so that one branch is in its mid-morning."""

    def off(name: str) -> float:
        local = until.astimezone(ZoneInfo(name))
        return abs(local.hour + local.minute / 60 - 10.5)

    return min(ZONES, key=lambda name: (off(name) > 1.25, 0 if off(name) <= 1.25 else off(name)))


def demo_company(
    *,
    until: datetime = UNTIL,
    days: int = 365,
    size: float = 1.0,
    seed: int = 7,
    busy: float = 1.0,
    field: bool = True,
    projects: bool = True,
    foresight: bool = True,
) -> Truth:
    """Return the truth of the demo company.

    Parameters
    ----------
    until : where the log will end; one branch is then in its mid-morning.
    days : how many days before `until` it starts.
    size : volume relative to the default of about 1.7 million events a year. Beyond 10 the company has more sites.
    seed : of the people's hidden abilities, which are part of the truth.
    busy : volume of the branch that is in its mid-morning, relative to its usual one; for looking at it live.
    field : with a field service.
    projects : with a consulting practice of 24 people at size 1.
    foresight : with forecasts and requirements published every week for all sites.
    """
    start = (until - timedelta(days=days)).date()
    copies = max(1, ceil(size / 10))
    volume = 0.33 * size / copies
    years = (start.year, until.year)
    mall = tuple((("09:00", "20:00"),) for _ in range(7))
    sites: list[SiteTruth] = []
    for k in range(copies):
        mark = _letters(k)
        lithuania, croatia = _holidays(*years, _LITHUANIA), _holidays(*years, _CROATIA)
        split = _week(5, ("08:30", "12:30"), ("13:30", "17:00"))
        sites += [
            replace(care_site(f"v{mark}", volume=volume), holidays=lithuania),
            replace(
                branch_site(
                    f"s{mark}", title="Branch in the mall", volume=volume * busy, zone=morning_zone(until), hours=mall
                ),
                holidays=(),
            ),
            replace(
                branch_site(
                    f"z{mark}", title="Branch in Zagreb", volume=volume, zone="Europe/Zagreb", hours=split, split=True
                ),
                holidays=croatia,
            ),
            replace(desk_site(f"d{mark}", volume=volume), holidays=lithuania),
        ]
    sites = [replace(_own_names(site), door=site.site.startswith("branch-")) for site in sites]
    rng = np.random.Generator(np.random.PCG64(seed))
    staffed = tuple(_staff(s, start, days, rng) for s in sites)
    wings: tuple[Wing, ...] = ()
    if field:
        lithuania = _holidays(*years, _LITHUANIA)
        wings += tuple(
            field_service(
                f"f{_letters(k)}", start=start.isoformat(), days=days, size=size / copies, holidays=lithuania, seed=seed
            )
            for k in range(copies)
        )
    if projects:
        wings += _practices(start, days=days, copies=copies, size=size / copies, seed=seed, years=years)
    if foresight:
        wings += (ForesightTruth("plan", staffed),)
    return Truth("Demo company", start.isoformat(), staffed, wings=wings)


#: Consultants of one practice: at size 1, at least and at most.
_CONSULTANTS, _FEWEST, _MOST = 24, 6, 48


def _practices(
    start: date, *, days: int, copies: int, size: float, seed: int, years: tuple[int, int]
) -> tuple[Wing, ...]:
    people = min(_MOST, max(_FEWEST, round(_CONSULTANTS * size)))
    closed = _holidays(*years, _LITHUANIA)
    return tuple(
        practice(f"p{_letters(k)}", start=start.isoformat(), days=days, people=people, seed=seed, holidays=closed)
        for k in range(copies)
    )


def _letters(number: int) -> str:
    """Return nothing for 0, then a, b, ... z, aa, ...: letters, so that an id's number begins where the code ends."""
    text = ""
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("a") + rest) + text
    return text


def _own_names(site: SiteTruth) -> SiteTruth:
    """Give the queues and teams of a site names no other site has."""
    queues = tuple(
        replace(q, queue=q.queue if site.code in ("v", "d") or q.queue.endswith(site.code) else f"{q.queue}-{site.code}",
                team=f"{q.team} {site.code}" if site.code not in ("v", "d") else q.team)
        for q in site.queues
    )  # fmt: skip
    return replace(site, queues=queues)


def small_company(*, start: str = "2026-03-02", days: int = 70, volume: float = 0.3, seed: int = 11) -> Truth:
    """Return a company of about twenty people at three sites, for tests and for the known-truth benchmark.

    Examples
    --------
    >>> len(small_company(days=7).sites)
    3
    """
    first = date.fromisoformat(start)
    split = _week(5, ("08:30", "12:30"), ("13:30", "17:00"))
    years = (first.year, (first + timedelta(days=days)).year)
    sites = (
        replace(
            care_site("v", volume=volume), holidays=_holidays(*years, _LITHUANIA), customers=int(1100 * volume / 0.3)
        ),
        replace(
            branch_site("z", title="Branch", volume=volume, zone="Europe/Zagreb", hours=split, split=True),
            customers=int(700 * volume / 0.3),
        ),
        replace(desk_site("d", volume=volume), customers=int(350 * volume / 0.3)),
    )
    rng = np.random.Generator(np.random.PCG64(seed))
    return Truth("Small company", start, tuple(_staff(_own_names(s), first, days, rng) for s in sites))
