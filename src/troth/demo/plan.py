"""The company's own plan: how many people each half-hour needs, and who works when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from math import ceil, exp, pi, sin

import numpy as np

from troth.demo.clock import HALF_HOUR, LocalDay, half_hours
from troth.demo.controls import Shift
from troth.demo.draws import Draws
from troth.demo.truth import AgentTruth, QueueTruth, SiteTruth

#: Pause of a long shift in seconds; short shifts have none.
LUNCH_S = 1800.0
REST_S = 900.0


def profile(queue: QueueTruth, *, day: LocalDay, time_zone: str) -> list[tuple[int, float]]:
    """Return (start, share of the day's arrivals) of each half-hour of a local day.

    Two waves, late morning and mid-afternoon; queues that never close get a tenth of their arrivals at night.
    """
    slots = half_hours(day, time_zone=time_zone)
    weights = []
    for start, half in slots:
        hour = half / 2 + 0.25
        wave = exp(-(((hour - 10.6) / 1.9) ** 2)) + 0.8 * exp(-(((hour - 14.8) / 2.2) ** 2)) + 0.12
        opened = day.is_open(start)
        if queue.around_the_clock:
            wave = wave if opened else 0.25 * wave + 0.01
        elif not opened:
            wave = 0.0
        weights.append(wave)
    total = sum(weights)
    return [(start, w / total) for (start, _), w in zip(slots, weights, strict=True) if w > 0.0] if total else []


def level(site: SiteTruth, *, day: date, start: date) -> float:
    """Return the expected volume of a day relative to the truth's start: drift and yearly wave."""
    years = (day - start).days / 365.25
    wave = sin(2 * pi * (day.timetuple().tm_yday - 60) / 365.25)
    return (1 + site.drift * years) * (1 + site.season * wave)


def servers(load: float, *, handle_s: float, target_s: float, share: float) -> int:
    """Return how many servers answer `share` of contacts within `target_s` (Erlang C; load in erlangs)."""
    if load <= 0:
        return 0
    count, blocked = 0, 1.0
    while True:
        count += 1
        blocked = load * blocked / (count + load * blocked)
        if count <= load:
            continue
        waits = blocked / (1 - load / count * (1 - blocked))
        if 1 - waits * exp(-(count - load) * target_s / handle_s) >= share:
            return count


def required(site: SiteTruth, *, team: str, day: LocalDay, volume: float) -> np.ndarray:
    """Return the people a team needs in each half-hour of a local day; `volume` scales the expected arrivals."""
    count = (day.ends - day.starts) // HALF_HOUR
    load, work = np.zeros(count), np.zeros(count)
    live: list[QueueTruth] = []
    for queue in site.queues:
        if queue.team != team:
            continue
        expected = queue.per_day * queue.weekdays[day.day.weekday()] * volume
        busy = queue.handle_s + queue.wrap_s
        if queue.kind == "chat":  # what the bot passes on comes on top
            expected += sum(
                b.per_day * b.weekdays[day.day.weekday()] * volume * (1 - b.bot_share)
                for b in site.queues
                if b.kind == "bot"
            )
        if queue.kind in ("mail", "case", "level2"):
            stints = 1.0 if queue.kind == "mail" else 1.6
            opened = [
                (start - day.starts) // HALF_HOUR
                for start, _ in half_hours(day, time_zone=site.time_zone)
                if day.is_open(start)
            ]
            work[opened] += expected * stints * busy / 1800.0 / len(opened) if opened else 0.0
            continue
        live.append(queue)
        for start, share in profile(queue, day=day, time_zone=site.time_zone):
            load[(start - day.starts) // HALF_HOUR] += expected * share * busy / 1800.0
    need = work / 0.76  # cases pile up for days if their people are as busy as those who only wait for calls
    if live:
        first = live[0]
        at_once = site.together if first.kind == "chat" else 1
        mean_s = first.handle_s + first.wrap_s
        for k in np.flatnonzero(load):
            answers = servers(float(load[k]), handle_s=mean_s, target_s=first.target_s, share=first.target_share)
            # Part of the mail is done between contacts, by the people who wait for them.
            mailing = max(1.0, 0.75 * work[k]) if work[k] > 0.1 else 0.0
            need[k] = max(ceil(answers / at_once) + mailing, (load[k] / at_once + work[k]) / 0.86)
    return need


def cover(need: np.ndarray, *, day: LocalDay, split_lunch: bool) -> list[tuple[int, int]]:
    """Choose shifts (starts, ends) that cover what is needed: each time the one that covers most."""
    first, last = (day.opens - day.starts) // HALF_HOUR, (day.closes - day.starts + HALF_HOUR - 1) // HALF_HOUR
    lengths = (last - first,) if split_lunch else (17, 9)
    spans = sorted(
        {(s, min(s + n, last)) for n in lengths for s in range(first, max(first, last - min(n, last - first)) + 1)}
    )
    left = need / (1.0 if split_lunch else 0.93)
    chosen: list[tuple[int, int]] = []
    while True:
        best, gain = None, 0.0
        for a, b in spans:
            covered = float(np.minimum(np.maximum(left[a:b], 0.0), 1.0).sum()) / (b - a + 2)
            if covered > gain + 1e-9:
                best, gain = (a, b), covered
        if best is None or gain < 0.33:
            break
        chosen.append(best)
        left[best[0] : best[1]] -= 1.0
    if not chosen:
        chosen = [(first, last)]
    return sorted((day.starts + a * HALF_HOUR, day.starts + b * HALF_HOUR) for a, b in chosen)


def pauses(
    starts: int, *, ends: int, day: LocalDay, draws: Draws, split_lunch: bool
) -> tuple[tuple[int, float, str], ...]:
    """Return the pauses of a shift: lunch, two rests, now and then a meeting or a training."""
    out: list[tuple[int, float, str]] = []
    hours = (ends - starts) / 3_600_000
    if split_lunch and len(day.spans) > 1:
        out.append((day.spans[0][1], (day.spans[1][0] - day.spans[0][1]) / 1000.0, "break"))
    elif hours >= 6:
        out.append((starts + int((0.38 + 0.2 * draws.random()) * (ends - starts)), LUNCH_S, "break"))
    rests = (0.22, 0.78) if hours >= 6 else (0.5,)
    out += [(starts + int((k + 0.08 * (draws.random() - 0.5)) * (ends - starts)), REST_S, "break") for k in rests]
    if hours >= 6 and draws.random() < 0.08:
        state = "training" if draws.random() < 0.4 else "meeting"
        out.append((starts + int((0.1 + 0.05 * draws.random()) * (ends - starts)), 1800.0, state))
    return tuple(sorted(out))


def away(agent: AgentTruth, *, day: date) -> bool:
    """Tell whether a person has planned leave on a day."""
    iso = day.isoformat()
    return any(a <= iso < b for a, b in agent.leave)


def day_shifts(
    site: SiteTruth,
    *,
    day: LocalDay,
    spans: Mapping[str, Sequence[tuple[int, int]]],
    worked: Mapping[str, float],
    draws: Draws,
) -> list[Shift]:
    """Give the day's shifts of each team to people: those with the fewest hours this week first.

    Parameters
    ----------
    spans : by team the shifts to fill.
    worked : by person the hours of this week so far.
    """
    out: list[Shift] = []
    for team, wanted in spans.items():
        free = [a for a in site.agents if a.team == team and a.kind == "human" and not away(a, day=day.day)]
        free = [a for a in free if draws.random() >= site.absence and worked.get(a.agent_id, 0.0) < a.hours_per_week]
        turn = day.day.toordinal()
        order = sorted(
            range(len(free)), key=lambda k: (round(worked.get(free[k].agent_id, 0.0)) // 6, (k + turn) % len(free))
        )
        people = [free[k] for k in order][: len(wanted)]
        # If people lack, the shifts kept are spread over the day.
        kept = [wanted[k * len(wanted) // len(people)] for k in range(len(people))]
        people.sort(key=lambda a: (turn * 7 + sum(map(ord, a.agent_id)) * 13) % 31)
        for person, (starts, ends) in zip(people, kept, strict=True):
            out.append(
                Shift(
                    person.agent_id,
                    starts,
                    ends,
                    pauses(starts, ends=ends, day=day, draws=draws, split_lunch=site.split_lunch),
                )
            )
    return out
