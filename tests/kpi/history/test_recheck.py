"""Figures as published beside the same computed anew, and what each cause added."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.kpi.logs import hours, lake_of, put, put_reference, story
from troth.core.errors import InputError
from troth.core.terms import Unit
from troth.core.time import Step
from troth.kpi.definition import Figure, Params
from troth.kpi.history import Cause, Change, Course, changes, publications, publish, recheck, unknown
from troth.kpi.history.read import tables_of
from troth.kpi.query import Query, query
from troth.log.lake import Lake
from troth.log.references import import_reference

NOW = datetime(2026, 4, 2, 8, tzinfo=UTC)
ASKED = Query(kpis=("speed.first_reply/business",), start=date(2026, 3, 2), end=date(2026, 3, 9))


def _case(number: int, opened: str, replied: str, **common: Any) -> list[Any]:
    return story(
        (f"2026-03-{opened}", "opened"), (f"2026-03-{replied}", "message_sent", {"agent_id": "ada", "direction": "out"}),
        case_id=f"c{number}", site="hall", **common,
    )  # fmt: skip


@pytest.fixture
def shop(lake: Path) -> Lake:
    """Return two cases of an office open from nine to five: answered within one hour and within three."""
    use = [{"dimension": "site", "member": "hall", "calendar": "office"}]
    events = [*_case(1, "03 10:00", "03 11:00"), *_case(2, "04 15:00", "05 10:00")]
    return lake_of(lake, events, calendars=hours("office", ("09:00", "17:00")), calendar_use=use)


def _only(found: list[Change]) -> Change:
    (one,) = found
    return one


def test_nothing_changed_nothing_is_told(shop: Lake) -> None:
    """The same log and rules give the same figure, and it has no cause to be another."""
    (said,) = publish(shop, asked=ASKED, name="march", now=NOW)
    assert said.value == 2 * 3600
    change = _only(recheck(shop, said=publications(shop)[0]))
    assert (change.before, change.after, change.causes) == (2 * 3600, 2 * 3600, ())


def test_a_late_case_and_a_changed_calendar_are_told_apart(shop: Lake) -> None:
    """A case of five hours that came since, and doors that open at eight since: each adds its own part."""
    publish(shop, asked=ASKED, name="march", now=NOW)
    put(shop, _case(3, "05 09:00", "05 14:00"))
    put_reference(shop, "calendars", [{**row, "version": 1} for row in hours("office", ("08:00", "17:00"))])
    change = _only(recheck(shop, said=publications(shop)[0]))
    # Rows of a calendar are told apart by when they open: from eight and from nine are then both there.
    assert dict(change.causes)[Cause.LOG] == pytest.approx((1 + 3 + 5) / 3 * 3600 - 2 * 3600)
    assert dict(change.causes)[Cause.TABLES] == pytest.approx(3600 / 3)
    assert change.after == query(shop, ASKED)[0].value


def test_causes_add_up(shop: Lake) -> None:
    """Whatever changed, the parts are the whole."""
    publish(
        shop, asked=replace(ASKED, kpis=("speed.first_reply/", "speed.first_reply/business")), name="march", now=NOW
    )
    put(shop, [replace(e, version=1, at=e.at + timedelta(minutes=30)) for e in _case(1, "03 10:00", "03 11:00")[1:]])
    for change in recheck(shop, said=publications(shop)[0], calendar="24x7"):
        assert change.before is not None
        assert change.after is not None
        assert sum(part or 0.0 for _, part in change.causes) == pytest.approx(change.after - change.before)
        assert Cause.LOG in dict(change.causes)


def test_a_newer_definition_is_a_cause_of_its_own(shop: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """History is computed by the version it was published with, by today's, and by that in force on a day."""
    declared = sys.modules["troth.kpi.catalogue"]
    old = declared.catalogue()["speed.first_reply"]
    publish(shop, asked=replace(ASKED, kpis=("speed.first_reply/",)), name="march", now=NOW)
    part = old.parts[0]
    minute = replace(part, start=None, end=None, value=lambda c, _: 0.0 * c.replies + 60.0)
    new = replace(old, version=2, effective_from=date(2026, 4, 1), parts=(minute,), earlier=(old,))
    monkeypatch.setattr(declared, "catalogue", lambda: {"speed.first_reply": new})
    change = _only(recheck(shop, said=publications(shop)[0]))
    assert [cause for cause, _ in change.causes] == [Cause.DEFINITION]
    assert change.after == 60.0
    assert _only(recheck(shop, said=publications(shop)[0], as_of=date(2026, 3, 31))).causes == ()
    asked = replace(ASKED, kpis=("speed.first_reply/",))
    assert query(shop, replace(asked, as_of=date(2026, 3, 1)))[0].definition == "speed.first_reply@1"
    assert query(shop, asked)[0].definition == "speed.first_reply@2"


