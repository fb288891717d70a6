"""An opened number shows its segments, calendars, reasons and events, and its parts add up to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.kpi import compare, logs
from tests.kpi.logs import hours, lake_of, put, story
from troth.core.errors import InputError
from troth.core.terms import Unit
from troth.kpi._explain_case import opened
from troth.kpi._explain_rows import Opener, key_of
from troth.kpi.catalogue import catalogue
from troth.kpi.definition import Figure, Kpi
from troth.kpi.explain import behind, explain, explain_figure, explain_opened
from troth.kpi.query import Query
from troth.log.lake import Lake

AGENT = {"agent_id": "ana"}


@pytest.fixture
def reopened(lake: Path) -> Lake:
    """Return a lake with one case a bot solved and a person answered after its reopening, and one never answered."""
    return _reopened(lake)


def _reopened(lake: Path) -> Lake:
    one = story(
        ("2026-03-02 09:00", "opened"),
        ("2026-03-02 09:05", "resolved", {"agent_id": "bot", "actor": "bot"}),
        ("2026-03-06 14:00", "reopened"),
        ("2026-03-06 14:10", "message_sent", AGENT),
        ("2026-03-06 15:00", "resolved", {**AGENT, "origin": "repaired"}),
        case_id="INC1",
        queue="cards",
    )
    two = story(
        ("2026-03-03 10:00", "opened"),
        ("2026-03-03 11:00", "merged", {"attributes": {"merged_into": "INC1"}}),
        case_id="INC2",
    )
    return lake_of(lake, [*one, *two])


def test_a_number_opens_to_the_events_it_runs_between(reopened: Lake) -> None:
    """Ten minutes, from the reopening to the person's reply; the bot's doings are there and not used."""
    found = explain(reopened, kpi="speed.first_reply", case="INC1")
    assert found.value == 600.0
    (row,) = found.rows
    assert row.counts and row.reasons == ()
    assert row.start is not None and row.end is not None
    assert (row.start.activity, row.end.activity, row.end.who) == ("reopened", "message_sent", "ana")
    assert row.counted_s == 600.0
    uses = {event.activity: event.uses for event in found.events if event.uses}
    assert uses["reopened"] == ("the start of the reply's clock",)
    assert uses["message_sent"] == ("the first reply of a person",)
    assert [event.activity for event in found.events] == ["opened", "resolved", "reopened", "message_sent", "resolved"]
    assert not found.events[1].uses
    assert row.doubts == ("resolved at 2026-03-06 15:00:00 UTC is repaired",)
    assert found.events[0].event_id == explain(reopened, kpi="TRT", case="INC1").events[0].event_id


def test_a_row_that_does_not_count_says_why(reopened: Lake) -> None:
    """The condition that fails, in words, with what is there instead."""
    found = explain(reopened, kpi="speed.first_reply", case="INC2")
    (row,) = found.rows
    assert found.value is None and not row.counts
    assert row.reasons[0] == (
        "It counts only if the case it was merged into is not known; here the case it was merged into is INC1."
    )
    assert "the first reply of a person is known" in row.reasons[1]
    never = story(("2026-03-04 10:00", "opened"), case_id="INC9")
    put(reopened, never)
    (row,) = explain(reopened, kpi="speed.resolution/without_customer_wait", case="INC9").rows
    assert len(row.reasons) == 1
    assert "the last resolution is not before the customer's first contact" in row.reasons[0]
    assert "the last resolution is not known" in row.reasons[0]


def test_business_time_opens_to_calendar_spans_with_versions(lake: Path) -> None:
    """Open spans add up to the number, each with its calendar, across a change of calendar and a clock change."""
    events = story(
        ("2026-03-27 17:30", "opened"),
        ("2026-03-31 10:15", "message_sent", AGENT),
        tz=logs.VILNIUS,
        case_id="c",
        queue="q",
    )
    office = hours("office", ("09:00", "18:00"), time_zone="Europe/Vilnius")
    nights = hours("nights", ("22:00", "30:00"), days=range(7), time_zone="Europe/Vilnius")
    uses: list[dict[str, Any]] = [
        {"dimension": "queue", "member": "q", "calendar": "office"},
        {
            "dimension": "queue",
            "member": "q",
            "calendar": "nights",
            "valid_from": date(2026, 3, 28),
            "valid_to": date(2026, 3, 30),
        },
    ]
    sites = [{"site": "s", "time_zone": "Europe/Vilnius"}]
    found = explain(
        lake_of(lake, events, calendars=[*office, *nights], calendar_use=uses, sites=sites),
        kpi="speed.first_reply/business",
        case="c",
    )
    (row,) = found.rows
    # Friday half an hour; what is left of that night from the change on; the night to Sunday lacks an hour; Sunday night
    # until the change back; Monday nine; Tuesday 1:15.
    spans = [(segment.calendar, segment.seconds / 3600) for segment in row.segments]
    assert spans == [("office", 0.5), ("nights", 6), ("nights", 7), ("nights", 2), ("office", 9), ("office", 1.25)]
    assert found.value == row.counted_s == 25.75 * 3600
    assert [rule.name for rule in row.calendars] == ["office", "nights", "office"]
    assert row.calendars[0].version == row.calendars[2].version != row.calendars[1].version
    assert row.calendars[1].effective_from is not None
    assert row.calendars[1].effective_from.astimezone(logs.VILNIUS).date() == date(2026, 3, 28)
    assert found.time_zone == "Europe/Vilnius"


def test_a_contact_figure_of_a_case_opens_its_contacts(lake: Path) -> None:
    """The id of a case opens all its contacts, each with the time taken out of its service."""
    first = story(
        ("2026-03-02 09:00", "queued"),
        ("2026-03-02 09:01", "answered", AGENT),
        ("2026-03-02 09:05", "parked", AGENT),
        ("2026-03-02 09:30", "answered", AGENT),
        ("2026-03-02 09:32", "ended", AGENT),
        ("2026-03-02 09:33", "wrapped", AGENT),
        case_id="c",
        contact_id="k1",
    )
    second = story(("2026-03-03 09:00", "queued"), ("2026-03-03 09:02", "abandoned"), case_id="c", contact_id="k2")
    found = explain(lake_of(lake, [*first, *second]), kpi="AHT", case="c")
    assert [(row.name, row.counts) for row in found.rows] == [
        (("contact_id", "k1"), True),
        (("contact_id", "k2"), False),
    ] or [row.name[1] for row in found.rows] == ["k2", "k1"]
    row = next(row for row in found.rows if row.counts)
    told = [(segment.what, segment.counted, segment.seconds) for segment in row.segments]
    assert told == [
        ("serving", True, 240.0),
        ("back in the queue or aside", False, 1500.0),
        ("serving", True, 120.0),
        ("work afterwards", True, 60.0),
    ]
    assert row.value == row.counted_s == 420.0
    wait = explain(Lake(lake), kpi="speed.answer/mean_wait", case="k2")
    assert (wait.value, wait.rows[0].counted_s) == (120.0, 120.0)


def test_an_unknown_id_names_the_nearest(reopened: Lake) -> None:
    """A slip of the pen is answered with what may be meant."""
    with pytest.raises(InputError) as caught:
        explain(reopened, kpi="speed.first_reply", case="INC11")
    (issue,) = caught.value.issues
    assert (issue.code, issue.value) == ("unknown-case", "INC11")
    assert issue.advice.startswith("Maybe INC1,")


@pytest.fixture(scope="module")
def opened_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opener]:
    """Return the lake of `reopened`, opened once for all figures: what a question leaves behind, the next one finds."""
    lake = _reopened(tmp_path_factory.mktemp("reopened") / "lake")
    with lake.session() as con:
        yield Opener(lake, con)


@pytest.mark.parametrize("kpi", catalogue().values(), ids=lambda kpi: kpi.name)
def test_an_unknown_id_is_told_of_every_figure(opened_once: Opener, kpi: Kpi) -> None:
    """Whatever the rows of a figure are named by, a name that is none is an issue."""
    with pytest.raises(InputError) as caught:
        explain_opened(opened_once, query=Query(kpis=(kpi.name,)), case="nobody")
    assert [issue.code for issue in caught.value.issues] == ["unknown-case"]


def test_a_case_outside_the_figures_population_says_so(reopened: Lake) -> None:
    """A case without contacts has no row among contacts, which is told with the population's words."""
    found = explain(reopened, kpi="ASA", case="INC1")
    assert found.rows == ()
    assert "contacts answered by a person" in found.reason
    assert len(found.events) == 5


