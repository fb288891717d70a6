"""A roster problem from reference tables."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.capacity.roster.tables import MONDAY, SITE, Tables, codes, leave, needed, row, shift, site, wall
from troth.capacity.roster import Before, Employee, HouseRules, Prices, RosterProblem, SlotNeed, check
from troth.capacity.roster.read import problem_from_tables, problem_of
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.time import Span
from troth.ledger import CapacityClaim, CapacityLedger, ClaimKind, Resource
from troth.log.lake import Lake
from troth.log.references import import_reference

DAY = 1440
TUESDAY = MONDAY + timedelta(days=1)


def _read(tables: Tables, *, first: date = MONDAY, days: int = 7, **more: Any) -> tuple[RosterProblem, list[Issue]]:
    return problem_from_tables(tables, site=SITE, first=first, days=days, **more)


def _one(problem: RosterProblem, who: str = "ada") -> Employee:
    return next(one for one in problem.staff if one.agent_id == who)


def test_a_site_is_read() -> None:
    """Contracts become minutes, opening hours kinds of shift and closed times, requirements needs."""
    problem, issues = _read(site(agents=1.5))
    assert issues == []
    assert [one.agent_id for one in problem.staff] == ["ada", "ben", "cem"]
    terms = _one(problem).terms
    assert (terms.minutes, terms.rest, terms.longest_run, terms.week_minutes) == ((1920, 2880), 660, 6, (None, None))
    assert problem.time_zone == "Europe/Vilnius"
    assert [(one.kind, one.starts[0], one.starts[-1]) for one in problem.kinds] == [
        ("early", 480, 510), ("day", 540, 690), ("late", 720, 840),
    ]  # fmt: skip
    assert _one(problem).unavailable[:2] == ((-DAY, 480), (1080, DAY + 480))
    (need,) = problem.slot_needs
    assert need.activity == "voice"
    assert [need.wanted[k] for k in (31, 32, 71, 72, 5 * 96 + 40)] == [0, 2, 2, 0, 0]
    assert need.under[0] == 750.0
    assert _one(problem).skills == frozenset({"voice"})
    assert problem.published is None and _one(problem).before is None


def test_a_lake_is_read(tmp_path: Path) -> None:
    """The same from tables imported into a lake."""
    lake = Lake(tmp_path / "lake")
    for name, rows in site().items():
        if rows:
            path = tmp_path / f"{name}.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                out = csv.DictWriter(file, rows[0].keys())
                out.writeheader()
                out.writerows(rows)
            import_reference(lake, path=path, stream=name)
    problem, issues = problem_of(lake, site=SITE, first=MONDAY, days=7)
    assert (problem, issues) == _read(site())


def test_leave_counts_by_the_minute_and_as_hours() -> None:
    """A day of leave takes a fifth of the week, half a day what is open of it; a night's leave nothing."""
    tables = site()
    tables["leave"] = [
        leave("ada", TUESDAY, "00:00", TUESDAY + timedelta(days=1), "00:00"),
        leave("ben", TUESDAY, "14:00", TUESDAY, "23:00"),
        leave("cem", TUESDAY, "19:00", TUESDAY, "23:00"),
    ]
    problem, issues = _read(tables)
    ada, ben, cem = problem.staff
    assert [sorted(one.away) for one in (ada, ben, cem)] == [[1], [], []]
    assert [one.terms.minutes for one in problem.staff] == [(1440, 2400), (1680, 2640), (1920, 2880)]
    assert (1080, 2 * DAY + 480) in ada.unavailable
    assert (DAY + 840, 2 * DAY + 480) in ben.unavailable
    assert issues == []


def test_holidays_and_part_of_a_membership_take_hours() -> None:
    """A closed weekday is a fifth less; who joins on Thursday owes from then on, and is away before."""
    tables = site(("ada", "ben"))
    tables["calendar_days"] = [row("calendar_days", calendar="doors", day=TUESDAY, title="Holiday")]
    tables["memberships"][1]["valid_from"] = MONDAY + timedelta(days=3)
    problem, _ = _read(tables)
    assert _one(problem, "ada").terms.minutes == (1440, 2400)
    assert (1080, 2 * DAY + 480) in _one(problem, "ada").unavailable
    ben = _one(problem, "ben")
    assert ben.away == {0, 1, 2}
    assert ben.terms.minutes == (892, 1851)  # four sevenths of forty hours, eight more or fewer


