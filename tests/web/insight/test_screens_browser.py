"""What stands out, and what is read beside a figure, in a real browser: accessible, nothing cut, no wider than the screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser

from tests.web import cast
from tests.web.insight.test_board import AtOnce
from tests.web.insight.test_habits import fill, trade
from tests.web.people.test_screens_browser import _faults, browser
from troth.web.insight import bridge
from troth.web.insight.answers import Answers
from troth.web.outbox.bridge import Lake
from troth.web.people.models import SignInLink

__all__ = ["browser"]


@pytest.fixture
def told(
    browser: Browser, transactional_db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[cast.Company]:
    """Return the company with people who stand out, and with figures that were traded."""
    settings.LAKE = tmp_path / "lake"
    monkeypatch.setattr(bridge, "_ANSWERS", Answers(AtOnce()))
    made = cast.build()
    fill(made, Lake(settings.LAKE))
    trade(Lake(settings.LAKE))
    yield made
    bridge.close()


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme", "language"), [(1440, "light", "en"), (390, "dark", "lt")])
def test_pages_are_accessible_and_whole(
    told: cast.Company, browser: Browser, live_server: Any, width: int, scheme: Any, language: str
) -> None:
    """On a desk and on a phone, light and dark, in two languages: axe finds nothing and nothing is cut."""
    told.alice.language = language
    told.alice.save()
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(live_server.url + reverse("enter", args=[SignInLink.make(told.alice, now=timezone.now())]))
    page.click("main button")
    faults = []
    for name, address in (
        ("habits", reverse("insight_habits")),
        ("beside", reverse("insight_explain", args=["speed.handle"])),
    ):
        answer = page.goto(live_server.url + address)
        assert answer is not None and answer.status == 200, name
        assert page.locator("#habits .card" if name == "habits" else "#pairs .tell").count() > 0
        faults += _faults(page, name)
    page.close()
    assert faults == []