def test_the_rows_behind_a_figure_come_worst_first(reopened: Lake) -> None:
    """A long time is worse than a short one, an unanswered case worse than an answered one."""
    answered = story(("2026-03-03 10:00", "opened"), ("2026-03-03 10:01", "message_sent", AGENT), case_id="INC3")
    put(reopened, answered)
    times = explain_figure(reopened, query=Query(kpis=("speed.first_reply",), by=("queue",)))
    told = [(row["case_id"], row["queue"], row["value"]) for row in times.rows]
    assert told == [("INC1", "cards", 600.0), ("INC3", None, 60.0)]
    assert (times.value, times.numerator, times.denominator) == (330.0, 660.0, 2.0)
    shares = explain_figure(reopened, query=Query(kpis=("speed.within_24h",)), limit=1)
    assert (shares.rows[0]["value"], shares.count, shares.value) == (1.0, 2, 1.0)
    volume = explain_figure(reopened, query=Query(kpis=("flow.volume/cases",), start=date(2026, 3, 3)))
    assert {row["case_id"] for row in volume.rows} == {"INC2", "INC3"}
    with pytest.raises(InputError, match="one-kpi"):
        explain_figure(reopened, query=Query(kpis=("ASA", "AHT")))


# ---- random logs: the parts add up to the whole, whatever the log ------------------------------------------------------


