"""Mappings: what the small language says, and that it names everything wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.log.reading import codes, failing, file, load
from troth.core.decision import Issue
from troth.core.errors import InputError
from troth.log.readers._mapping_yaml import load as load_mapping
from troth.log.readers._mapping_yaml import parse, shipped

BASIC = """
source: desk
time_zone: UTC
id: [number]
each: {case_id: number}
events:
  - {activity: opened, at: opened}
  - {activity: resolved, at: solved}
"""


def mapped(
    tmp_path: Path, mapping: str, table: str, **options: Any
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[Issue], int]:
    return load(file(tmp_path, table), mapping=str(file(tmp_path, mapping, "m.yaml")), **options)


def wrong(text: str) -> list[Issue]:
    with pytest.raises(InputError) as caught:
        parse(text)
    return list(caught.value.issues)


def test_one_row_can_give_several_events(tmp_path: Path) -> None:
    """Every template whose time is there gives an event with an id of its own; a later blank time is no fault."""
    drafts, rejects, issues, rows = mapped(
        tmp_path, BASIC, "number,opened,solved\n1,2024-01-01 10:00,2024-01-02 10:00\n2,2024-01-01 11:00,\n"
    )
    assert sorted((d["source_id"], d["activity"], d["_row"]) for d in drafts) == [
        ("1/opened", "opened", 2),
        ("1/resolved", "resolved", 2),
        ("2/opened", "opened", 3),
    ]
    assert {d["source"] for d in drafts} == {"desk"}
    assert (rejects, issues, rows) == ([], [], 2)


def test_an_end_before_its_start_rejects_the_whole_row(tmp_path: Path) -> None:
    """A row whose case is resolved before it was opened gives nothing but a reject that names the value."""
    drafts, rejects, _, _ = mapped(
        tmp_path,
        BASIC,
        "number,opened,solved\n1,2024-01-02 10:00,2024-01-01 10:00\n2,2024-01-01 11:00,2024-01-01 11:00\n",
    )
    assert {d["case_id"] for d in drafts} == {"2"}
    assert codes(rejects) == [(2, "end-before-start")]
    assert (rejects[0]["column"], rejects[0]["value"]) == ("solved", "2024-01-01 10:00")
    assert rejects[0]["raw"] == "1,2024-01-02 10:00,2024-01-01 10:00"


def test_every_problem_of_a_row_is_listed(tmp_path: Path) -> None:
    """A row with two faults gives two rejects; a blank first time and a blank id are faults."""
    _, rejects, _, _ = mapped(tmp_path, BASIC, "number,opened,solved\n1,yesterday,tomorrow\n,2024-01-01 11:00,\n3,,\n")
    assert codes(rejects) == [(2, "bad-time"), (2, "bad-time"), (3, "missing-id"), (4, "missing-time")]


def test_dates_in_the_wrong_order_are_told(tmp_path: Path) -> None:
    """If day and month are the other way round, the rows that show it are rejected with that advice, and an issue warns of the rest."""
    mapping = BASIC.replace("id: [", 'times: ["%m/%d/%Y %H:%M"]\nid: [')
    rows = "".join(f"{d},{d}/01/2024 10:00,\n" for d in range(10, 20))
    drafts, rejects, issues, _ = mapped(tmp_path, mapping, "number,opened,solved\n" + rows)
    assert len(drafts) == 3
    assert {r["code"] for r in rejects} == {"bad-time"}
    assert all("'%d/%m/%Y %H:%M' fits" in r["advice"] for r in rejects)
    assert [(i.code, i.count) for i in issues] == [("date-order", 7)]


def test_formats_are_tried_in_order(tmp_path: Path) -> None:
    """Several forms may stand in one column, those without digits to spare included."""
    mapping = BASIC.replace("id: [", 'times: ["%d/%m/%Y %H:%M", iso, unix_s]\nid: [')
    drafts, _, _, _ = mapped(
        tmp_path, mapping, "number,opened,solved\n1,1/2/2024 9:05,2024-02-03\n2,2024-02-01T09:05:00.25Z,\n"
    )
    assert [d["occurred_at"].isoformat()[:22] for d in sorted(drafts, key=lambda d: d["source_id"])] == [
        "2024-02-01T09:05:00+00",
        "2024-02-03T00:00:00+00",
        "2024-02-01T09:05:00.25",
    ]
    seconds = BASIC.replace("id: [", "times: [unix_s]\nid: [")
    assert (
        mapped(tmp_path, seconds, "number,opened,solved\n1,1704103200.5,\n")[0][0]["occurred_at"].isoformat()
        == "2024-01-01T10:00:00.500000+00:00"
    )


CLOCKS = """
source: calls
time_zone: Europe/Berlin
shift: {years: -11}
id: [id]
each: {contact_id: id}
events:
  - {activity: answered, at: {date: day, time: start}}
  - {activity: ended, at: {date: day, time: stop, after: start}}