def test_history_and_published_days() -> None:
    """Runs, rest and weekends from before, with nights over midnight; days told become the published roster."""
    sunday, friday = MONDAY - timedelta(days=1), MONDAY - timedelta(days=3)
    tables = site(("ada", "ben", "cem", "dan"))
    tables["schedules"] = [
        shift("ada", sunday - timedelta(days=1), "08:00", "16:00"),
        shift("ada", sunday, "22:00", "30:00"),
        shift("ben", friday, "08:00", "16:00"),
        shift("ben", MONDAY, "08:30", "17:00"),
        shift("ben", TUESDAY, "13:00", "17:00"),
        shift("cem", MONDAY, "05:00", "09:00"),
        row("schedules", agent_id="ada", state="break", starts_at=wall(friday, "12:00"), ends_at=wall(friday, "12:30")),
    ]
    problem, issues = _read(tables)
    assert _one(problem, "ada").before == Before(run=2, kind="night", ended=360, weekends=1)
    assert _one(problem, "ada").unavailable[0] == (-DAY, 360 + 660)
    assert _one(problem, "ben").before == Before(off=2)
    assert _one(problem, "cem").before is None and _one(problem, "dan").before is None
    assert problem.published == (("ben", 0, "early"), ("ben", 1, "late"), ("cem", 0, "early"))
    assert issues == []


def test_history_is_forgotten() -> None:
    """Schedules older than the house looks back say nothing."""
    tables = site(("ada",))
    tables["schedules"] = [shift("ada", MONDAY - timedelta(days=10), "08:00", "16:00")]
    assert _one(_read(tables)[0]).before == Before(off=9)
    assert _one(_read(tables, house=HouseRules(history=timedelta(days=7)))[0]).before is None


def test_skills_and_groups() -> None:
    """An activity takes all skills of its group, on all days; who can do nothing is left out."""
    tables = site()
    tables["skills"] = [
        row("skills", agent_id="ada", skill="calls"), row("skills", agent_id="ada", skill="english", valid_to=TUESDAY),
        row("skills", agent_id="ben", skill="calls", level=0.5), row("skills", agent_id="ben", skill="english"),
        row("skills", agent_id="cem", skill="calls", level=0.0),
    ]  # fmt: skip
    slots = 7 * 96
    wanted = tuple(int(32 <= s % 96 < 72 and s < 5 * 96) for s in range(slots))
    needs = [SlotNeed(name, (0,) * slots, wanted, wanted, (10.0,) * slots) for name in ("local", "both")]
    groups = {"local": ("calls",), "both": ("calls", "english")}
    problem, issues = _read(tables, needs=needs, groups=groups)
    assert {one.agent_id: sorted(one.skills or ()) for one in problem.staff} == {
        "ada": ["local"],
        "ben": ["both", "local"],
    }
    assert codes(issues) == {"skill-in-part": "skills ada", "no-skill": "skills cem"}
    problem, _ = _read(site(), needs=[SlotNeed("calls", *(wanted,) * 3, (10.0,) * slots)])
    assert _one(problem).skills == frozenset({"calls"})


def test_requirements_of_the_newest_publication_hold() -> None:
    """Of several publications the newest by then; absence on top; rows of other sites do not count."""
    tables = site(agents=4.0)
    later: dict[str, Any] = {"snapshot": "s2", "issued_at": datetime(2026, 5, 1, tzinfo=UTC)}
    tables["requirements"] += [
        needed(MONDAY, "08:00", "18:00", 9.0, **later),
        needed(MONDAY, "08:00", "18:00", 99.0, site="other"),
        needed(TUESDAY, "08:00", "18:00", -1.0, **later),
    ]
    (need,) = _read(tables)[0].slot_needs
    assert [need.wanted[k] for k in (40, 96 + 40)] == [9, 4]
    (need,) = _read(tables, as_of=datetime(2026, 3, 1, tzinfo=UTC))[0].slot_needs
    assert need.wanted[40] == 4
    (need,) = _read(tables, house=HouseRules(absence=0.1))[0].slot_needs
    assert [need.wanted[k] for k in (40, 96 + 40)] == [10, 5]
    assert codes(_read(tables)[1]) == {"bad-requirement": f"requirements voice {wall(TUESDAY, '08:00')}"}
    tables["requirements"] = tables["requirements"][:3]
    assert [(one.code, one.count, one.value) for one in _read(tables)[1]] == [
        ("no-requirement", 2, "2026-06-04 to 2026-06-05")
    ]


