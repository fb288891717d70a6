"""The demo company as a running site: set up once a day, today already in progress."""

from __future__ import annotations

import json
import os
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import click

from troth.cli._hands import PastHands, pseudonym
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.demo import Truth, demo_company
from troth.demo.drive import BranchDriver
from troth.demo.visitors import branch_day
from troth.web.project.embedded import default_home
from troth.web.project.site import Installation, ready
from troth.web.project.tree import Child

if TYPE_CHECKING:
    from troth.web.project.bridge import Seeded

SEED: Final = 1
#: Number of the site that is played: the branch that is in its mid-morning.
LIVE: Final = 1
#: So much busier than in the log that `troth demo` writes: a line one can look at has somebody in it.
_BUSY: Final = 4.0
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST: Final = (
    "Asta Jonas Miglė Petras Ona Lukas Greta Mantas Vida Paulius Ugnė Darius Lina Tadas Rūta Marius Eglė Tomas Aistė Simonas "
    "Jurga Vytas Laima Karolis Daiva Rokas Inga Saulius Neringa Andrius Birutė Justas Rasa Algis Milda Giedrius Jolanta "
    "Arūnas Kristina Nerijus"
).split()
#: Surnames of men; women's end in -ė.
_LAST: Final = (
    "Abelkis Adomaitis Baltrus Bielinis Brazdžius Budrys Daukša Dirgėla Gabrys Gailius Galdikas Girdenis Jasaitis Juodis Karalius "
    "Kasparas Keturakis Kudirka Lapinskas Laurinaitis Liutkus Mažeika Mikalauskas Mockus Morkūnas Naujokas Norkus Oželis Pakalnis "
    "Petrulis Puodžius Radvila Rimkus Rudys Sabaliauskas Saulėnas Skuodis Stankus Šalna Šarka Šimkus Šulcas Tamulis Tauras "
    "Tumėnas Urbonas Uždavinys Vaičiulis Vaitkus Valančius Varnas Venckus Vilkas Zabiela Zaleckas Žemaitis Žilius Žukas Žvirblis"
).split()


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
        play_past(truth, seeded, now=now)
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


def play_past(truth: Truth, seeded: Seeded, *, now: datetime) -> None:
    """Live the morning of the open branch up to now, on the rows themselves."""
    site = truth.sites[LIVE]
    day = branch_day(truth, site=LIVE, seed=SEED, day=now.astimezone(ZoneInfo(site.time_zone)).date())
    driver = BranchDriver(day, hands=PastHands(seeded.branch, code=site.code), paces=paces(truth))
    until = now_ms(now)
    with click.progressbar(length=100, label="Living through the morning", file=sys.stderr) as bar:
        start = day.opens or until
        shown = 0
        while driver.next_at is not None and driver.next_at <= until:
            driver.advance(driver.next_at)
            share = round(100 * (min(driver.next_at or until, until) - start) / max(1, until - start))
            bar.update(max(0, share - shown))
            shown = max(shown, share)


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
                pseudonym=pseudonym(site.code, k), name=_name(k),
                unit=seeded.branch.unit, created_at=since, language="lt" if k % 3 else "en",
            )
            for k in range(site.customers)
        ),
        batch_size=1000,
    )  # fmt: skip


def _name(k: int) -> str:
    """Return the name of a customer, women and men in turn; of those beyond all plain names, one with two surnames."""
    more, n = divmod(k // len(_FIRST), len(_LAST))
    ends = [_LAST[n]] + ([_LAST[(n + 11 * more) % len(_LAST)]] if more else [])
    woman = k % len(_FIRST) % 2 == 0
    return f"{_FIRST[k % len(_FIRST)]} {'-'.join(one.rstrip('aiuys') + 'ė' if woman else one for one in ends)}"


def _private(path: Path, text: str) -> None:
    handle = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def now_ms(at: datetime) -> int:
    """Return an instant as the demo counts time."""
    return round((at - _EPOCH) / timedelta(milliseconds=1))
