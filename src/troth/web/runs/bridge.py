"""The way to the report: the only file of this app that knows the lake and the figures."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy

from troth.core.time import Step
from troth.kpi.query import Query
from troth.kpi.report import gather, render
from troth.log.lake import Lake
from troth.log.timelines import TIMELINES
from troth.log.timelines.cache import refresh
from troth.web.runs.lifecycle import Progress, RunKind

#: The share of a report's time that its timelines take when none is there yet.
_TIMELINES: Final = 0.6
_GATHERED: Final = 0.95


def report(progress: Progress) -> Mapping[str, Any]:
    """Write the report of a period: timelines first, one by one, then its figures, then the page.

    The input has `from` and `to` (days; all the log has by default) and `where` (members by dimension). The page is
    kept as a file beside the lake; the result says where, and what it is about.
    """
    asked, lake = progress.run.input, Lake(settings.LAKE)
    with lake.session() as con:
        for number, timeline in enumerate(TIMELINES.values(), 1):
            if progress.asked_to_stop():
                return {}
            refresh(lake, con, timeline)
            progress.tell(_TIMELINES * number / len(TIMELINES))
    every = Step(asked["every"]) if asked.get("every") else None
    found = gather(
        lake,
        query=Query(
            start=_day(asked.get("from")), end=_day(asked.get("to")), every=every, where=asked.get("where") or {}
        ),
    )
    progress.tell(_GATHERED)
    path = place(progress.run.pk)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = render(found, now=timezone.now().astimezone(UTC), version=importlib.metadata.version("troth"))
    half = path.with_suffix(".part")
    half.write_text(text, encoding="utf-8")
    half.rename(path)
    return {
        "file": path.name, "bytes": len(text.encode()), "from": found.frame.start.isoformat(),
        "to": found.frame.end.isoformat(), "kpis": len(found.lines), "events": found.frame.events,
    }  # fmt: skip


def place(run: int) -> Path:
    """Return where the page of a run is kept."""
    return Path(settings.DATA) / "runs" / f"report-{run}.html"


def _day(text: str | None) -> date | datetime | None:
    return date.fromisoformat(text) if text else None


REPORT: Final = RunKind("report", gettext_lazy("Report"), report)
