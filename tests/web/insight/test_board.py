"""Pages of figures: the same as `troth kpi`, only of one's own sites, and each can be opened and taken along."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from tests.web import cast
from tests.web.cast import Company
from tests.web.outbox.days import visit, write
from troth.core.terms import Role
from troth.kpi import _lots
from troth.kpi.plan import grouped
from troth.kpi.query import Query, query
from troth.web.insight import bridge
from troth.web.insight.answers import Answers, Limits
from troth.web.outbox import exporter
from troth.web.outbox.bridge import Lake
from troth.web.outbox.models import Fact
from troth.web.services.models import ServiceName

pytestmark = pytest.mark.django_db


class AtOnce(Executor):
    """Does what it is given at once, in the thread that gives it: a test's transaction is seen by no other."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do it."""
        done = Future[Any]()
        done.set_result(fn(*args, **kwargs))
        return done


@pytest.fixture(autouse=True)
def lake(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    """A lake of the test's own, whose answers are worked out where they are asked for, and not kept."""
    settings.LAKE = tmp_path / "lake"
    at_once = Answers(AtOnce(), limits=Limits(fresh_s=0.0, rest=0.0, stale_s=-1.0))
    monkeypatch.setattr(bridge, "_ANSWERS", at_once)
    yield Lake(settings.LAKE)
    bridge.close()


@pytest.fixture
def busy(company: Company) -> Company:
    """Twelve customers of an hour ago in Vilnius, five in Klaipėda."""
    chance, at = random.Random(1), timezone.now() - timedelta(minutes=50)
    for site, count in (("vilnius", 12), ("klaipeda", 5)):
        for number in range(count):
            write(visit(chance, at=at - timedelta(seconds=30 * number), site=site))
    return company


def figures(who: Any, query: str = "") -> dict[str, Any]:
    answer = cast.signed_in(who).get(f"/figures{query}", headers={"Accept": "application/json"})
    assert answer.status_code == 200
    return {one["id"]: one for one in answer.json()["kpis"]}


def test_the_board_says_what_the_catalogue_says(busy: Company, lake: Lake) -> None:
    """The board says what the catalogue says."""
    before = figures(busy.alice, "?period=week")
    assert before["flow.volume"]["value"] == 17
    exporter.export_once(lake, now=timezone.now())
    assert figures(busy.alice, "?period=week") == before
    start, end = (before["speed.answer"][word] for word in ("from", "to"))
    asked = Query(
        kpis=("speed.answer/",), start=datetime.fromisoformat(start), end=datetime.fromisoformat(end),
        time_zone="Europe/Vilnius",
    )  # fmt: skip
    assert query(lake, asked)[0].value == before["speed.answer"]["value"]


def test_everybody_sees_the_figures_of_their_own_sites_alone(busy: Company) -> None:
    """Everybody sees the figures of their own sites alone."""
    assert figures(busy.alice, "?period=week")["flow.volume"]["value"] == 17
    assert figures(busy.tom, "?period=week")["flow.volume"]["value"] == 12
    assert figures(busy.tom, "?period=week&site=vilnius")["flow.volume"]["value"] == 12
    assert figures(busy.alice, "?period=week&site=klaipeda")["flow.volume"]["value"] == 5
    tom = cast.signed_in(busy.tom)
    assert tom.get("/figures?site=klaipeda").status_code == 404
    assert tom.get("/figures?site=nowhere").status_code == 404
    assert tom.get("/figures/sheet.csv?site=klaipeda").status_code == 404
    assert tom.get("/figures/speed.answer/rows?site=klaipeda").status_code == 404
    assert "klaipeda" not in tom.get("/figures?period=week&by=queue").content.decode()
    assert cast.signed_in(busy.carol).get("/figures").status_code == 403
    assert cast.signed_in(busy.dan).get("/figures").status_code == 403


def test_a_lead_of_a_team_without_a_site_sees_nothing(busy: Company) -> None:
    """A lead of a team without a site sees nothing."""
    nora = cast.person("Nora Lead", (Role.TEAM_LEAD, busy.front))
    assert figures(nora, "?period=week")["flow.volume"]["n"] == 0


def test_another_role_higher_up_opens_no_figures(busy: Company) -> None:
    """Vera leads in Vilnius and serves everywhere: figures are those of Vilnius."""
    vera = cast.person("Vera Lead", (Role.TEAM_LEAD, busy.vilnius), (Role.CLERK, busy.bank))
    assert figures(vera, "?period=week")["flow.volume"]["value"] == 12


def test_a_figure_opens_to_its_rows_and_a_row_to_its_events(busy: Company) -> None:
    """A figure opens to its rows and a row to its events."""
    alice, tom = cast.signed_in(busy.alice), cast.signed_in(busy.tom)
    page = alice.get("/figures/speed.answer/rows?period=week").content.decode()
    assert "the worst first" in page
    for site, seen in (("vilnius", 200), ("klaipeda", 404)):
        fact = Fact.objects.filter(activity="answered", event__site=site).first()
        assert fact is not None
        address = f"/figures/speed.answer/case/{fact.event['contact_id']}?period=week"
        assert fact.event["contact_id"][:10] in page
        answer = alice.get(address)
        assert answer.status_code == 200 and "began to wait" in answer.content.decode()
        assert tom.get(address).status_code == seen
    assert alice.get("/figures/speed.answer/case/nobody").status_code == 404
    assert alice.get("/figures/nothing/rows").status_code == 404


def test_a_sheet_holds_exactly_what_is_shown(busy: Company) -> None:
    """A sheet holds exactly what is shown."""
    client = cast.signed_in(busy.tom)
    shown = client.get("/figures?period=week&by=service", headers={"Accept": "application/json"}).json()
    answer = client.get("/figures/sheet.csv?period=week&by=service")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    told = [*shown["kpis"], *shown["by"]]
    assert [row["id"] for row in rows] == [one["id"] for one in told]
    assert [row["value"] for row in rows] == ["" if one["value"] is None else str(one["value"]) for one in told]
    book = load_workbook(io.BytesIO(client.get("/figures/sheet.xlsx?period=week&by=service").content))
    cells = [[cell or "" for cell in row] for row in book.worksheets[0].iter_rows(min_row=2, values_only=True)]
    assert cells == [list(row.values()) for row in rows]


@pytest.mark.parametrize(
    ("period", "by"),
    [("now", "site"), ("today", "hour"), ("week", "weekday"), ("month", "service"), ("nonsense", "nonsense")],
)
def test_every_page_is_drawn_for_every_period(busy: Company, period: str, by: str) -> None:
    """Every page is drawn for every period."""
    answer = cast.signed_in(busy.alice).get(f"/figures?period={period}&by={by}&queue=%00")
    assert answer.status_code == 200 and "<script>" not in answer.content.decode()


def test_an_empty_lake_is_an_honest_page(company: Company) -> None:
    """An empty lake is an honest page."""
    page = cast.signed_in(company.alice).get("/figures").content.decode()
    assert "No figures yet" in page
    assert cast.signed_in(company.alice).get("/figures/speed.answer/rows").status_code == 200


def test_a_question_is_worked_out_once_while_the_log_stays_as_it_is(
    busy: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question is worked out once while the log stays as it is."""
    asked: list[Any] = []
    work = bridge._figures

    def counted(opened: Any, questions: Any) -> Any:
        asked.append(questions)
        return work(opened, questions)

    monkeypatch.setattr(bridge, "_figures", counted)
    for _ in range(3):
        figures(busy.alice, "?period=week")
    assert len(asked) == 1
    write(visit(random.Random(9), at=timezone.now() - timedelta(minutes=40), site="vilnius"))
    assert figures(busy.alice, "?period=week")["flow.volume"]["value"] == 18
    assert len(asked) == 2


def test_a_page_takes_few_statements_and_compiles_its_figures_once(
    busy: Company, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    """What a page asks PostgreSQL does not grow with what happened; a new fact does not compile the figures anew."""
    compiled: list[Any] = []

    def counted(*asked: Any) -> Any:
        compiled.append(asked)
        return grouped(*asked)

    monkeypatch.setattr(_lots, "grouped", counted)
    monkeypatch.setattr(_lots, "_COMPILED", {})  # of other tests' days as well
    client = cast.signed_in(busy.alice)
    client.get("/figures?period=week")
    first = len(compiled)
    assert first <= 3
    write(visit(random.Random(9), at=timezone.now() - timedelta(minutes=40), site="vilnius"))
    with django_assert_max_num_queries(20):
        page = client.get("/figures?period=week&by=service").content.decode()
    assert len(compiled) == first + 1, "the same figures by another dimension: that one alone is new"
    assert "data-again" not in page
    ServiceName.objects.update_or_create(service=busy.cash, language="en", defaults={"title": "Money matters"})
    assert "Money matters" in client.get("/figures?period=week&by=service").content.decode()


def test_plotly_comes_from_its_wheel_and_may_be_kept(client: Any) -> None:
    """Plotly comes from its wheel and may be kept."""
    answer = client.get("/plotly/1.js", headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200 and answer["Content-Encoding"] == "gzip" and "immutable" in answer["Cache-Control"]
