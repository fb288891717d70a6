"""The demo company as a running site: set up once a day, today already in progress."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import click

from troth.cli._hands import Notebook, PastHands, instant, pseudonym
from troth.cli._names import name_of
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.demo import Truth, demo_company
from troth.demo.drive import BranchDriver, Hands
from troth.demo.visitors import branch_day
from troth.web.project.embedded import default_home
from troth.web.project.site import Installation, ready
from troth.web.project.tree import Child

if TYPE_CHECKING:
    from troth.web.project.bridge import Seeded

SEED: Final = 1
#: Number of the site that is played: the branch that is in its mid-morning.
LIVE: Final = 1
#: Where the driver keeps what its customers have booked, in the data folder.
NOTEBOOK: Final = "driver.bookings.json"
#: So much busier than in the log that `troth demo` writes: a line one can look at has somebody in it.
_BUSY: Final = 4.0
#: Bookings are made on the open day before: so many days ahead are played beside today.
AHEAD: Final = 4
_TIDY_MS: Final = 60_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def demo_installation(data: Path | None, *, until: str | None) -> Installation:
    """Return the demo's installation of the day; one of another day, or never finished, is thrown away.

    Raises
    ------
    InputError : ``folder-in-use``: the folder holds an installation that is no demo.
    """
    folder = data or default_home() / "demo"
    site = Installation.at(folder)
    mark = folder / "demo.json"
    if site.exists and not mark.exists():
        advice = "Maybe name another folder with --data: this one holds an installation of yours."
        raise InputError([Issue("folder-in-use", Severity.ERROR, "--data", str(folder), advice)])
    if mark.exists():
        told = json.loads(mark.read_text(encoding="utf-8"))
        began = datetime.fromisoformat(told["until"])
        zone = ZoneInfo(company(began).sites[LIVE].time_zone)
        if not told["ready"] or began.astimezone(zone).date() != instant_of(until).astimezone(zone).date():
            if site.embedded is not None:
                site.embedded.stop()
            shutil.rmtree(folder)
    return site


def instant_of(until: str | None) -> datetime:
    """Return the instant that counts as now when the demo is set up.

    Raises
    ------
    InputError : ``bad-time``.
    """
    if until is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(until)
    except ValueError:
        advice = "Maybe write it as 2026-06-30T07:40Z."
        raise InputError([Issue("bad-time", Severity.ERROR, "--until", until, advice)]) from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def company(until: datetime) -> Truth:
    """Return the demo company whose year ends at an instant."""
    return demo_company(until=until.replace(minute=0, second=0, microsecond=0), busy=_BUSY)


def set_up(site: Installation, *, port: int, until: str | None) -> tuple[list[tuple[str, str]], list[Child]]:
    """Make the demo's rows and this morning, unless they are there; return links to sign in, and who plays it.

    Parameters
    ----------
    port : where the web will listen, for the driver.
    until : when now is; the present if left out.
    """
    from troth.core.terms import Role

    mark = site.data / "demo.json"
    new = not mark.exists()
    now = instant_of(until) if new else datetime.fromisoformat(json.loads(mark.read_text(encoding="utf-8"))["until"])
    os.environ["TROTH_DEMO"] = "1"
    site.make()
    if new:
        _private(mark, json.dumps({"until": now.isoformat(), "ready": False}))
    if site.embedded is not None:
        site.embedded.start()
    site.open()
    ready()
    from troth.web.people.models import AccessKey, SignInLink
    from troth.web.project.bridge import seed

    truth = company(now)
    seeded = seed(truth, live=LIVE)
    if new:
        _customers(truth, seeded)
        play_past(truth, seeded, now=now, notebook=site.data / NOTEBOOK)
        _, secret = AccessKey.make(title="The demo's driver", unit=seeded.branch.unit, role=Role.ADMINISTRATOR)
        _private(site.data / "driver.key", secret)
        _private(mark, json.dumps({"until": now.isoformat(), "branch": seeded.branch.token, "ready": True}))
    links = [
        (f"{role.value.replace('_', ' ')}", SignInLink.make(user, now=datetime.now(UTC)))
        for user, role in seeded.personas
    ]
    from django.db import connection

    connection.close()
    play = [sys.executable, "-m", "troth.cli._play"]
    return links, [
        Child("history", [*play, "history", str(site.data)], again=False),
        Child("driver", [*play, "driver", str(site.data), str(port)]),
    ]


def play_past(truth: Truth, seeded: Seeded, *, now: datetime, notebook: Path) -> None:
    """Live the morning of the open branch up to now, on the rows themselves, with what was booked for the days ahead."""
    from troth.web.flow.repair import tidy

    hands = PastHands(seeded.branch, code=truth.sites[LIVE].code)
    drivers = [driver for _day, driver in drivers_of(truth, now=now, hands=hands, notebook=notebook, since=0)]
    until, start = now_ms(now), now_ms(day_start(truth, now))
    with click.progressbar(length=100, label="Living through the morning", file=sys.stderr) as bar:
        shown = tidied = 0
        while (at := min([until + 1, *(d.next_at for d in drivers if d.next_at is not None)])) <= until:
            for driver in drivers:
                driver.advance(at)
            if at >= tidied + _TIDY_MS:  # as the worker does: who did not come is written down in time
                tidied = at
                tidy(now=instant(at))
            share = round(100 * (at - start) / max(1, until - start))
            bar.update(max(0, share - shown))
            shown = max(shown, share)
    tidy(now=now)


def drivers_of(
    truth: Truth, *, now: datetime, hands: Hands, notebook: Path, since: int
) -> Iterator[tuple[date, BranchDriver]]:
    """Yield the drivers of today and the days ahead that can be booked by now: over a weekend and a holiday."""
    today = now.astimezone(ZoneInfo(truth.sites[LIVE].time_zone)).date()
    for ahead in range(AHEAD + 1):
        yield driver_of(truth, day=today + timedelta(days=ahead), hands=hands, notebook=notebook, since=since)


def driver_of(truth: Truth, *, day: date, hands: Hands, notebook: Path, since: int) -> tuple[date, BranchDriver]:
    """Return the driver of a day of the open branch."""
    plan = branch_day(truth, site=LIVE, seed=SEED, day=day)
    kept = Notebook(notebook, day=day)
    return day, BranchDriver(plan, hands=hands, paces=paces(truth), since=since, bookings=kept)


def paces(truth: Truth) -> dict[str, float]:
    """Return how long serving takes each person of the open branch, relative to the average."""
    return {agent.agent_id: agent.pace for agent in truth.sites[LIVE].agents}


def day_start(truth: Truth, now: datetime) -> datetime:
    """Return when the local day of the open branch began."""
    zone = ZoneInfo(truth.sites[LIVE].time_zone)
    return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def _customers(truth: Truth, seeded: Seeded) -> None:
    """Make the customers of the open branch, under the pseudonyms its log knows, with made-up names."""
    from troth.web.customers.models import Customer

    site = truth.sites[LIVE]
    since = datetime.fromisoformat(truth.start).replace(tzinfo=UTC)
    Customer.objects.bulk_create(
        (
            Customer(
                pseudonym=pseudonym(site.code, k), name=name_of(k),
                unit=seeded.branch.unit, created_at=since, language="lt" if k % 3 else "en",
            )
            for k in range(site.customers)
        ),
        batch_size=1000,
    )  # fmt: skip


def _private(path: Path, text: str) -> None:
    handle = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def now_ms(at: datetime) -> int:
    """Return an instant as the demo counts time."""
    return round((at - _EPOCH) / timedelta(milliseconds=1))
