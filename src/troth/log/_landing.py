"""Batches land: each is checked and committed in a thread of its own, in order, while the next one is read."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from troth.core.decision import Issue, Severity
from troth.log.check import check
from troth.log.lake import Lake
from troth.log.readers import Batch
from troth.log.schema import REJECTS

if TYPE_CHECKING:
    import duckdb

#: So many rejects of a batch are shown one by one.
_SHOWN: Final = 200
#: So many batches may wait, which bounds the memory.
_WAITING: Final = 2


@dataclass(slots=True)
class Stage:
    """What came of one batch or table: counts, issues and the files written.

    `failed` is 1 if a part of the file could not be read at all, `done` the share of the file read.
    """

    rows: int = 0
    events: int = 0
    rejects: int = 0
    failed: int = 0
    done: float = 1.0
    issues: list[Issue] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


class Landing:
    """Takes the batches of files, one file after another.

    Parameters
    ----------
    lake, con : where to; the connection belongs to the landing while a stream is open.
    now : kept with rejects.
    """

    def __init__(self, lake: Lake, con: duckdb.DuckDBPyConnection, *, now: datetime | None) -> None:
        self.lake, self.con, self.now = lake, con, now
        con.execute("CREATE TEMP TABLE cases (h UBIGINT)")

    def cases(self) -> int:
        """Return how many different cases landed."""
        (found,) = self.con.sql("SELECT count(DISTINCT h) FROM cases").fetchone() or (0,)
        return int(found)

    @contextmanager
    def stream(self, name: Callable[[], str], landed: Callable[[Stage], None]) -> Iterator[Callable[[Batch], None]]:
        """Give a function that takes the batches of one file; all have landed when the context ends.

        Parameters
        ----------
        name : gives the name of the stream; worked out in the thread, for it takes reading the file.
        landed : told of each batch, in order, in the caller's thread.

        Raises
        ------
        What went wrong with a batch. No later batch is committed then: one left out would never be made up for,
        since the number of the last batch is all that is known of a stream.
        """
        waiting: deque[Future[Stage | None]] = deque()
        broken = False
        order = 0

        def land(batch: Batch, number: int) -> Stage | None:
            nonlocal broken
            if broken:
                return None
            try:
                return self._land(batch, (stream.result(), number))
            except BaseException:
                broken = True
                raise

        def collect(most: int) -> None:
            while len(waiting) > most:
                stage = waiting.popleft().result()
                if stage is not None:
                    landed(stage)

        def give(batch: Batch) -> None:
            nonlocal order
            collect(_WAITING - 1)
            waiting.append(pool.submit(land, batch, order))
            order += 1

        with ThreadPoolExecutor(1, "troth-landing") as pool:
            stream = pool.submit(name)
            try:
                yield give
            finally:
                # What was read before a file turned out broken is good.
                collect(0)

    def _land(self, batch: Batch, number: tuple[str, int]) -> Stage:
        """Check one batch and commit what is good and what is not; the events last, for they close the batch."""
        good, bad = check(batch.drafts)
        rejects = stamped(pa.concat_tables([batch.rejects.cast(REJECTS), bad.cast(REJECTS)]), self.now)
        for side, rows in batch.side.items():
            self.lake.shelf("side", side, rows.schema).append(rows, batch=number)
        for table, rows in batch.reference.items():
            self.lake.reference(table).append(rows, batch=number)
        if len(rejects):
            self.lake.rejects.append(rejects, batch=number)
        self.con.register("good", good)
        self.con.execute("INSERT INTO cases SELECT DISTINCT hash(case_id) FROM good WHERE case_id IS NOT NULL")
        self.con.unregister("good")
        files = self.lake.events.append(good, batch=number)
        return Stage(
            rows=batch.rows,
            events=len(good),
            rejects=rejected_rows(rejects),
            failed=int(any(issue.severity is Severity.ERROR for issue in batch.issues)),
            done=batch.done,
            issues=[*batch.issues, *issues_of(rejects)],
            files=files,
        )


def stamped(rejects: pa.Table, now: datetime | None) -> pa.Table:
    """Return rejects with the time of the import."""
    kind = REJECTS.field("imported_at")
    times = pa.array([now] * len(rejects), kind.type)
    return rejects.set_column(rejects.schema.get_field_index("imported_at"), kind, times)


def rejected_rows(rejects: pa.Table) -> int:
    """Count rows rejected; a row with several problems counts once."""
    return rejects.group_by(["file", "row"]).aggregate([]).num_rows if len(rejects) else 0


def issues_of(rejects: pa.Table) -> list[Issue]:
    """Return rejects as issues: the first ones each, the rest as a count."""
    rows = rejects.select(["file", "row", "code", "column", "value", "advice"]).slice(0, _SHOWN).to_pylist()
    issues = []
    for r in rows:
        where = r["file"] + (f", row {r['row']}" if r["row"] else "") + (f", {r['column']}" if r["column"] else "")
        issues.append(Issue(r["code"], Severity.ERROR, where, r["value"] or "", r["advice"] or ""))
    if len(rejects) > _SHOWN:
        more = len(rejects) - _SHOWN
        advice = "Maybe see `troth rejects` for all of them."
        issues.append(Issue("more-rejects", Severity.ERROR, rows[0]["file"], str(more), advice, more))
    return issues
