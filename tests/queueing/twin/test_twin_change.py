"""Small changes make another problem out of one; what cannot be made is said, all at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.queueing.twin.worlds import at, come, minutes, rich, small
from troth.core.errors import InputError
from troth.core.spans import Span, to_micros
from troth.queueing.twin import (
    Picking,
    Routing,
    Times,
    TwinAgent,
    TwinArrivals,
    TwinProblem,
    TwinQueue,
    TwinStream,
    problem_from_json,
)
from troth.queueing.twin.change import RULES, changed


def office() -> TwinProblem:
    """Return a day with two queues, three agents of one and two of both."""
    made, _ = problem_from_json({
        "start": "2026-03-02 08:00", "end": "16:00",
        "queues": [{"name": "phone", "handle": {"exponential": 240}, "patience": "2min"}, {"name": "chat", "handle": {"seen": [100, 200]}}],
        "streams": [{"queue": "phone", "arrivals": {"per_hour": 40}}, {"queue": "chat", "arrivals": {"paths": [[4] * 16, [2] * 16]}, "handle": "3min"}],
        "agents": [
            {"name": "front", "count": 3, "queues": "phone", "shifts": "08:00-16:00", "breaks": "12:00-12:30"},
            {"name": ["Ana", "Jonas"], "queues": {"chat": 0, "phone": 1}, "shifts": ["08:00-12:00", "13:00-16:00"]},
        ],
        "counters": [{"name": "hall", "open": [["08:00", 2], ["12:00", 1]]}],
    })  # fmt: skip
    return made


def _hours(agent: TwinAgent) -> list[tuple[float, float]]:
    return [(span.start.hour + span.start.minute / 60, span.end.hour + span.end.minute / 60) for span in agent.shifts]


def _names(problem: TwinProblem) -> list[str]:
    return [agent.name for agent in problem.agents]


def test_one_more_is_like_those_who_serve_the_queue_first() -> None:
    """New agents have the skills of the ones who do little else, under names of their own; without hours their shift, too."""
    base = office()
    made = changed(base, changes=["staff:phone=+2@10:00-12:00", "staff:phone=+1", "staff:chat=+1"])
    assert _names(made)[5:] == ["front 1 + 1", "front 2 + 1", "front 1 + 2", "Ana + 1"]
    assert _hours(made.agents[5]) == [(10, 12)]
    assert made.agents[7].shifts == base.agents[0].shifts
    assert made.agents[7].breaks == base.agents[0].breaks
    assert made.agents[8].queues == base.agents[3].queues
    assert made.agents[:5] == base.agents


def test_one_fewer_goes_for_some_hours_or_for_good() -> None:
    """Those who serve little else go last; whoever goes for some hours is there before and after."""
    gone = changed(office(), changes=["staff:phone=-1@10:00-11:00"])
    assert _hours(gone.agents[4]) == [(8, 10), (11, 12), (13, 16)]
    assert gone.agents[:4] == office().agents[:4]
    assert _names(changed(office(), changes=["staff:chat=-1"])) == ["front 1", "front 2", "front 3", "Ana"]


def test_skills_hours_and_counters_change() -> None:
    """Skills come after one's own; hours replace shifts or opening hours, or move them; counters open in addition."""
    made = changed(
        office(),
        changes=[
            "skills:front *=+chat",
            "skills:Ana=-phone",
            "hours:Jonas=+30min",
            "hours:front 1=09:00-15:00",
            "hours:chat=09:00-12:00",
        ],
    )
    assert made.agents[0].queues == (("phone", 0), ("chat", 1))
    assert made.agents[3].queues == (("chat", 0),)
    assert _hours(made.agents[4]) == [(8.5, 12.5), (13.5, 16.5)]
    assert _hours(made.agents[0]) == [(9, 15)]
    assert made.queues[1].open == (Span(made.start.replace(hour=9), made.start.replace(hour=12)),)
    hall = changed(office(), changes=["counters:hall=+1@11:00-13:00"]).counters[0]
    assert [(when.hour, n) for when, n in hall.open] == [(8, 2), (11, 3), (12, 2), (13, 1)]