def test_an_hour_promised_elsewhere_is_taken() -> None:
    """Shifts at another site and hard claims block; tentative ones, the site's own shifts and what is inside them do not."""
    tables = site()
    tables["schedules"] = [shift("ada", MONDAY, "08:00", "12:00", site="other")]

    def span(day: date, since: str, until: str) -> Span:
        return Span(wall(day, since), wall(day, until))

    claims = (
        CapacityClaim("p", "ada", span(TUESDAY, "09:00", "11:00"), ClaimKind.PROJECT),
        CapacityClaim("q", "ada", span(TUESDAY, "13:00", "15:00"), ClaimKind.PROJECT, probability=0.5),
        CapacityClaim("r", "ada", span(TUESDAY, "15:00", "17:00"), ClaimKind.SHIFT, holder=SITE),
        CapacityClaim("v", "ada", span(TUESDAY, "15:00", "16:00"), ClaimKind.VISIT, inside="r"),
        CapacityClaim("s", "ben", span(TUESDAY, "08:00", "18:00"), ClaimKind.SHIFT, holder="depot"),
    )
    ledger = CapacityLedger((Resource("ada"), Resource("ben")), claims)
    problem, issues = _read(tables, ledger=ledger)
    ada = _one(problem)
    assert (-DAY, 720) in ada.unavailable  # closed until eight, elsewhere until noon
    assert (DAY + 540, DAY + 660) in ada.unavailable
    assert not any(a < DAY + 15 * 60 < b for a, b in ada.unavailable)
    assert ada.terms.minutes == (1920 - 360, 2880 - 360)
    assert (1080, 2 * DAY + 480) in _one(problem, "ben").unavailable
    assert codes(issues) == {"inside-shift": "ledger ada"}


def test_a_calendar_of_a_team_goes_before_the_doors_and_lunch_is_no_gap() -> None:
    """A site closed over lunch is planned through; people of a team with a calendar work by it to the minute."""
    tables = site(("ada", "ben"))
    for one in tables["calendars"]:
        one["closes"] = "12:30"
    tables["calendars"] += [
        row("calendars", calendar="doors", time_zone="Europe/Vilnius", weekday=0, opens="13:30", closes="18:00"),
        row("calendars", calendar="own", time_zone="Europe/Vilnius", weekday=0, opens="10:00", closes="14:30"),
    ]
    tables["calendar_use"].append(row("calendar_use", dimension="team", member="field", calendar="own"))
    tables["memberships"][1]["team"] = "field"
    house = HouseRules(before_opening=timedelta(minutes=30), tolerance=timedelta(hours=40))
    problem, _ = _read(tables, house=house)
    assert _one(problem, "ada").unavailable[:2] == ((-DAY, 450), (1080, DAY + 450))
    assert [one.agent_id for one in problem.staff] == ["ada"]
    problem, _ = _read(tables, house=house, needs=[SlotNeed(SITE, *((0,) * 672,) * 3, (0.0,) * 672)])
    assert _one(problem, "ben").unavailable[:2] == ((-DAY, 600), (870, 7 * DAY + 600))


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 7), 24)]
)  # fmt: skip
def test_days_of_other_lengths(day: date, hours: int) -> None:
    """Leave of a local day is that day; needs and leave in the odd hour stay on the wall."""
    monday = day - timedelta(days=6)
    tables = site(("ada", "ben"), first=monday, opens="00:00", closes="24:00")
    tables["calendars"] += [
        row("calendars", calendar="doors", time_zone="Europe/Vilnius", weekday=k, opens="00:00", closes="24:00")
        for k in (5, 6)
    ]
    start, end = wall(day, "00:00"), wall(day + timedelta(days=1), "00:00")
    assert (end - start) == timedelta(hours=hours)
    tables["leave"] = [
        row("leave", agent_id="ada", starts_at=start, ends_at=end),
        row("leave", agent_id="ben", starts_at=start + timedelta(hours=4), ends_at=start + timedelta(hours=5)),
    ]
    tables["requirements"] = [needed(day, "00:00", "24:00", 2.0)]
    problem, issues = _read(tables, first=monday)
    ada, ben = problem.staff
    assert ada.away == {6} and ada.unavailable[0] == (6 * DAY, 7 * DAY)
    low, high = {23: (300, 360), 24: (240, 300), 25: (239, 240)}[hours]
    assert ben.unavailable[0] == (6 * DAY + low, 6 * DAY + high)
    assert sum(problem.slot_needs[0].wanted) == 2 * 96
    assert ("clock-change" in codes(issues)) == (hours != 24)


