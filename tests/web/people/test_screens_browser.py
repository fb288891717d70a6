"""The pages of people, services and customers in a real browser: accessible, nothing cut, nothing inline."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from axe_core_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import missing
from tests.web import cast
from tests.web.customers.test_history import visit
from troth.web.people.models import SignInLink

CHROMIUM: Final = Path("/usr/bin/chromium")
#: WCAG 2.0 to 2.2, levels A and AA.
AXE: Final = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return Debian's Chromium."""
    if not CHROMIUM.exists():
        missing("Chromium is not installed")
    # The browser's driver has an event loop in this thread; the rows of a test are made and flushed beside it.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        found = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def whole(browser: Browser, transactional_db: None) -> cast.Company:
    """Return the company with a branch, a visit, and a customer who is there twice."""
    made = cast.build()
    cast.branch(made)
    visit(made.kate)
    cast.customer("Kate Kazlauskiene", unit=made.vilnius, phone="860000001")
    return made


def _pages(company: cast.Company) -> dict[str, str]:
    kate, bob = [company.kate.pseudonym], [company.bob.code]
    plain = (
        "people", "person_new", "units", "unit_new", "calendars", "skills", "keys", "trail", "rights", "services",
        "service_new", "customers", "customer_new", "customer_duplicates", "my_account", "mfa_index",
        "account_change_password",
    )  # fmt: skip
    return {name: reverse(name) for name in plain} | {
        "person": reverse("person", args=bob), "unit": reverse("unit", args=["vilnius"]),
        "calendar": reverse("calendar", args=["bank-hours"]), "sheet": reverse("people_sheet", args=["skills"]),
        "service": reverse("service", args=["loans"]), "service_edit": reverse("service_edit", args=["loans"]),
        "customer": reverse("customer", args=kate), "customer_edit": reverse("customer_edit", args=kate),
    }  # fmt: skip


def _faults(page: Page, name: str) -> list[str]:
    found = Axe().run(page, options=AXE)["violations"]
    faults = [f"{name}: {one['id']} {one['nodes'][0]['html'][:120]}" for one in found]
    cut = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return faults + ([f"{name}: {cut} px too wide"] if cut > 0 else [])


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme", "language"), [(1440, "light", "en"), (390, "dark", "lt")])
def test_pages_are_accessible_and_whole(
    whole: cast.Company, browser: Browser, live_server: Any, width: int, scheme: Any, language: str
) -> None:
    """On a desk and on a phone, light and dark: axe finds nothing, nothing is cut, the policy blocks nothing."""
    whole.ada.language = language
    whole.ada.save()
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    blocked: list[str] = []
    page.on("console", lambda message: blocked.append(message.text) if "Content Security" in message.text else None)
    link = reverse("enter", args=[SignInLink.make(whole.ada, now=timezone.now())])
    page.goto(live_server.url + reverse("account_login"))
    faults = _faults(page, "account_login")
    page.goto(live_server.url + link)
    faults += _faults(page, "enter")
    page.click("main button")
    for name, address in _pages(whole).items():
        answer = page.goto(live_server.url + address)
        assert answer is not None and answer.status == 200, name
        page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")
        faults += _faults(page, name)
    page.close()
    assert faults == [] and blocked == []