def test_rules_change() -> None:
    """Words say which rule is meant; a reserve of nought is none."""
    made = changed(office(), changes=["policy=specialised", "policy=service_level", "reserve:chat=1"])
    assert (made.policy.routing, made.policy.picking) == (Routing.SPECIALISED, Picking.SERVICE_LEVEL)
    assert [(one.queue, one.agents) for one in made.policy.reserves] == [("chat", 1)]
    assert not changed(made, changes=["reserve:chat=0"]).policy.reserves


def test_rates_and_paths_are_multiplied_within_hours() -> None:
    """Cells partly within the hours change in part; paths stay whole and keep their mean."""
    made = changed(office(), changes=["arrivals:phone=x2@08:30-09:15"])
    rates = made.streams[0].arrivals.per_cell
    assert rates is not None
    assert rates[:4].tolist() == [20, 40, 30, 20]
    many = small(
        TwinQueue("a", minutes(1)), streams=[TwinStream("s", "a", TwinArrivals(paths=np.full((500, 20), 3)))], agents=[]
    )
    paths = changed(many, changes=["arrivals=+10%"]).streams[0].arrivals.paths
    assert paths is not None
    assert set(np.unique(paths)) == {3, 4}
    assert abs(paths.mean() - 3.3) < 0.02  # 4.4 standard errors of 10,000 cells


def test_recorded_customers_stay_the_same_when_more_come() -> None:
    """More customers are a stream of their own within the same cells and hours; fewer are some of those who came."""
    stamps = [k / 10 for k in range(6000)]
    base = small(TwinQueue("a", minutes(1)), streams=[TwinStream("s", "a", come(*stamps))], agents=[])
    own, more = changed(base, changes=["arrivals=+50%@08:00-12:00"]).streams
    assert own is base.streams[0]
    assert more.arrivals.at is not None
    assert len(more.arrivals.at) == pytest.approx(
        1200, abs=4.4 * 24.5
    )  # of 2,400 within the hours; standard error sqrt(600)
    assert to_micros(at(60)) <= more.arrivals.at.min() <= more.arrivals.at.max() < to_micros(at(300))
    (fewer,) = changed(base, changes=["arrivals:s=-50%"]).streams
    assert own.arrivals.at is not None and fewer.arrivals.at is not None
    assert set(fewer.arrivals.at) < set(own.arrivals.at)
    assert len(fewer.arrivals.at) == pytest.approx(3000, abs=4.4 * 38.7)


def test_appointments_are_doubled_at_their_own_times() -> None:
    """Of appointments the booked times are kept."""
    booked = TwinArrivals(booked=np.array([to_micros(at(m)) for m in (30, 60, 90)]), lateness=Times.constant(0))
    base = small(TwinQueue("a", minutes(1)), streams=[TwinStream("s", "a", booked)], agents=[])
    _, more = changed(base, changes=["arrivals=x2"]).streams
    assert more.arrivals.booked is not None
    assert more.arrivals.booked.tolist() == [to_micros(at(m)) for m in (30, 60, 90)]


def test_lengths_of_time_are_scaled() -> None:
    """Of a queue's handle times, and of the streams that have their own; of a service only its own customers."""
    made = changed(office(), changes=["handle=+50%", "patience:phone=-10%"])
    assert made.queues[0].handle.mean_s == pytest.approx(1.5 * office().queues[0].handle.mean_s)
    assert made.streams[1].handle is not None and made.streams[1].handle.mean_s == pytest.approx(270)
    assert made.queues[0].patience is not None and made.queues[0].patience.mean_s == pytest.approx(108)
    line = small(
        TwinQueue("line", minutes(2)), streams=[TwinStream("a", "line", come(1), service="x"), TwinStream("b", "line", come(2), service="y")],
        agents=[TwinAgent("s", (("line", 0),), (), services=("x", "y")), TwinAgent("t", (("line", 0),), (), services=("y",))],
    )  # fmt: skip
    made = changed(line, changes=["handle:x=x2", "skills:t=+x", "skills:s=-y", "staff:y=+1"])
    assert [stream.handle and stream.handle.mean_s for stream in made.streams] == [240, None]
    assert [agent.services for agent in made.agents] == [("x",), ("y", "x"), ("y", "x")]


