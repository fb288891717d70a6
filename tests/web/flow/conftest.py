"""The day that tests of customer flow work in."""

from __future__ import annotations

import pytest

from tests.web.cast import Company
from tests.web.flow.day import Day, day


@pytest.fixture
def bank(company: Company) -> Day:
    """Return a day at a branch, with no counter open and nobody there."""
    return day(company)


@pytest.fixture
def clock(bank: Day, monkeypatch: pytest.MonkeyPatch) -> Day:
    """Return the day, with the pages' clock showing its time."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: bank.now)
    return bank