"""


def test_a_clock_that_falls_back_is_the_next_day(tmp_path: Path) -> None:
    """A time of day earlier than the one it must follow belongs to the next day, and every time is shifted."""
    drafts, rejects, _, _ = mapped(
        tmp_path, CLOCKS, "id,day,start,stop\n1,2010-12-31,23:59:50,0:00:10\n2,2010-07-01,9:00:00,9:30:00\n"
    )
    spans = {d["source_id"]: d["occurred_at"].isoformat() for d in drafts}
    assert spans["1/answered"] == "1999-12-31T22:59:50+00:00"
    assert spans["1/ended"] == "1999-12-31T23:00:10+00:00"
    assert spans["2/ended"] == "1999-07-01T07:30:00+00:00"
    assert rejects == []


def test_clocks_may_disagree_by_the_slack(tmp_path: Path) -> None:
    """Within `clock_slack` an earlier clock is the same moment's other clock rather than the next day's."""
    drafts, rejects, _, _ = mapped(
        tmp_path, "clock_slack: 60" + CLOCKS, "id,day,start,stop\n1,2010-07-01,9:00:30,9:00:00\n"
    )
    assert [d["occurred_at"].minute for d in drafts] == [0, 0]
    assert drafts[1]["occurred_at"] < drafts[0]["occurred_at"]
    assert rejects == []


def test_a_duration_gives_an_end_known_from_a_duration(tmp_path: Path) -> None:
    """Start plus a duration is an end whose origin says so; text in the duration rejects the row."""
    mapping = CLOCKS.replace("{date: day, time: stop, after: start}", "{date: day, time: start, plus: stop, unit: min}")
    drafts, rejects, _, _ = mapped(
        tmp_path, mapping, "id,day,start,stop\n1,2010-07-01,9:00:00,1.5\n2,2010-07-01,9:00:00,long\n"
    )
    assert [(d["activity"], d["origin"]) for d in drafts] == [("answered", "exact"), ("ended", "aggregate")]
    assert (drafts[1]["occurred_at"] - drafts[0]["occurred_at"]).total_seconds() == 90
    assert codes(rejects) == [(3, "bad-number")]


RICH = """
source: desk
time_zone: UTC
decimal: ","
nulls: ["?"]
skip: {kind: Total}
each:
  case_id: {join: [branch, number], with: "-"}
  customer_id: {column: caller, nulls: ["0"]}
  channel: {column: via, map: {Phone: phone, Mail: email}, other: keep}
  direction: {column: dir, map: {I: in, O: out}}