@pytest.mark.parametrize(
    ("change", "code", "advice"),
    [
        ("staf:phone=+1", "unknown-change", "staff"), ("more people", "bad-change", "WHAT:WHOM=VALUE"), ("staff:phone=", "bad-change", "staff:QUEUE"),
        ("staff:fone=+1", "unknown-name", "phone"), ("staff:phone=2", "bad-amount", "+1"), ("staff:phone=-9", "too-few", "-5"),
        ("staff:phone=+1@12:00-10:00", "span-reversed", "10:00-12:00"), ("staff:phone=+1@noon", "bad-hours", "10:00-12:00"),
        ("staff:phone=+1@18:00-20:00", "bad-hours", "within the time"), ("skills=+chat", "bad-change", "whom"),
        ("skills:Anna=+chat", "unknown-name", "Ana"), ("skills:Ana=chat", "bad-amount", "+chat"), ("skills:Ana=+mail", "unknown-name", "chat"),
        ("skills:Ana=+chat", "no-change", "serve it"), ("hours:Ana=+soon", "bad-amount", "30min"), ("hours:Ana=16:00-08:00", "span-reversed", "08:00-16:00"),
        ("hours:Ana=late", "bad-hours", "09:00"), ("hours:Ana=09:00-12:00@10:00-11:00", "takes-no-hours", "@10:00"), ("policy=fast", "unknown-word", "one of"),
        ("policy:phone=specialised", "bad-change", "for all"), ("reserve:chat=-1", "bad-amount", "1"), ("arrivals=10", "bad-amount", "+10%"),
        ("arrivals=-110%", "bad-amount", "-100%"), ("patience:chat=+10%", "no-change", "patience"), ("counters:hall=-2@13:00-14:00", "too-few", "hours"),
        ("counters:door=+1", "unknown-name", "hall"),
        ("reserve:phone=99999999999999999999", "bad-amount", "10000"), ("staff:phone=+9999999999", "bad-amount", "10000"),
        ("staff:phone=-9999999999", "bad-amount", "10000"), ("staff:phone=+9999", "bad-amount", "+9995"), (f"counters:hall=+{'9' * 5000}", "bad-amount", "10000"),
        ("arrivals=x99999999", "bad-amount", "x1000"), ("handle:phone=+9999999999%", "bad-amount", "x1000"), ("hours:Ana=+99999999999999h", "bad-amount", "30min"),
    ],
)  # fmt: skip
def test_what_cannot_be_made_is_told(change: str, code: str, advice: str) -> None:
    """Each fault has a code, the change as written, and an advice that names what is meant."""
    with pytest.raises(InputError) as raised:
        changed(office(), changes=["policy=specialised", change])
    (issue,) = raised.value.issues
    assert (issue.code, issue.where, issue.value) == (code, "changes[1]", change)
    assert issue.advice.startswith("Maybe")
    assert advice in issue.advice


def test_the_most_that_may_be_changed_can_be() -> None:
    """The stated limits themselves are no faults, and all the new agents have names of their own."""
    made = changed(office(), changes=["staff:phone=+9995", "reserve:phone=10000", "arrivals=x1000"])
    assert len(set(_names(made))) == 10_000
    assert made.policy.reserves[0].agents == 10_000


def test_recorded_customers_are_not_copied_beyond_the_most() -> None:
    """Ten thousand who came at known instants a thousand times over are refused before they are made."""
    stream = TwinStream("s", "a", TwinArrivals(at=np.full(10_000, to_micros(at(0)))))
    problem = small(TwinQueue("a", minutes(1)), streams=[stream], agents=[TwinAgent("x", (("a", 0),), ())])
    with pytest.raises(InputError, match=r"bad-amount.*5000000 customers"):
        changed(problem, changes=["arrivals=x1000"])


def test_all_faults_are_told_at_once() -> None:
    """One fault does not hide the next."""
    with pytest.raises(InputError) as raised:
        changed(office(), changes=["staf=+1", "policy=fast", "arrivals=+10%", "hours:x=1"])
    assert [issue.where for issue in raised.value.issues] == ["changes[0]", "changes[1]", "changes[3]"]


def test_every_rule_can_be_made_on_a_day_with_everything() -> None:
    """The written forms of the rules work with names put in, and change something."""
    names: dict[str, Any] = {"QUEUE": "phone", "AGENT": "c0", "NAME": "c1"}
    for name, rule in RULES.items():
        text = rule.form
        for word, real in (names | ({"NAME": "hall"} if name == "counters" else {})).items():
            text = text.replace(word, real)
        text = text.replace("=+phone", "=+mail")
        before = rich()
        assert changed(before, changes=[text]) != before, text
