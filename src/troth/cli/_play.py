"""What runs beside the demo's site: `history` makes its past and the report, `driver` plays today; run by `python -m`."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from troth.cli._demo_site import AHEAD, LIVE, NOTEBOOK, SEED, company, day_start, driver_of, drivers_of, now_ms
from troth.cli._hands import ApiHands
from troth.demo import write
from troth.demo.drive import BranchDriver

if TYPE_CHECKING:
    from troth.web.runs.models import Run

log = logging.getLogger("troth.demo")

_DAYS: Final = 365
#: The last four weeks come first, so that there is something to look at soon.
_RECENT: Final = timedelta(days=28)
_SLEEP_S: Final = 0.5


def history(data: Path) -> int:
    """Write the company's year, import its last four weeks and then all of it, and have the report made.

    The open branch's log ends with yesterday: today is played live. Interrupted, it begins again and changes nothing
    that is there.
    """
    from troth.web.people.models import Unit
    from troth.web.runs import lifecycle
    from troth.web.runs.models import Run

    began = datetime.fromisoformat(json.loads((data / "demo.json").read_text(encoding="utf-8"))["until"])
    done = data / "history.done"
    if done.exists():
        return 0
    root = Unit.objects.get(code="demo")
    run, _ = Run.objects.get_or_create(
        kind="history", unit=root, input_hash=began.isoformat(), defaults={"asked_at": datetime.now(UTC), "seed": SEED}
    )
    Run.objects.filter(pk=run.pk).update(status=lifecycle.RUNNING, started_at=datetime.now(UTC))
    _history(data, began, lambda share: _tell(run, share))
    Run.objects.filter(pk=run.pk).update(status=lifecycle.DONE, ended_at=datetime.now(UTC), progress=1.0)
    report = lifecycle.start(
        "report",
        asked={"from": str(began.date() - timedelta(days=_DAYS)), "to": str(began.date())},
        unit=root,
        user=None,
        now=datetime.now(UTC),
    )
    while Run.objects.filter(pk=report.pk, status__in=lifecycle.OPEN).exists():
        time.sleep(_SLEEP_S)
    done.write_text(str(report.pk), encoding="ascii")
    return 0


def _history(data: Path, began: datetime, tell: Callable[[float], None]) -> None:
    import pyarrow.parquet as pq

    from troth.log.ingest import ingest
    from troth.log.lake import Lake

    until = began.replace(minute=0, second=0, microsecond=0)
    truth = company(began)
    folder, recent = data / "demo-log", data / "demo-log-recent"
    write(
        folder, truth=truth, seed=SEED, until=until, ends={LIVE: day_start(truth, began)},
        progress=lambda share: tell(0.5 * share),
    )  # fmt: skip
    recent.mkdir(exist_ok=True)
    for path in sorted(folder.glob("events-*.parquet")):
        late = pq.read_table(path, filters=[("occurred_at", ">=", until - _RECENT)])
        pq.write_table(late, recent / path.name)
    lake = Lake(data / "lake")
    now = datetime.now(UTC)
    ingest(lake, source="troth", paths=[recent, folder / "reference"], now=now)
    tell(0.6)
    ingest(
        lake, source="troth", paths=[folder], now=now, on_progress=lambda _what, share, _so_far: tell(0.6 + 0.4 * share)
    )


def _tell(run: Run, share: float) -> None:
    type(run).objects.filter(pk=run.pk).update(progress=share)


def driver(data: Path, port: int) -> int:
    """Play the open branch's days, from now on, through the API of the site on `port`."""
    told = json.loads((data / "demo.json").read_text(encoding="utf-8"))
    truth = company(datetime.fromisoformat(told["until"]))
    site = truth.sites[LIVE]
    hands = ApiHands(
        f"http://127.0.0.1:{port}", key=(data / "driver.key").read_text(encoding="utf-8"), branch=told["branch"],
        code=site.code,
    )  # fmt: skip
    zone = ZoneInfo(site.time_zone)
    notebook, now = data / NOTEBOOK, datetime.now(UTC)
    drivers = dict(drivers_of(truth, now=now, hands=hands, notebook=notebook, since=now_ms(now)))
    while True:
        today = datetime.now(zone).date()
        for ahead in (today + timedelta(days=k) for k in range(AHEAD + 1)):
            if ahead not in drivers:
                _, drivers[ahead] = driver_of(truth, day=ahead, hands=hands, notebook=notebook, since=now_ms(now))
        drivers = {day: play for day, play in drivers.items() if day >= today}
        log.info("Playing %s at %s", today, site.title)
        _play(drivers.values(), today, zone)


def _play(drivers: Iterable[BranchDriver], today: date, zone: ZoneInfo) -> None:
    while datetime.now(zone).date() == today:
        for play in drivers:
            play.advance(now_ms(datetime.now(UTC)))
        time.sleep(_SLEEP_S)


def main(words: Sequence[str]) -> int:
    """Run `history DATA` or `driver DATA PORT`."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    if words[0] == "driver":
        return driver(Path(words[1]), int(words[2]))
    import django

    django.setup()
    return history(Path(words[1]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
