"""Small programs of the outbox benchmark, on the database and lake that the environment names; ``-m`` with a word."""

from __future__ import annotations

import json
import sys
import threading
from datetime import datetime
from pathlib import Path

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from tests.web import cast  # noqa: E402
from troth.core.terms import Role  # noqa: E402
from troth.web.outbox import bridge, exporter  # noqa: E402
from troth.web.outbox.bridge import Lake  # noqa: E402
from troth.web.promises.sweep import sweep  # noqa: E402


def migrate() -> None:
    """Make or update the tables."""
    call_command("migrate", interactive=False, verbosity=0)


def seed() -> None:
    """Make a bank with a branch and its people, and print what customers and clerks need."""
    company = cast.build()
    place = cast.branch(company)
    _, secret = cast.key(company.vilnius, role=Role.ADMINISTRATOR)
    clerks = [company.bob, company.beth, company.tom]
    print(json.dumps({"key": secret, "branch": place.branch.token, "clerks": [one.code for one in clerks]}))


def renew() -> None:
    """Tell the outbox that its database was restored."""
    exporter.renew(now=timezone.now())


def worker() -> None:
    """Export as fast as can be and compact all the time; break promises too, for those are facts of workers."""
    bridge._FILES = 12  # noqa: SLF001
    once = exporter.export_once

    def swept(lake: Lake, *, now: datetime) -> int:
        sweep(now=timezone.now())
        done = once(lake, now=now)
        Path(sys.argv[2]).touch()
        return done

    exporter.export_once = swept
    exporter.run_forever(threading.Event(), every_s=0.02)


if __name__ == "__main__":
    {"migrate": migrate, "seed": seed, "renew": renew, "worker": worker}[sys.argv[1]]()