@pytest.fixture(scope="module")
def random(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Opener, dict[str, Figure]]]:
    """Return an opened lake of random logs and every figure of it."""
    lake = compare.random_lake(tmp_path_factory.mktemp("explain") / "lake", seeds=range(12))
    with lake.session() as con:
        opener = Opener(lake, con)
        found = opener.figures(Query(kpis=tuple(catalogue()), params=compare.PARAMS))
        yield opener, {figure.definition: figure for figure in found}


@pytest.mark.parametrize("kpi", catalogue().values(), ids=lambda kpi: kpi.name)
def test_the_rows_behind_a_figure_give_the_figure(random: tuple[Opener, dict[str, Figure]], kpi: Kpi) -> None:
    """The sums of values and weights over all rows are the figure's, and there are as many as it says."""
    opener, figures = random
    found = behind(opener, query=Query(kpis=(kpi.name,), params=compare.PARAMS))
    figure = figures[kpi.definition]
    assert found.value == pytest.approx(figure.value, rel=1e-9)
    assert sum(kpi.parts[row["part"]].counts for row in found.rows) == figure.n
    assert found.count == len(found.rows)


#: Times of which a row is a stretch; people missing from an interval are so many at once, and no stretch.
TIMES = [k for k in catalogue().values() if k.unit is Unit.SECONDS and k.parts[0].timeline != "staffed_cells"]


@pytest.mark.parametrize("kpi", TIMES, ids=lambda kpi: kpi.name)
def test_segments_add_up_to_the_number(random: tuple[Opener, dict[str, Figure]], kpi: Kpi) -> None:
    """Of every row of every time, the counted stretches are exactly its seconds."""
    opener, _ = random
    key = key_of(kpi.parts[0])
    asked = Query(kpis=(kpi.name,), params=compare.PARAMS)
    names = sorted({str(row[key]) for row in behind(opener, query=asked).rows if row.get(key)})[:3]
    assert names
    for name in names:
        for row in opened(opener, query=asked, name=name).rows:
            if row.counts:
                assert row.counted_s == pytest.approx(row.value, abs=1e-6), (name, row)
