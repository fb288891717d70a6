"""Random small logs: a sensible course of things, and the dirt real systems leave in it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from tests.kpi.logs import Event
from tests.kpi.random_effort import effort
from tests.kpi.random_visits import visited

#: Around the night of 29 March 2026, when Vilnius has 23 hours.
START = datetime(2026, 3, 27, 6, tzinfo=UTC)
END = datetime(2026, 4, 1, 6, tzinfo=UTC)
_STEPS = (0, 0, 1, 15, 20, 45, 300, 300, 1800, 3600, 5 * 3600, 14 * 3600)
_SHORT = (0, 5, 15, 20, 45, 300, 300, 900)


class Scribe:
    """Writes the events of one site; every choice comes from the seed."""

    def __init__(self, site: str, *, seed: int) -> None:
        self.site, self.rng = site, Random(seed)
        self.events: list[Event] = []
        self.t = START
        self.contact_no = 0

    def pick(self, *choices: Any) -> Any:
        """Choose one."""
        return self.rng.choice(choices)

    def chance(self, share: float) -> bool:
        """Say yes with a probability."""
        return self.rng.random() < share

    def name(self, word: str, count: int) -> str:
        """Name one of few things of this site."""
        return f"{self.site}-{word}{self.rng.randrange(count)}"

    def wait(self, steps: tuple[int, ...] = _STEPS) -> None:
        """Let some time pass."""
        self.t += timedelta(seconds=self.pick(*steps))

    def say(self, activity: str, **said: Any) -> None:
        """Write an event; now and then it is lost, doubled, late, or not known exactly."""
        if self.chance(0.04):
            return
        at = self.t - timedelta(seconds=self.pick(0, 300, 4000)) if self.chance(0.03) else self.t
        if self.chance(0.15):
            left_out = self.pick("queue", "team", "channel", "service", "priority")
            said = {name: value for name, value in said.items() if name != left_out}
        event = Event(
            at=at,
            activity=activity,
            source_id=f"{self.site}-{len(self.events)}",
            site=self.site,
            origin="repaired" if self.chance(0.02) else "exact",
            version=self.pick(0, 0, 0, 1, 2),
            **said,
        )
        self.events.append(event)
        if self.chance(0.02):
            self.events.append(replace(event, source_id=f"{event.source_id}x"))

    def by_whom(self) -> dict[str, Any]:
        """Return who does something: a person, a bot, the system, or nobody known."""
        agent = self.name("a", 3)
        found: dict[str, Any] = self.pick(
            {"agent_id": agent}, {"agent_id": agent, "actor": "human"}, {"agent_id": agent}, {"agent_id": agent},
            {"agent_id": "bot", "actor": "bot"}, {"actor": "system"}, {"actor": "human"}, {},
        )  # fmt: skip
        return found

    # ---- contacts ---------------------------------------------------------------------------------------------------

    def contact(self, common: dict[str, Any], previous: str | None = None, depth: int = 0) -> None:
        """Write one contact, from coming to leaving."""
        self.contact_no += 1
        key = f"{self.site}-k{self.contact_no}"
        c = {
            **common,
            "contact_id": key,
            "queue": self.pick("q1", "q2", None),
            "channel": self.pick("phone", "walk_in", None),
        }
        note = {k: v for k, v in (("topic", self.pick("loan", "card", None)), ("previous_contact_id", previous)) if v}
        way = self.pick({"direction": "in"}, {"direction": "in"}, {}, {"direction": "out"}, {"direction": "internal"})
        start = self.pick(
            ("arrived",), ("queued",), ("arrived", "queued"), ("arrived", "queued"), ("checked_in", "queued"), ()
        )
        noting = self.pick(*start) if start else None
        for activity in start:
            said = note if activity == noting or self.chance(0.7) else {}
            if activity == "checked_in":
                said = {key: value for key, value in said.items() if key == "topic"}
            self.say(activity, **c, **way, attributes=said)
            self.wait(_SHORT)
        if self.chance(0.15):
            self.bot(c, depth)
            return
        end = self.pick(
            "serve",
            "serve",
            "serve",
            "abandoned",
            "balked",
            "no_show",
            "callback_requested",
            "ended",
            "transferred",
            "",
        )
        if self.chance(0.3):
            self.say("called", **c, agent_id=self.name("a", 3))
            if self.chance(0.3):
                self.say("returned", **c)
                self.wait(_SHORT)
        if end == "serve":
            self.serve(c, depth)
        elif end:
            self.say(end, **c)
            if end == "callback_requested" and self.chance(0.3):
                self.wait()
                self.serve(c, depth)

    def bot(self, c: dict[str, Any], depth: int) -> None:
        """Write what a bot does with a contact."""
        who = {"agent_id": "bot", "actor": "bot"}
        self.say("answered", **c, **who)
        self.wait(_SHORT)
        self.say("message_sent", **c, **who, direction="out")
        self.wait(_SHORT)
        if self.chance(0.5) and depth < 2:
            self.say("escalated", **c, **who)
            self.say("transferred", **c, **who)
            self.contact(
                {k: v for k, v in c.items() if k in ("case_id", "customer_id", "service")}, c["contact_id"], depth + 1
            )
        else:
            self.say("ended", **c, **who)

    def serve(self, c: dict[str, Any], depth: int) -> None:
        """Write how a person serves a contact, with holds, breaks and hand-overs."""
        who = {"agent_id": self.name("a", 3), "team": self.pick("t1", "t2", None)}
        self.say("answered", **c, **who)
        for _ in range(self.rng.randrange(3)):
            self.wait(_SHORT)
            if self.chance(0.4):
                self.say(self.pick("parked", "returned"), **c, **who)
                self.wait(_SHORT)
                who = {**who, "agent_id": self.name("a", 3)}
                self.say("answered", **c, **who)
            else:
                self.say("held", **c, **who)
                self.wait(_SHORT)
                self.say("resumed", **c, **who)
        if self.chance(0.2):
            self.say("focused", **c, **who)
            self.wait(_SHORT)
            self.say("unfocused", **c, **who)
        self.wait(_SHORT)
        end = self.pick("ended", "ended", "ended", "transferred", "parked", "returned", "")
        if end:
            self.say(end, **c, **who)
        if self.chance(0.5):
            self.wait(_SHORT)
            self.say("wrapped", **c, **who)
        if end == "transferred" and depth < 2:
            self.contact(
                {k: v for k, v in c.items() if k in ("case_id", "customer_id", "service")}, c["contact_id"], depth + 1
            )

    # ---- cases ------------------------------------------------------------------------------------------------------

    def case(self, number: int) -> None:
        """Write one case, from coming in to wherever it gets."""
        self.t = START + timedelta(seconds=300 * self.rng.randrange(int((END - START).total_seconds()) // 300))
        c: dict[str, Any] = {
            "case_id": f"{self.site}-c{number}",
            "customer_id": self.pick(f"{self.site}-u1", f"{self.site}-u2", None),
            "service": self.pick("s1", "s2", None),
        }
        dims = {
            "queue": self.pick("q1", "q2", None),
            "priority": self.pick("high", None),
            "channel": self.pick("mail", None),
        }
        if self.chance(0.4):
            self.contact(c)
        if self.chance(0.9):
            self.say("opened", **c, **dims, attributes=self.pick({}, {"topic": "card"}))
        for _ in range(self.rng.randrange(9)):
            self.wait()
            self.happening(c)
        if self.chance(0.3):
            self.survey(c)

    def happening(self, c: dict[str, Any]) -> None:
        """Write one thing that happens to a case."""
        who = self.by_whom()
        kind = self.pick(
            "reply", "reply", "note", "received", "assigned", "assigned", "unassigned", "escalated", "transferred",
            "solution_proposed", "resolved", "resolved", "reopened", "reopened", "closed", "status", "status", "merged", "contact",
        )  # fmt: skip
        if kind == "reply":
            self.say("message_sent", **c, **who, direction=self.pick("out", "out", None))
        elif kind == "note":
            self.say("message_sent", **c, **who, direction="internal")
        elif kind == "received":
            self.say("message_received", **c, direction="in")
        elif kind == "assigned":
            self.say(
                "assigned",
                **c,
                agent_id=self.pick(self.name("a", 2), None),
                team=self.pick("t1", "t2", None),
                actor="system",
            )
        elif kind == "status":
            self.say("status_changed", **c, step=self.pick("pending", "pending", "open", "on_hold", "solved"))
        elif kind == "merged" and self.chance(0.3):
            self.say("merged", **c, attributes=self.pick({}, {"merged_into": "other"}))
        elif kind == "contact":
            self.contact(c)
        elif kind != "merged":
            self.say(kind, **c, **who)

    # ---- voice, promises, work --------------------------------------------------------------------------------------

    def survey(self, c: dict[str, Any]) -> None:
        """Write a survey and its answers."""
        common = {"subject_kind": "survey", "subject_id": f"{c['case_id']}-s", **c, "agent_id": self.name("a", 2)}
        if self.chance(0.2):
            common["case_id"] = None
        self.say("survey_sent", **common)
        scale = self.pick({}, {"scale": 5}, {"scale": 7}, {"scale": 10, "scale_low": 0})
        if self.chance(0.3):
            scale["served_at"] = (self.t - timedelta(hours=self.pick(1, 20))).isoformat()
        for _ in range(self.pick(0, 1, 1, 2)):
            self.wait()
            if self.chance(0.8):
                self.say(
                    "survey_answered",
                    **common,
                    step="satisfaction",
                    value=self.pick(1.0, 2.0, 3.0, 4.0, 5.0, None),
                    attributes=scale,
                )
            if self.chance(0.6):
                self.say("survey_answered", **common, step="resolved", value=self.pick(0.0, 1.0, None))

    def review(self, number: int) -> None:
        """Write a quality review."""
        self.t = START + timedelta(minutes=self.rng.randrange(7000))
        common = {
            "subject_kind": "review",
            "subject_id": f"{self.site}-r{number}",
            "agent_id": self.name("a", 2),
            "queue": self.pick("q1", None),
        }
        if self.chance(0.3):
            self.say(
                "quality_reviewed",
                **common,
                step=self.pick("total", None),
                value=self.pick(60.0, 85.0, 4.0),
                attributes=self.pick({}, {"scale": 100}),
            )
        for point in range(self.rng.randrange(4)):
            extra = self.pick(
                {}, {"weight": 2.0}, {"weight": 0.0}, {"not_applicable": True}, {"critical": True}, {"scale": 5}
            )
            self.say(
                "quality_reviewed",
                **common,
                step=f"p{point}",
                value=self.pick(0.0, 3.0, 5.0, 80.0, 100.0, None),
                attributes=extra,
            )

    def promise(self, number: int) -> None:
        """Write a promise and what became of it."""
        self.t = START + timedelta(minutes=30 * self.rng.randrange(200))
        common = {
            "subject_kind": "promise",
            "subject_id": f"{self.site}-p{number}",
            "customer_id": self.pick(f"{self.site}-u1", f"{self.site}-u2", None),
        }
        self.say("promised", **common, value=self.pick(0.5, 0.9, None), queue=self.pick("q1", None))
        for _ in range(self.rng.randrange(3)):
            self.wait()
            self.say(
                self.pick(
                    "promise_changed",
                    "promise_kept",
                    "promise_kept",
                    "promise_broken",
                    "promise_broken",
                    "promise_waived",
                ),
                **common,
            )

    def shift(self, day: int) -> None:
        """Write a person's day at work, and a counter's."""
        for agent in range(2):
            who = {
                "agent_id": f"{self.site}-a{agent}",
                "team": self.pick("t1", "t2", None),
                "queue": self.pick("q1", None),
            }
            self.t = START + timedelta(days=day, seconds=900 * self.rng.randrange(20))
            self.say("shift_started", **who)
            for _ in range(self.rng.randrange(6)):
                self.say("state_changed", **who, step=self.pick("available", "on_contact", "wrap", "break", "offline"))
                self.wait()
            self.say("shift_ended", **who)
        self.t = START + timedelta(days=day)
        counter = (
            {"subject_kind": "counter", "subject_id": "1"} if self.chance(0.5) else {"attributes": {"counter": "2"}}
        )
        self.say("counter_opened", **counter)
        self.t += timedelta(hours=self.pick(1, 8, 20))
        self.say("counter_closed", **counter)


def random_log(site: str, *, seed: int) -> list[Event]:
    """Return the events of a few days of one site, in no order."""
    scribe = Scribe(site, seed=seed)
    for number in range(scribe.rng.randrange(1, 9)):
        scribe.case(number)
    for number in range(scribe.rng.randrange(6)):
        scribe.review(number)
    for number in range(scribe.rng.randrange(6)):
        scribe.promise(number)
    for day in range(scribe.rng.randrange(3)):
        scribe.shift(day)
    for number in range(scribe.rng.randrange(6)):
        visited(scribe, number)
    effort(scribe, start=START)
    scribe.rng.shuffle(scribe.events)
    return scribe.events


def shown(events: list[Event]) -> str:
    """Return events as text, for a message of failure."""
    lines = []
    for e in sorted(events, key=lambda e: e.at):
        said = {
            k: getattr(e, k) for k in e.__dataclass_fields__ if k not in ("at", "activity", "site") and getattr(e, k)
        }
        lines.append(f"{e.at:%d %H:%M:%S} {e.activity} {json.dumps(said, default=str)}")
    return "\n".join(lines)
