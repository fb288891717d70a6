"""What is forecast in the benchmark: public logs and demo companies, folded to days and places on the wall clock."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from troth.demo import World, demo_company

Floats = NDArray[np.float64]
#: Twelve weeks to learn from before the first forecast.
WARM = 84
#: What makes the 200 demo series: the queues of companies of these sizes, each with its own chance.
DEMO_FIRST = date(2026, 2, 23)
DEMO_SERIES, DEMO_DAYS, DEMO_SIZES = 200, 126, (0.3, 0.6, 1.2, 2.4)


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Series of one set, side by side, and the days on which the next ones are forecast.

    Parameters
    ----------
    values : shape (series, days, slots), NaN where nothing was recorded.
    open : which places are open, known to everybody beforehand as a calendar is, shape of `values`.
    origins : numbers of the first day forecast.
    keys, holidays : of each series its name and the country whose holidays it may keep.
    shut : days closed out of the ordinary, by series, with the holiday's name or none.
    """

    name: str
    first: date
    values: Floats
    open: NDArray[np.bool_]
    origins: tuple[int, ...]
    keys: tuple[str, ...]
    holidays: tuple[str, ...]
    horizons: Mapping[str, int] = field(default_factory=lambda: {"1d": 1, "1w": 7})

    @property
    def length(self) -> int:
        """Days with truth."""
        return int(self.values.shape[1])

    @property
    def weekday(self) -> NDArray[np.int64]:
        """0 is Monday, through all days."""
        return (self.first.weekday() + np.arange(self.length)) % 7

    @property
    def middle(self) -> int:
        """Origins before this day were looked at while the product was built; those from it on were not."""
        return self.origins[len(self.origins) // 2]


def opened(values: Floats, weekday: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return the open places: those of the week in which anything ever came, but for whole days without anything."""
    positive = np.nan_to_num(values) > 0
    found = np.zeros(values.shape, dtype=np.bool_)
    for k in range(7):
        some = weekday == k
        often = positive[:, some].sum(1, keepdims=True) >= max(1, round(0.05 * some.sum()))
        busy = positive[:, some].any(2).mean(1) > 0.5
        found[:, some] = often & (positive[:, some].any(2, keepdims=True) | ~busy[:, None, None])
    return found


def bank(folder: Path, *, every: int = 1) -> Task:
    """Return the calls of a large bank by half hour, every day after twelve weeks."""

    read = pd.read_csv(folder / "bank_calls_5min" / "calls_5min.csv.gz", parse_dates=["datetime"])
    halves = read.set_index("datetime")["calls"].resample("30min").sum(min_count=1)
    return _task("bank_calls", {"calls": halves}, holidays="US", every=every)


def emergency(folder: Path, *, every: int = 3) -> Task:
    """Return emergency calls by hour and kind, whole days only, every third day after twelve weeks."""

    read = pd.read_csv(
        folder / "emergency_911" / "911_montgomery.zip", usecols=["title", "timeStamp"], parse_dates=["timeStamp"]
    )
    kinds = read["title"].str.split(":").str[0]
    hours = pd.date_range("2015-12-11", "2016-08-24", freq="h", inclusive="left")
    found = {
        kind: read["timeStamp"][kinds == kind].dt.floor("h").value_counts().reindex(hours, fill_value=0)
        for kind in sorted(kinds.unique())
    }
    return _task("emergency", found, holidays="US-PA", every=every)


def anonymous(folder: Path) -> Task:
    """Return calls by type and hour of the days of a month of which three weeks are here; forecast from two weeks on."""

    read = pd.read_csv(folder / "anonymous_bank" / "calls_august_1_21.csv.gz")
    read.columns = read.columns.str.strip()
    at = pd.to_datetime(
        read["date"].astype(str).str.strip() + " " + read["vru_entry"].astype(str).str.strip(),
        format="mixed",
        yearfirst=True,
    )
    at = at - pd.DateOffset(years=11) if at.dt.year.min() == 2010 else at
    hours = pd.date_range("1999-08-01", "1999-08-22", freq="h", inclusive="left")
    kinds = read["type"].str.strip()
    found = {
        k: at[kinds == k].dt.floor("h").value_counts().reindex(hours, fill_value=0) for k in sorted(kinds.unique())
    }
    return _task("anonymous_bank", found, holidays="", warm=14)


def demo(scratch: Path, *, series: int = DEMO_SERIES, every: int = 5, origins: int = 4) -> Task:
    """Return arrivals by hour in the queues of demo companies; forecast on four days five days apart."""
    found: list[tuple[str, str, Floats]] = []
    seed = 0
    while len(found) < series:
        seed += 1
        found += _kept(seed, scratch / "demo")
    values = np.stack([one for _, _, one in found[:series]])
    keys, holidays = tuple(one[0] for one in found[:series]), tuple(one[1] for one in found[:series])
    weekday = (DEMO_FIRST.weekday() + np.arange(values.shape[1])) % 7
    last = values.shape[1] - 7
    days = tuple(last - every * k for k in range(origins))[::-1]
    return Task("demo", DEMO_FIRST, values, opened(values, weekday), days, keys, holidays)


def _kept(seed: int, folder: Path) -> list[tuple[str, str, Floats]]:
    """Return the queues of one company, made once."""
    path = folder / f"{seed:03d}.npz"
    if not path.exists():
        made = list(_company(seed))
        folder.mkdir(parents=True, exist_ok=True)
        keys, countries, values = zip(*made, strict=True)
        np.savez_compressed(path, values=np.stack(values), keys=keys, holidays=countries)
    data = np.load(path)
    return [(str(k), str(h), v) for k, h, v in zip(data["keys"], data["holidays"], data["values"], strict=True)]


def _company(seed: int) -> Iterator[tuple[str, str, Floats]]:
    """Yield the arrivals of each queue of one company by day and hour: (key, country, values)."""

    until = datetime(2026, 6, 29, 0, 0, tzinfo=ZoneInfo("Europe/Vilnius"))
    truth = demo_company(until=until, days=DEMO_DAYS + 2, size=DEMO_SIZES[seed % len(DEMO_SIZES)], seed=seed)
    columns = ["occurred_at", "activity", "contact_id", "case_id", "queue"]
    rows = World(truth, seed, keep=False).step(until).select(columns).to_pandas()
    coming = rows[rows["activity"].isin(["arrived", "queued", "opened"])]
    for site in truth.sites:
        country = {"Europe/Vilnius": "LT", "Europe/Zagreb": "HR"}.get(site.time_zone, "") if site.holidays else ""
        for queue in site.queues:
            mine = coming[coming["queue"] == queue.queue]
            contacts = mine[mine["activity"] != "opened"].drop_duplicates("contact_id")
            at = contacts if len(contacts) else mine.drop_duplicates("case_id")
            if not len(at):
                continue
            local = pd.to_datetime(at["occurred_at"], utc=True).dt.tz_convert(site.time_zone).dt.tz_localize(None)
            days = (local.dt.normalize() - pd.Timestamp(DEMO_FIRST)).dt.days.to_numpy()
            kept = (days >= 0) & (days < DEMO_DAYS)
            values = np.zeros((DEMO_DAYS, 24))
            np.add.at(values, (days[kept], local.dt.hour.to_numpy()[kept]), 1.0)
            if values.sum() >= DEMO_DAYS:
                yield f"{seed}/{queue.queue}", country, values


def _task(name: str, series: Mapping[str, Any], *, holidays: str, warm: int = WARM, every: int = 1) -> Task:
    """Return a set of regular pandas series by their keys."""

    first = min(one.index[0] for one in series.values()).normalize()
    last = max(one.index[-1] for one in series.values()).normalize()
    some = next(iter(series.values()))
    width = int((some.index[1] - some.index[0]).total_seconds() // 60)
    index = pd.date_range(first, last + pd.Timedelta(days=1), freq=f"{width}min", inclusive="left")
    values = np.stack([one.reindex(index).to_numpy(float).reshape(-1, 1440 // width) for one in series.values()])
    day = first.date()
    weekday = (day.weekday() + np.arange(values.shape[1])) % 7
    places = opened(values, weekday)
    # A day on which nothing is open has nothing to forecast and is no origin.
    days = [k for k in range(warm, values.shape[1]) if places[:, k].any()][::every]
    return Task(name, day, values, places, tuple(days), tuple(series), (holidays,) * len(series))


def samples() -> Path:
    """Return the folder of public logs."""
    folder = os.environ.get("TROTH_SAMPLES", "")
    if not folder:
        raise SystemExit("TROTH_SAMPLES must name the folder of public logs.")
    return Path(folder)


def from_file(path: Path, *, time: str, value: str | None, every: str, origins: int | None, horizon: str) -> Task:
    """Return the set of one file: instants in a column, and a number in another or each row counted as one."""

    read = pd.read_csv(path, parse_dates=[time])
    at = read.set_index(time)
    folded = at[value].resample(every).sum(min_count=1) if value else at.assign(one=1.0)["one"].resample(every).sum()
    made = _task(
        path.stem, {value or "rows": folded}, holidays="", warm=min(WARM, max(14, len(folded.resample("D")) // 2))
    )
    spans = {text: int(text[:-1]) * (7 if text.endswith("w") else 1) for text in horizon.split(",")}
    days = made.origins if origins is None else made.origins[:: max(1, len(made.origins) // origins)][:origins]
    return Task(made.name, made.first, made.values, made.open, days, made.keys, made.holidays, spans)


def until(task: Task, origin: int) -> date:
    """Return the first day forecast."""
    return task.first + timedelta(days=origin)