def test_everything_wrong_at_once() -> None:
    """Doubts of all tables are told together, and nothing that is doubtful stops a roster."""
    tables = site(("ada", "Ada ", "ben", "cem", "dan", "eva", "fay"))
    tables["people"] = [one for one in tables["people"] if one["agent_id"] != "fay"]
    tables["contracts"] = [
        one for one in tables["contracts"] if one["agent_id"] != "ben"
    ] + [row("contracts", agent_id="cem", hours_per_week=20.0, valid_from=MONDAY - timedelta(days=40)),
         row("contracts", agent_id="dan", hours_per_week=100.0, valid_from=MONDAY - timedelta(days=40))]  # fmt: skip
    tables["memberships"].append(row("memberships", agent_id="eva", team="night", site="other"))
    tables["calendar_use"].append(row("calendar_use", dimension="team", member="voice", calendar="gone"))
    tables["leave"] = [
        leave("eva", TUESDAY, "12:00", TUESDAY, "11:00"),
        leave("cem", TUESDAY, "12:00", TUESDAY, "13:00"),
    ]
    tables["schedules"] = [
        shift("cem", TUESDAY, "08:00", "16:00"), shift("ada", MONDAY, "08:00", "10:00"),
        shift("ada", MONDAY, "12:00", "16:00"), shift("ada", TUESDAY, "12:00", "12:00"),
    ]  # fmt: skip
    problem, issues = _read(tables)
    assert {one.code for one in issues} == {
        "person-twice", "unknown-person", "no-contract", "contract-twice", "contract-over", "two-sites", "unknown-calendar",
        "bad-span", "leave-over-shift", "two-shifts",
    }  # fmt: skip
    assert all(one.advice.startswith("Maybe ") for one in issues)
    assert "ben" not in {one.agent_id for one in problem.staff}
    assert _one(problem, "cem").terms.minutes == (660, 1620)  # the newer contract, less an hour
    assert _one(problem, "dan").terms.minutes[0] == 0
    assert not any(one.severity is Severity.ERROR for one in check(problem))


def test_what_stops_a_roster() -> None:
    """No such site, no days; nobody, no requirements, a skill that nobody has: all that can be known, at once."""
    with pytest.raises(InputError) as caught:
        problem_from_tables(site(), site="nowhere", first=MONDAY, days=0, house=HouseRules(absence=1.0, slot_minutes=7))
    assert [one.code for one in caught.value.issues] == ["bad-house", "bad-house", "unknown-site", "bad-days"]
    with pytest.raises(InputError) as caught:
        _read(site(()), first=MONDAY + timedelta(days=70))
    assert {"nobody", "no-requirements"} <= {one.code for one in caught.value.issues}
    slots = 7 * 96
    needs = [
        SlotNeed("law", *((1,) * slots,) * 3, (1.0,) * slots), SlotNeed("calls", *((1,) * 5,) * 3, (1.0,) * 5),
    ]  # fmt: skip
    with pytest.raises(InputError) as caught:
        _read(site(), needs=needs)
    assert {"skill-nobody-has", "bad-size"} <= {one.code for one in caught.value.issues}


def test_rules_of_the_house_are_kept_in_terms() -> None:
    """A limit on weeks is stated where days and lengths do not keep it; weekends in proportion; prices and rates too."""
    tables = site()
    tables["rates"] = [
        row("rates", cents_per_hour=1000), row("rates", dimension="team", member="voice", cents_per_hour=2000),
        row("rates", dimension="agent", member="ben", cents_per_hour=3000),
    ]  # fmt: skip
    house = HouseRules(
        lengths=(timedelta(hours=10),), most_week=timedelta(hours=40), most_weekends=2, prices=Prices(hour_cost=1.0)
    )
    problem, _ = _read(tables, days=14, house=house)
    terms = _one(problem).terms
    assert (terms.week_minutes, terms.most_weekends) == ((None, 2400), 1)
    assert [one.terms.cost_per_hour_cents for one in problem.staff] == [2000, 3000, 2000]
    assert problem.prices.hour_cost == 1.0
    assert problem.kinds[0].pauses[0].minutes == 30