def test_other_tables_are_tried_without_being_imported(shop: Lake, tmp_path: Path) -> None:
    """A folder with another calendar gives what it would have been; the lake stays as it is."""
    publish(shop, asked=ASKED, name="march", now=NOW)
    folder = tmp_path / "what-if"
    folder.mkdir()
    rows = "\n".join(f"office,UTC,{day},10:00,16:00" for day in range(5))
    (folder / "calendars.csv").write_text(f"calendar,time_zone,weekday,opens,closes\n{rows}\n", encoding="utf-8")
    change = _only(recheck(shop, said=publications(shop)[0], tables=tables_of(folder)))
    assert dict(change.causes) == {Cause.TABLES: pytest.approx(-3600)}
    assert _only(recheck(shop, said=publications(shop)[0])).causes == ()


def test_a_folder_with_faults_tells_all_of_them(tmp_path: Path) -> None:
    """No table at all, and tables with rows that cannot be read, are refused as an import would."""
    with pytest.raises(InputError) as nothing:
        tables_of(tmp_path)
    assert [one.code for one in nothing.value.issues] == ["no-tables"]
    text = "calendar,time_zone,weekday,opens,closes\noffice,UTC,monday,09:00,17:00\n"
    (tmp_path / "calendars.csv").write_text(text, encoding="utf-8")
    (tmp_path / "rates.csv").write_text("member,cents_per_hour\nada,12\n", encoding="utf-8")
    with pytest.raises(InputError) as faults:
        tables_of(tmp_path)
    assert {one.code for one in faults.value.issues} == {"bad-value", "missing-column"}


def test_a_file_or_column_that_says_nothing_is_not_passed_over(tmp_path: Path) -> None:
    """Another rate under a wrong heading, or a wrong name of the file, would be a question that was never asked."""
    (tmp_path / "rates.csv").write_text("dimension,member,cents_an_hour\nagent,ada,12\n", encoding="utf-8")
    (tmp_path / "calender.csv").write_text("calendar\noffice\n", encoding="utf-8")
    with pytest.raises(InputError) as faults:
        tables_of(tmp_path)
    assert {(one.code, one.value) for one in faults.value.issues} == {
        ("unknown-column", "cents_an_hour"), ("unknown-table", "calender"),
    }  # fmt: skip


def test_what_was_published_is_never_changed(shop: Lake) -> None:
    """A name is used once, and an unknown one is told with those there are."""
    publish(shop, asked=ASKED, name="march", now=NOW)
    for name, code in (("march", "publication-exists"), (" ", "no-name")):
        with pytest.raises(InputError) as refused:
            publish(shop, asked=ASKED, name=name, now=NOW)
        assert [one.code for one in refused.value.issues] == [code]
    with pytest.raises(InputError) as unknown:
        publications(shop, name="april")
    assert "march" in unknown.value.issues[0].advice