events:
  - activity: {column: kind, map: {New: opened, Noise: ~}, other: stepped}
    step: kind
    at: at
    value: score
    actor: human
    attributes: {topic: topic, note: {constant: "it's \\" here"}}
    when: {score: {below: 9}, topic: {present: true}, kind: {not_in: [Bad, Worse]}}
"""
RICH_HEADER = "branch,number,caller,via,dir,kind,at,score,topic\n"


def test_fields_are_mapped_joined_translated_and_checked(tmp_path: Path) -> None:
    """Every kind of field does what the guide says; a word without translation is a fault where words are closed."""
    rows = [
        'A,1,0,Phone,I,New,2024-01-01T10:00,"1,5",loan',
        'A,2,77,Fax,O,Other,2024-01-01T10:00,"2",card',
        "A,3,?,Mail,X,New,2024-01-01T10:00,3,card",
        "A,4,1,Mail,I,Noise,2024-01-01T10:00,3,card",
        "A,5,1,Mail,I,Bad,2024-01-01T10:00,3,card",
        "A,,,,,Total,never,3,card",
    ]
    drafts, rejects, _, _ = mapped(tmp_path, RICH, RICH_HEADER + "\n".join(rows) + "\n")
    first, second = drafts
    assert (first["case_id"], first["customer_id"], first["channel"], first["direction"]) == (
        "A-1",
        None,
        "phone",
        "in",
    )
    assert (first["activity"], first["step"], first["value"]) == ("opened", "New", 1.5)
    assert first["attributes"] == '{"note":"it\'s \\" here","topic":"loan"}'
    assert (second["activity"], second["channel"], second["customer_id"]) == ("stepped", "Fax", "77")
    assert codes(rejects) == [(4, "unmapped-direction"), (5, "no-event"), (6, "no-event")]


def test_text_of_the_input_is_never_run(tmp_path: Path) -> None:
    """Quotation marks and SQL in names and values are only ever text."""
    nasty = "x'); DROP TABLE r; --"
    mapping = f"""
source: "o'hara"
time_zone: UTC
nulls: ["{nasty}"]
events:
  - activity: opened
    at: {{column: "t\\"; --"}}
    case_id: {{column: "{nasty}", map: {{"a'b": "c''d"}}, other: keep}}
    when: {{"{nasty}": {{not: "o'o"}}}}
"""
    drafts, rejects, _, _ = mapped(
        tmp_path, mapping, f'"t""; --","{nasty}"\n2024-01-01,a\'b\n2024-01-01,{nasty}\n2024-01-01,o\'o\n'
    )
    assert [(d["source"], d["case_id"]) for d in drafts] == [("o'hara", "c''d"), ("o'hara", None)]
    assert codes(rejects) == [(4, "no-event")]


def test_missing_columns_of_a_mapping_are_all_named(tmp_path: Path) -> None:
    """A column the mapping needs and the file lacks is an error with its likely new name; optional ones may lack."""
    path = str(file(tmp_path, BASIC, "m.yaml"))
    issues = failing(file(tmp_path, "ticket_number,opened_at\n1,2024-01-01\n"), mapping=path)
    assert [(i.code, i.value) for i in issues] == [
        ("missing-column", "number"),
        ("missing-column", "opened"),
        ("missing-column", "solved"),
    ]
    assert "'ticket_number'" in issues[0].advice
    assert "'opened_at'" in issues[1].advice
    drafts, _, _, _ = mapped(tmp_path, BASIC + "optional: [solved]\n", "number,opened\n1,2024-01-01\n")
    assert len(drafts) == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {"bad-mapping"}),
        ("- a", {"bad-mapping"}),
        ("source: [", {"bad-mapping"}),
        ("a: &a [1]\nb: *a", {"bad-mapping"}),
        ("source: x", {"missing-key"}),
        (BASIC + "sorce: x", {"unknown-key"}),
        (BASIC + "shift: {weeks: 1}", {"unknown-key"}),
        (BASIC.replace("UTC", "Mars"), {"unknown-time-zone"}),
        (BASIC.replace("activity: opened", "activity: opend"), {"unknown-activity"}),
        (BASIC.replace("at: opened", "on: opened"), {"unknown-key", "missing-key"}),
        (BASIC.replace("at: opened", "at: {date: a}"), {"missing-key"}),
        (BASIC.replace("at: opened", "at: {column: a, format: dd/mm/yyyy}"), {"bad-time-format"}),
        (
            BASIC.replace("at: opened", "at: opened, actor: robot, attributes: {colour: x}"),
            {"unknown-actor", "unknown-attribute"},
        ),
        (BASIC.replace("at: opened", "at: opened, when: {a: {like: b}}"), {"unknown-key"}),
        (BASIC + "delimiter: ';;'\nclock_slack: soon\n", {"bad-mapping"}),
    ],
)
def test_every_fault_of_a_mapping_is_an_issue(text: str, found: set[str]) -> None:
    """Whatever is wrong with a mapping is listed with where it is and advice; nothing else is raised."""
    issues = wrong(text)
    assert {i.code for i in issues} == found
    assert all(i.advice.startswith("Maybe ") for i in issues)


def test_the_nearest_name_is_proposed() -> None:
    """A misspelt key or activity comes with the word it may mean."""
    issues = wrong(BASIC.replace("opened,", "opend,").replace("source:", "soruce:"))
    assert any("'source'" in i.advice for i in issues)
    assert any("'opened'" in i.advice for i in issues)


def test_shipped_mappings_are_sound() -> None:
    """Every mapping that comes with the package loads; an unknown name lists those there are."""
    assert {"anonymous-bank", "receipt-wabo"} <= set(shipped())
    for name in shipped():
        assert load_mapping(name).events
    with pytest.raises(InputError) as caught:
        load_mapping("anonymous-bnk")
    assert "'anonymous-bank'" in caught.value.issues[0].advice
