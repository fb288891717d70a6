"""The report: from a small lake to one page, whatever the lake holds."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.charts.test_page import HOSTILE, Tags
from tests.kpi.logs import Event, lake_of
from troth.charts.page import text
from troth.core.errors import InputError
from troth.core.time import Step
from troth.kpi.query import Query
from troth.kpi.report import gather, render
from troth.kpi.report.data import Report
from troth.kpi.scorecard import Standing
from troth.log.lake import Lake

START = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday
#: Few enough to be quick, enough for every part of the page.
KPIS = ("flow.volume/", "flow.abandonment/", "flow.backlog/", "speed.answer/", "speed.resolution/", "worst.wait/")
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def _calls(days: int, *, queue: str = "calls", customer: str = "u", wait_s: int = 30) -> list[Event]:
    """Return six answered calls a working day, each waiting a little longer than the one before."""
    found = []
    for day in (d for d in range(days) if d % 7 < 5):
        for n in range(6):
            at = START + timedelta(days=day, hours=n)
            name = f"{queue}-{day}-{n}"
            common: dict[str, Any] = {
                "contact_id": name,
                "case_id": f"k{name}",
                "customer_id": f"{customer}{n}",
                "queue": queue,
            }
            answer = at + timedelta(seconds=wait_s + 10 * n + day)
            found += [
                Event(at, "queued", f"{name}q", **common),
                Event(answer, "answered", f"{name}a", agent_id="a1", actor="human", **common),
                Event(answer + timedelta(minutes=3), "ended", f"{name}e", agent_id="a1", actor="human", **common),
            ]
    return found


def _cases(days: int) -> list[Event]:
    """Return two cases a day, of which one stays open."""
    found = []
    for day in range(days):
        at = START + timedelta(days=day)
        for n, solved in enumerate((True, False)):
            common: dict[str, Any] = {"case_id": f"c{day}-{n}", "customer_id": f"u{n}", "priority": f"P{n}"}
            found.append(Event(at, "opened", f"{day}-{n}o", **common))
            if solved:
                found.append(
                    Event(
                        at + timedelta(hours=5 + day), "resolved", f"{day}-{n}r", agent_id="a1", actor="human", **common
                    )
                )
    return found


def _page(report: Report) -> str:
    return render(report, now=NOW, version="1.2.3")


@pytest.fixture(scope="module")
def contacts(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Return the report of ten weeks of calls to two queues, with a target."""
    events = [*_calls(70), *_calls(70, queue="chat", customer="v", wait_s=300)]
    targets = [
        {"kpi": "speed.answer", "target": 20.0, "amber": 40.0},
        {"kpi": "flow.abandonment", "target": 0.05, "amber": 0.1},
    ]
    lake = lake_of(tmp_path_factory.mktemp("contacts") / "lake", events, targets=targets)
    return gather(lake, query=Query(kpis=KPIS))


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Return the report of three weeks of cases without any contact."""
    return gather(lake_of(tmp_path_factory.mktemp("cases") / "lake", _cases(21)), query=Query(kpis=KPIS))


def test_the_usual_period_is_the_last_four_whole_weeks(contacts: Report) -> None:
    """Unless asked otherwise, a log of eight weeks and more is reported by its last four weeks, Monday to Sunday.

    The log ends on a Friday: the week it breaks off in is not one of them.
    """
    frame = contacts.frame
    assert frame.start == datetime(2026, 4, 6, tzinfo=UTC)
    assert frame.end == datetime(2026, 5, 4, tzinfo=UTC)
    assert (frame.since, frame.every) == (datetime(2026, 3, 2, tzinfo=UTC), Step.WEEK)
    assert "6 April to 3 May 2026" in _page(contacts)


def test_a_short_log_is_reported_whole_and_by_day(cases: Report) -> None:
    """Less than eight weeks are all the log has, and no period before them is made up."""
    frame = cases.frame
    assert (frame.start.date(), frame.every) == (date(2026, 3, 2), Step.DAY)
    assert all(line.figure.previous is None for line in cases.lines)
    words = Tags(_page(cases)).words
    assert "no period before" in words  # said of figures that stand beside others
    assert " before" not in words.replace("than before", "").replace("no period before", "")


def test_the_answer_comes_first(contacts: Report) -> None:
    """The title is the question; the answer counts targets, and what is missed stands first."""
    words = Tags(_page(contacts).partition("<main")[2]).words
    assert (
        words.index("How are we doing?")
        < words.index("1 of 2 targets are met, 1 is missed.")
        < words.index("Scorecard")
    )
    by_name = {line.kpi.name: line.scored.standing for line in contacts.lines}
    assert by_name["speed.answer"] is Standing.MISSED
    assert by_name["flow.abandonment"] is Standing.MET
    assert by_name["flow.volume"] is Standing.NONE


def test_a_figure_of_the_page_is_the_figure_of_the_query(contacts: Report, tmp_path: Path) -> None:
    """The page computes nothing of its own: value and n are those that `query` gives for the period."""
    line = next(line for line in contacts.lines if line.kpi.name == "flow.volume")
    assert line.figure.value == line.figure.n == 4 * 5 * 6 * 2
    assert sum(f.n for f in line.course) == 9 * 5 * 6 * 2
    assert contacts.arrivals is not None
    assert contacts.arrivals.grid[0][9] == 2.0
    assert contacts.arrivals.grid[6][9] == 0.0


def test_a_distribution_counts_every_row_once(contacts: Report) -> None:
    """The classes hold as many rows as the figure, and lie between its shortest and longest."""
    for spread in contacts.spreads:
        assert sum(spread.counts) == spread.line.figure.n
        assert spread.counts[0] > 0
        assert spread.counts[-1] > 0
        assert spread.edges[-2] <= (spread.line.figure.max or 0) <= spread.edges[-1] * 1.0001


def test_the_worst_are_listed_with_their_own_numbers(contacts: Report) -> None:
    """The longest waits stand there by name, longest first."""
    worst = contacts.worst[0]
    assert worst.kpi.name == "speed.answer/mean_wait"
    values = [row.value for row in worst.rows]
    assert values == sorted(values, reverse=True)
    assert worst.rows[0].ids["contact_id"] == "chat-60-5"
    assert values[0] == 300 + 50 + 60


def test_members_are_compared(contacts: Report) -> None:
    """The page shows where: here by queue, the only dimension with two members."""
    assert contacts.members is not None
    assert contacts.members.dimension == "queue"
    assert set(contacts.members.cells) == {"calls", "chat"}


def test_sections_without_data_do_not_appear(cases: Report, contacts: Report) -> None:
    """A log of cases has a backlog by age and no waits; one of calls alone has no backlog."""
    found = Tags(_page(cases))
    ids = {marks.get("id") for tag, marks in found.tags if tag == "section"}
    assert {"scorecard", "backlog", "arrivals"} <= ids
    assert "Average speed of answer" not in found.words.split("Without data here:")[0]
    assert "Average speed of answer" in found.words
    assert "cases opened" in found.words
    calls = {marks.get("id") for tag, marks in Tags(_page(contacts)).tags if tag == "section"}
    assert {"spreads", "members", "worst"} <= calls


def test_open_cases_are_counted_by_age(cases: Report) -> None:
    """At the end every open case is in one band, and their sum is the backlog."""
    assert cases.backlog is not None
    backlog = next(line.figure.value for line in cases.lines if line.kpi.name == "flow.backlog")
    assert sum(n for _, n in cases.backlog.bands) == backlog
    assert cases.backlog.oldest[0].ids["case_id"] == "c0-1"


def test_hostile_names_stay_names(tmp_path: Path) -> None:
    """A queue, a customer or a case may be called anything: it adds no element and no handler to the page."""
    name = HOSTILE.replace("\x00", "")
    events = [*_calls(14, queue=name, customer=name), *_calls(14, queue="ok")]
    made = _page(
        gather(lake_of(tmp_path / "lake", events), query=Query(kpis=KPIS, where={"queue": [name]}, by=("queue",)))
    )
    found = Tags(made)
    assert text(name) in made
    assert "img" not in {tag for tag, _ in found.tags}
    assert not [mark for _, marks in found.tags for mark in marks if mark.startswith("on")]
    assert [m.get("type") for m, _ in found.scripts][-2:] == [None, None]


def test_the_page_is_whole(contacts: Report) -> None:
    """Nothing is fetched, every link leads somewhere, every id is there once, and it is smaller than six megabytes."""
    made = _page(contacts)
    found = Tags(made)
    ids = [marks["id"] for _, marks in found.tags if "id" in marks]
    assert len(ids) == len(set(ids))
    for tag, marks in found.tags:
        for name in ("src", "href"):
            address = marks.get(name) or "#"
            assert address.startswith("data:") or address == "#" or address[1:] in ids, (tag, address)
    assert len(made.encode()) < 6_000_000
    assert not re.search(r"(?:@import|url\()", made.split("</style>")[0])


def test_the_page_says_how_it_was_computed(contacts: Report) -> None:
    """Lake, number of events, zone, version and time of making are on it, and the same input makes the same page."""
    words = Tags(_page(contacts)).words
    footer = words[words.index("How this was computed") :]
    for part in ("1,800 events", "lake", "UTC", "1.2.3", "Mon 1 Jun 2026 12:00"):
        assert part in footer
    assert _page(contacts) == _page(contacts)


def test_every_figure_is_defined_on_the_page(contacts: Report) -> None:
    """Each figure of the scorecard has its question, numerator, denominator, population and version."""
    words = Tags(_page(contacts)).words
    for line in contacts.lines:
        for part in (line.kpi.question, line.kpi.numerator, line.kpi.population, line.kpi.definition):
            assert part in words


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (Query(start=date(2026, 4, 1), end=date(2026, 3, 1)), "end-before-start"),
        (Query(where={"colour": ["red"]}), "unknown-dimension"),
        (Query(by=("colour",)), "unknown-dimension"),
        (Query(time_zone="Mars/Base"), "unknown-zone"),
    ],
)
def test_a_wrong_question_is_refused(tmp_path: Path, query: Query, code: str) -> None:
    """What `query` refuses, the report refuses with the same words."""
    with pytest.raises(InputError) as caught:
        gather(lake_of(tmp_path / "lake", _calls(14)), query=replace(query, kpis=KPIS))
    assert code in {issue.code for issue in caught.value.issues}


def test_an_empty_lake_says_so(tmp_path: Path) -> None:
    """A lake that was made and never filled is no report."""
    lake = lake_of(tmp_path / "lake", [], targets=[{"kpi": "speed.answer", "target": 1.0}])
    with pytest.raises(InputError) as caught:
        gather(lake, query=Query())
    assert [issue.code for issue in caught.value.issues] == ["no-events"]
    assert isinstance(lake, Lake)


def test_a_case_is_opened_to_the_number_it_adds(contacts: Report) -> None:
    """The longest waits are opened on the page, and their counted stretches add up to what stands in the table."""
    worst = contacts.worst[0]
    assert [one.subject for one in worst.opened] == [row.ids["contact_id"] for row in worst.rows[:2]]
    for one, row in zip(worst.opened, worst.rows, strict=False):
        assert sum(found.counted_s for found in one.rows if found.counts) == row.value
    assert "The counted stretches are 410 s together." in Tags(_page(contacts)).words
