"""The screens in a real browser: the way of a customer from kiosk to end, live; accessibility; nothing cut, nothing inline."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from axe_core_python.sync_playwright import Axe
from django.conf import settings as site_settings
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

from tests.conftest import missing
from tests.web import cast
from tests.web.flow.day import Day, day
from troth.core.terms import Role
from troth.web.flow import actions, letters
from troth.web.flow.appointments import book, hold
from troth.web.flow.models import SlotRule, Ticket
from troth.web.people.holders import DEVICE
from troth.web.people.models import User
from troth.web.project.embedded_address import Address

CHROMIUM: Final = Path("/usr/bin/chromium")
#: WCAG 2.0 to 2.2, levels A and AA, with the rules axe adds as good practice.
AXE: Final = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


@dataclass
class Site:
    """A running site with a day at a branch, and browsers for it."""

    url: str
    day: Day
    browser: Browser

    def context(self, who: User | Role | None = None, *, language: str = "en", **given: Any) -> BrowserContext:
        """Return a browser in which somebody is signed in, or a device set up."""
        context = self.browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **given})
        cookies = [{"name": "django_language", "value": language, "url": self.url}]
        if who is not None:
            cookies.append({"name": site_settings.SESSION_COOKIE_NAME, "value": self._session(who), "url": self.url})
        context.add_cookies(cookies)  # type: ignore[arg-type]
        return context

    def _session(self, who: User | Role) -> str:
        if isinstance(who, User):
            return cast.signed_in(who).cookies[site_settings.SESSION_COOKIE_NAME].value
        from django.contrib.sessions.backends.db import SessionStore

        session = SessionStore()
        session[DEVICE] = cast.key(self.day.company.vilnius, role=who)[0].pk
        session.save()
        return str(session.session_key)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return Debian's Chromium."""
    if not CHROMIUM.exists():
        missing("Chromium is not installed")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def served(database_server: Address, django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the tests' database as it is served in earnest, in a process of its own; return where."""
    from django.conf import settings
    from django.db import connection

    data = tmp_path_factory.mktemp("site")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = {
        "DATABASE_URL": database_server.to(str(connection.settings_dict["NAME"])).url, "TROTH_DATA": str(data),
        "DJANGO_SETTINGS_MODULE": "troth.web.project.settings",
        "TROTH_SECRET_KEY": settings.SECRET_KEY,  # sessions and links made here are read there
    }  # fmt: skip
    environment = {**os.environ, **told}
    collect = [sys.executable, "-m", "django", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(collect, env=environment, check=True, timeout=120)
    command = [
        sys.executable, "-m", "uvicorn", "troth.web.project.asgi:application", "--port", str(port),
        "--log-level", "warning",
    ]  # fmt: skip
    with subprocess.Popen(command, env=environment) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            _wait_for(url, process)
            yield url
        finally:
            process.terminate()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx.get(f"{url}/alive").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the site did not come up")


@pytest.fixture
def site(transactional_db: None, monkeypatch: pytest.MonkeyPatch, browser: Browser, served: str) -> Site:
    """Return the running site with a new day at a branch."""
    # The browser's driver has an event loop in this thread; the rows of a test are made beside it.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    return Site(served, _now(day(cast.build())), browser)


def _now(day: Day) -> Day:
    """Return a day that goes by the clock on the wall, some time before now: nothing lies ahead of the pages."""
    from django.utils import timezone

    day.now = timezone.now() - 30 * _MINUTE
    return day


_MINUTE: Final = timedelta(minutes=1)


def _watched(page: Page) -> list[str]:
    """Return the list into which the browser's complaints go."""
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text) if one.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def test_a_customer_goes_from_the_kiosk_to_the_end(site: Site) -> None:
    """Kiosk, phone, wall and counter tell the same story, each within a moment of the click."""
    token = site.day.place.branch.token
    kiosk = site.context(Role.KIOSK).new_page()
    complaints = _watched(kiosk)
    kiosk.goto(f"{site.url}/kiosk/{token}")
    kiosk.get_by_role("link", name="English").click()
    kiosk.get_by_role("button", name="Cash").click()
    number = kiosk.locator(".got .no b").inner_text()
    mine = Ticket.objects.get()
    assert number == mine.label

    phone = site.context(viewport={"width": 390, "height": 844}).new_page()
    complaints += _watched(phone)
    phone.goto(f"{site.url}/t/{mine.token}")
    expect(phone.locator(".turn")).to_have_text("You are next.")
    wall = site.context(Role.DISPLAY).new_page()
    complaints += _watched(wall)
    wall.goto(f"{site.url}/wall/{token}")
    expect(wall.locator("[data-nexts]")).to_contain_text(number)

    clerk = site.context(site.day.company.bob).new_page()
    complaints += _watched(clerk)
    clerk.goto(f"{site.url}/counter")
    clerk.get_by_role("button", name="Open Counter 1").click()
    expect(clerk.get_by_role("button", name="Call next")).to_be_visible()
    clerk.keyboard.press("n")
    expect(clerk.locator("#front")).to_contain_text(number)
    expect(phone.locator(".turn")).to_have_text("Your turn. Please go to Counter 1.")
    assert phone.title().startswith("Your turn")
    expect(wall.locator(".call b").first).to_have_text(number)
    expect(wall.locator(".call .to").first).to_have_text("Counter 1")
    clerk.keyboard.press("s")
    expect(clerk.get_by_role("button", name="Finish and call next")).to_be_visible()
    expect(phone.locator(".turn")).to_contain_text("You are being served")
    clerk.keyboard.press("f")
    expect(clerk.locator("h2.answer")).to_have_text("Nobody is waiting")
    expect(phone.locator(".turn")).to_have_text("Done. Thank you for coming.")
    assert complaints == []


def test_the_counter_sees_who_comes_without_being_asked(site: Site) -> None:
    """A list on a page of staff is drawn anew when somebody joins; what is being typed stays."""
    clerk = site.context(site.day.company.bob).new_page()
    clerk.goto(f"{site.url}/counter")
    clerk.get_by_role("button", name="Open Counter 1").click()
    expect(clerk.locator("h2.answer")).to_have_text("Nobody is waiting")
    mine = site.day.join()
    expect(clerk.locator("#desk")).to_contain_text(mine.label)
    reception = site.context(site.day.company.bob).new_page()
    reception.goto(f"{site.url}/branches/vilnius/reception")
    reception.fill("#name", "Ona")
    other = site.day.join()
    expect(reception.locator("#newest")).to_contain_text(other.label)
    assert reception.input_value("#name") == "Ona"


def test_a_phone_without_streams_asks_now_and_then(site: Site) -> None:
    """A proxy that lets no stream through leaves the page a little slower, not wrong."""
    mine = site.day.join()
    phone = site.context(viewport={"width": 390, "height": 844}).new_page()
    phone.route("**/live/ticket/*.en", lambda route: route.abort())
    phone.goto(f"{site.url}/t/{mine.token}")
    expect(phone.locator(".turn")).to_have_text("You are next.")
    session = site.day.open()
    site.day.call(session)
    expect(phone.locator(".turn")).to_have_text("Your turn. Please go to Counter 1.", timeout=20_000)


def test_no_connection_is_said_and_over_when_it_is_back(site: Site) -> None:
    """The banner comes and goes by itself, and the stream is there again: nobody waits for the next question."""
    mine, context = site.day.join(), site.context()
    phone = context.new_page()
    phone.goto(f"{site.url}/t/{mine.token}")
    expect(phone.locator("[data-offline]")).to_be_hidden()
    context.set_offline(True)
    expect(phone.locator("[data-offline]")).to_be_visible()
    with phone.expect_response("**/live/ticket/*.en") as again:
        context.set_offline(False)
    assert again.value.headers["content-type"].startswith("text/event-stream")
    expect(phone.locator("[data-offline]")).to_be_hidden()


def test_an_answer_asked_for_before_the_line_went_dead_is_not_believed(site: Site) -> None:
    """A stream that opens after the line is gone was on its way before; the banner stays."""
    mine, context, held = site.day.join(), site.context(), list[Route]()
    # Playwright writes on what it is given, which a built-in function does not bear.
    context.route("**/live/ticket/*.en", lambda route: held.append(route))  # noqa: PLW0108
    context.route("**/live/ticket/*.json", lambda route: route.abort())
    phone = context.new_page()
    phone.goto(f"{site.url}/t/{mine.token}")
    context.set_offline(True)
    expect(phone.locator("[data-offline]")).to_be_visible()
    held[0].fulfill(content_type="text/event-stream", body="data: {}\n\n")
    phone.wait_for_timeout(300)
    expect(phone.locator("[data-offline]")).to_be_visible()
    assert len(held) == 2, "the page asks anew"


def test_a_refused_stream_is_asked_for_again(site: Site) -> None:
    """A server that had no room for a stream is asked again after a minute of questions."""
    mine, phone, asked = site.day.join(), site.context().new_page(), list[str]()
    phone.on(
        "request", lambda request: asked.append(request.url.rsplit(".", 1)[-1]) if "/live/" in request.url else None
    )
    phone.route("**/live/ticket/*.en", lambda route: route.fulfill(status=503))
    phone.clock.install()
    phone.goto(f"{site.url}/t/{mine.token}")
    for _ in range(15):
        with phone.expect_response("**/live/ticket/*.json"):
            phone.clock.run_for(5_100)
    assert asked.count("en") == 2
    assert asked.index("en", 1) in {13, 14}


def test_single_keys_can_be_turned_off(site: Site) -> None:
    """Who is bothered by keys turns them off in their list (WCAG 2.1.4)."""
    mine = site.day.join()
    clerk = site.context(site.day.company.bob).new_page()
    clerk.goto(f"{site.url}/counter")
    clerk.get_by_role("button", name="Open Counter 1").click()
    expect(clerk.get_by_role("button", name="Call next")).to_be_visible()
    clerk.keyboard.press("?")
    expect(clerk.locator("#keys")).to_contain_text("Call next")
    clerk.get_by_label("Use single keys").uncheck()
    clerk.keyboard.press("Escape")
    clerk.keyboard.press("n")
    clerk.wait_for_timeout(300)
    assert Ticket.objects.get(pk=mine.pk).state == "waiting"


def test_the_kiosk_goes_back_by_itself(site: Site) -> None:
    """After a while it asks, and without an answer the next customer finds the first page."""
    page = site.context(Role.KIOSK).new_page()
    page.clock.install()
    page.goto(f"{site.url}/kiosk/{site.day.place.branch.token}/en")
    page.clock.run_for(46_000)
    expect(page.get_by_role("dialog")).to_contain_text("Are you still there?")
    page.get_by_role("button", name="Yes, a little longer").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.clock.run_for(62_000)
    expect(page).to_have_url(f"{site.url}/kiosk/{site.day.place.branch.token}")


def _full_house(site: Site) -> dict[str, tuple[Any, str]]:
    """Fill the day and return pages by name, with who opens them."""
    day, company = site.day, site.day.company
    for _ in range(3):
        day.join(customer=company.kate)
    mine = day.join(service=company.loans)
    session = day.open()
    day.call(session)
    weekday = day.place.branch.today(day.now).weekday()
    for k in range(2):
        SlotRule.objects.create(
            branch=day.place.branch, service=company.loans, weekday=(weekday + k) % 7, opens="00:00", closes="24:00"
        )
    day.place.branch.calendar = None
    day.place.branch.save()
    slot = _free(site)
    kept = hold(branch=day.place.branch, service=company.loans, starts_at=slot, now=day.now)
    booked = book(appointment=kept, now=day.now, name="Kate K", phone="+37060000001")
    token = day.place.branch.token
    return {
        "join": (None, f"/join/{token}"),
        "poster": (None, f"/join/{token}/poster"),
        "ticket": (None, f"/t/{mine.token}"),
        "book": (None, f"/book/{token}"),
        "times": (None, f"/book/{token}?service={company.loans.pk}"),
        "booking": (None, letters.path_of(booked)),
        "kiosk": (Role.KIOSK, f"/kiosk/{token}"),
        "kiosk services": (Role.KIOSK, f"/kiosk/{token}/en"),
        "kiosk ticket": (Role.KIOSK, f"/kiosk/{token}/en/ticket/{mine.token}"),
        "wall": (Role.DISPLAY, f"/wall/{token}"),
        "counter": (company.bob, "/counter"),
        "choose": (company.tom, "/counter"),
        "reception": (company.tom, "/branches/vilnius/reception?find=kate"),
        "appointments": (company.tom, "/branches/vilnius/appointments"),
        "today": (company.alice, "/branches/vilnius/today"),
        "all": (company.alice, "/today?all"),
        "sheet": (company.alice, f"/branches/vilnius/tickets/{mine.pk}"),
        "branches": (company.ada, "/branches"),
        "settings": (company.ada, "/branches/vilnius/settings"),
        "line": (company.ada, f"/lines/{day.place.line.pk}"),
        "edit": (company.ada, f"/counters/{day.place.counters[0].pk}"),
        "missing": (None, "/nothing"),
    }


def _free(site: Site) -> Any:
    from troth.web.flow.appointments import free_slots

    day = site.day
    today = day.place.branch.today(day.now)
    for k in range(2):
        slots = free_slots(
            branch=day.place.branch,
            service=day.company.loans,
            day=today + 1440 * k * _MINUTE,
            now=day.now + 40 * _MINUTE,
        )
        if slots:
            return slots[0].starts_at
    raise AssertionError("no slot")


@pytest.mark.slow
@pytest.mark.parametrize(("scheme", "language"), [("light", "lt"), ("dark", "en")])
def test_every_screen_is_accessible(site: Site, scheme: Any, language: str) -> None:
    """Axe finds nothing, the browser complains of nothing, and nothing is wider than the screen."""
    wrong: dict[str, Any] = {}
    for name, (who, path) in _full_house(site).items():
        if isinstance(who, User):
            User.objects.filter(pk=who.pk).update(language=language)
        context = site.context(who, language=language, color_scheme=scheme)
        page = context.new_page()
        said = _watched(page)
        page.goto(f"{site.url}{path}")
        found = Axe().run(page, options=AXE)["violations"]
        if found:
            wrong[name] = [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found]
        said = [one for one in said if "404" not in one or name != "missing"]
        if said:
            wrong[f"{name}: browser"] = said
        for width in (390, 1440, 2560):
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wrong[f"{name}: {width}"] = "wider than the screen"
        context.close()
    assert wrong == {}


def test_live_changes_move_nothing_on_phone_and_wall(site: Site) -> None:
    """Layout shift stays at none while numbers change (Cumulative Layout Shift of the browser)."""
    mine = site.day.join()
    token = site.day.place.branch.token
    pages = []
    for who, path in ((None, f"/t/{mine.token}"), (Role.DISPLAY, f"/wall/{token}")):
        page = site.context(who).new_page()
        page.goto(f"{site.url}{path}")
        page.evaluate(
            "window.shift = 0; new PerformanceObserver((l) => l.getEntries().forEach((e) => { window.shift += e.value; }))"
            ".observe({type: 'layout-shift', buffered: false})"
        )
        pages.append(page)
    session = site.day.open()
    ahead = site.day.join(service=site.day.company.cards)
    actions.call_ticket(session=session, ticket=ahead, now=site.day.later())
    expect(pages[1].locator(".call b").first).to_have_text(ahead.label)
    pages[0].wait_for_timeout(700)
    assert pages[1].evaluate("window.shift") < 0.02
    assert pages[0].evaluate("window.shift") < 0.02
