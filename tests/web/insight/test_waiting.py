"""Pages of figures show themselves at once; the figures follow when they are there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web import cast
from tests.web.cast import Company
from tests.web.insight.test_answers import Later
from troth.web.insight import bridge, views
from troth.web.insight.answers import Answers, Limits
from troth.web.outbox.bridge import Lake

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def later(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Later]:
    """Questions that are worked out when the test says so, two at most, by whoever asks; nobody waits for long."""
    settings.LAKE = tmp_path / "lake"
    later = Later()
    monkeypatch.setattr(bridge, "_ANSWERS", Answers(later, limits=Limits(most=2)))
    for name in ("_OPENED_S", "_PART_S", "_ALL_S"):
        monkeypatch.setattr(views, name, 0.01)
    yield later
    bridge.close()


def test_the_page_is_there_before_its_figures_and_asks_for_them(company: Company, later: Later) -> None:
    """The page is there before its figures, says so, and asks for them; many who open it ask one question."""
    client = cast.signed_in(company.alice)
    for _ in range(3):
        page = client.get("/figures").content.decode()
        assert "The figures are being worked out." in page and 'data-again="0.3"' in page and "Mean wait" in page
    assert len(later.todo) == 1
    later.work()
    page = client.get("/figures").content.decode()
    assert "No figures yet" in page and "data-again" not in page and not later.todo


def test_a_figure_and_a_case_are_waited_for_likewise(company: Company, later: Later) -> None:
    """A figure and a case are waited for likewise, and neither tells of what somebody may not see."""
    client = cast.signed_in(company.tom)
    for address in ("/figures/speed.answer/rows", "/figures/speed.answer/case/nobody"):
        page = client.get(address)
        assert page.status_code == 200 and 'data-again="0.3"' in page.content.decode()
        later.work()
    assert client.get("/figures/speed.answer/rows").status_code == 200
    assert client.get("/figures/speed.answer/case/nobody").status_code == 404


def test_who_takes_figures_along_is_told_to_come_back(company: Company, later: Later) -> None:
    """Programs and sheets get figures or an honest refusal, never half a page."""
    client = cast.signed_in(company.alice)
    for address, more in (("/figures", JSON), ("/figures/sheet.csv", {}), ("/figures/sheet.xlsx", {})):
        answer = client.get(address, headers=more)
        assert answer.status_code == 503 and answer["Retry-After"] == "5"


def test_a_queue_that_is_full_says_so(company: Company, later: Later) -> None:
    """A queue that is full says so and asks again later than usual."""
    client = cast.signed_in(company.alice)
    for period in ("today", "week", "month"):
        page = client.get(f"/figures?period={period}").content.decode()
    assert "Many figures are being worked out" in page and 'data-again="5.0"' in page and len(later.todo) == 2


def test_a_question_that_takes_too_long_is_given_up(
    company: Company, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine is stopped at the limit; the page says so and does not ask again by itself."""

    def endless(opened: Any, questions: Any) -> None:
        opened.engine.con.sql("SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b").fetchall()

    monkeypatch.setattr(bridge, "LIMIT_S", 0.2)
    monkeypatch.setattr(bridge, "_figures", endless)
    monkeypatch.setattr(Lake, "exists", lambda lake: True)
    client = cast.signed_in(company.alice)
    client.get("/figures")
    later.work()
    page = client.get("/figures").content.decode()
    assert "It took more than a minute and was given up." in page and "data-again" not in page and not later.todo
    assert "No answer in time" in page and "Try again" in page and "One moment" not in page