def test_figures_of_a_publication_that_never_came_to_be_are_not_there(
    shop: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that died before the name was taken leaves figures behind; the next one of that name shows only its own."""
    shelf = type(shop.reference("publications"))
    kept = shelf.append

    def dies(self: Any, rows: Any, *, batch: tuple[str, int]) -> list[str]:
        if self.root.name == "publications":
            raise OSError("no space left")
        return kept(self, rows, batch=batch)

    monkeypatch.setattr(shelf, "append", dies)
    with pytest.raises(OSError, match="no space"):
        publish(shop, asked=replace(ASKED, kpis=("flow.volume", "speed.first_reply/business")), name="march", now=NOW)
    monkeypatch.undo()
    assert publications(shop) == []
    figures = publish(shop, asked=ASKED, name="march", now=NOW + timedelta(hours=1))
    (back,) = publications(shop)
    assert [(one.definition, one.value) for one in back.figures] == [(one.definition, one.value) for one in figures]


def test_of_two_at_once_the_first_has_the_name(shop: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who computes while another takes the name is told so, and changes nothing of what the other said."""
    module = sys.modules["troth.kpi.history.read"]
    first = publish(shop, asked=ASKED, name="march", now=NOW)
    put(shop, _case(3, "05 09:00", "05 14:00"))
    monkeypatch.setattr(module, "read_reference", lambda *_: [])
    with pytest.raises(InputError) as late:
        publish(shop, asked=ASKED, name="march", now=NOW + timedelta(seconds=1))
    monkeypatch.undo()
    assert [one.code for one in late.value.issues] == ["publication-exists"]
    (back,) = publications(shop)
    assert (back.published_at, [one.value for one in back.figures]) == (NOW, [one.value for one in first])


def test_a_site_that_moves_to_another_zone_moves_no_published_period(shop: Lake) -> None:
    """The days of the question are those it was asked for: every figure stands beside itself."""
    publish(shop, asked=replace(ASKED, every=Step.DAY), name="march", now=NOW)
    put_reference(shop, "sites", [{"site": "hall", "time_zone": "Europe/Vilnius"}])
    found = recheck(shop, said=publications(shop)[0])
    assert len(found) == 7
    assert [one.causes for one in found] == [()] * 7


def test_what_only_the_order_of_adding_changed_is_no_change() -> None:
    """The last digits of a sum are of the machine, not of the service; a nought that is one digit more is more."""
    figure = Figure("a.b", "", "a.b@1", {}, "2026", "2027", 0.1 + 0.2, Unit.SECONDS, 3)
    for value, causes in ((0.3, ()), (0.4, (Cause.LOG,)), (None, (Cause.LOG,))):
        (change,) = changes([figure], course=[Course(Cause.LOG, [replace(figure, value=value)])])
        assert tuple(cause for cause, _ in change.causes) == causes


def test_no_file_says_what_was_published(shop: Lake, tmp_path: Path) -> None:
    """A newer version of a publication in an import, or in a folder to try, is passed over and told."""
    publish(shop, asked=ASKED, name="march", now=NOW)
    text = "publication,published_at,question,rules,version\nmarch,2026-04-02T08:00:00Z,{},{},9\n"
    (tmp_path / "publications.csv").write_text(text, encoding="utf-8")
    stage = import_reference(shop, path=tmp_path / "publications.csv", stream="x")
    assert ([one.code for one in stage.issues], stage.rows) == (["own-table"], 0)
    with pytest.raises(InputError, match="own-table"):
        tables_of(tmp_path)
    assert [one.published_at for one in publications(shop)] == [NOW]
    assert publications(shop)[0].figures


def test_a_question_comes_back_as_it_was_asked(shop: Lake) -> None:
    """Split, filter, steps, zone, calendar and defaults; a period left open is fixed."""
    asked = Query(
        kpis=("speed.first_reply/",), by=("site",), every=Step.DAY, where={"site": ["hall"]}, calendar="office",
        time_zone="Europe/Vilnius", params=Params(reopen_window=timedelta(hours=5), line_s=90.0),
    )  # fmt: skip
    figures = publish(shop, asked=asked, name="march", now=NOW)
    (back,) = publications(shop)
    assert replace(back.asked, start=None, end=None, kpis=asked.kpis) == asked
    assert back.asked.start == datetime.fromisoformat(figures[0].start)
    assert (back.published_at, back.name) == (NOW, "march")
    assert [(f.value, f.n, f.start, dict(f.by)) for f in back.figures] == [
        (f.value, f.n, f.start, dict(f.by)) for f in figures
    ]
    assert all(change.causes == () for change in recheck(shop, said=back, params=asked.params))


def test_what_was_set_by_hand_is_no_change_of_defaults(shop: Lake) -> None:
    """A question with a window of its own is computed with it again; only defaults of then give way to those of now."""
    asked = replace(ASKED, kpis=("speed.resolution/",), params=Params(reopen_window=timedelta(hours=1)))
    put(
        shop,
        story(
            ("2026-03-04 10:00", "opened"),
            ("2026-03-04 12:00", "resolved"),
            ("2026-03-05 12:00", "reopened"),
            case_id="c9",
        ),
    )
    publish(shop, asked=asked, name="march", now=NOW)
    (back,) = publications(shop)
    assert _only(recheck(shop, said=back)).causes == ()
    older = replace(back, defaults=replace(Params(), reopen_window=timedelta(hours=1)))
    assert [cause for cause, _ in _only(recheck(shop, said=older)).causes] == [Cause.PARAMETERS]


def test_a_definition_that_is_gone_is_told_and_stops_nothing(shop: Lake) -> None:
    """A KPI nobody knows any more, and a version that was not kept, are named; the others are computed anew."""
    publish(shop, asked=replace(ASKED, kpis=("speed.first_reply/", "flow.volume/")), name="march", now=NOW)
    (back,) = publications(shop)
    odd = replace(back, definitions={"speed.first_reply": 7, "flow.volume": 1})
    assert unknown(odd) == [("speed.first_reply", 7)]
    assert [one.id for one in recheck(shop, said=odd)] == ["flow.volume"]
    lost = replace(back, definitions={"speed.first_reply": 1, "flow.volume": 1, "speed.nothing": 1})
    assert unknown(lost) == [("speed.nothing", 1)]
    assert unknown(back) == []
