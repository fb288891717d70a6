"""The import loop: files in, checked events in the lake, everything else in the rejects, and a count of it all.

Each batch of a file is one commit under a batch number that depends only on the file's content and the options,
so an import killed anywhere leaves the lake as before or after one batch, and running it again completes it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from troth.core.decision import Issue, Severity, Stop
from troth.core.errors import InputError
from troth.log import reference
from troth.log._landing import Landing, Stage
from troth.log._repeats import repeats
from troth.log.lake import Lake
from troth.log.readers import ReadOptions, find, reader
from troth.log.references import import_reference
from troth.log.upkeep import compact

#: Raises the number with every change in what a reader makes of the same bytes, so that re-imports are not skipped.
_FORMAT: Final = 1


@dataclass(slots=True)
class ImportReport:
    """What an import did.

    Parameters
    ----------
    source : the reader's name.
    files, rows, events, cases : what was read; events are the good ones, known ones included.
    rejects : rows or events not taken; `duplicates` : events whose source and id the lake knew already.
    issues : everything doubtful or wrong, the same code at the same file and column counted once.
    failed : files of which nothing could be used, or not all of it could be read.
    stopped : whether it was asked to stop before the end.
    """

    source: str
    files: int = 0
    rows: int = 0
    events: int = 0
    cases: int = 0
    rejects: int = 0
    duplicates: int = 0
    issues: list[Issue] = field(default_factory=list)
    failed: int = 0
    stopped: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data for JSON."""
        plain = asdict(self) | {"issues": [issue.as_dict() for issue in self.issues]}
        return {k: plain[k] for k in ("source", "files", "rows", "events", "cases", "rejects", "duplicates", "issues")}


def ingest(
    lake: Lake,
    *,
    source: str,
    paths: Sequence[Path],
    options: ReadOptions = ReadOptions(),
    now: datetime | None = None,
    on_progress: Callable[[str, float, ImportReport], None] | None = None,
    stop: Stop = Stop(),
) -> ImportReport:
    """Import files into a lake.

    Parameters
    ----------
    lake : where to.
    source : name of a reader; see `readers.names`.
    paths : files, or folders whose files are meant.
    options : how to read them.
    now : kept with rejects, which are purged by age; without it nothing that killed runs left is swept.
    on_progress : told the file or the work, the share done of all files and the report so far, after every batch.
    stop : when to stop early; what is committed stays.

    Returns
    -------
    The report. Good rows are in the lake even if others were rejected.

    Raises
    ------
    InputError : an unknown source, or no file to read.
    """
    report = ImportReport(source)
    events, tables = _files(source, paths)
    old = lake.events.files()

    def tell(what: str, done: float) -> None:
        if on_progress is not None:
            on_progress(what, done, report)

    with lake.session() as con:
        landing = Landing(lake, con, now=now)
        new: list[str] = []
        failed: set[int] = set()
        for number, path in enumerate(events):

            def landed(stage: Stage, number: int = number, path: Path = path) -> None:
                new.extend(stage.files)
                report.rows += stage.rows
                report.events += stage.events
                report.rejects += stage.rejects
                report.issues.extend(stage.issues)
                if stage.failed:
                    failed.add(number)
                tell(path.name, (number + stage.done) / len(events))

            if not _file(landing, path, source=source, options=options, landed=landed, stop=stop, report=report):
                failed.add(number)
            if report.stopped:
                break
        report.failed = len(failed)
        report.cases = landing.cases()
        known, ties = repeats(con, new=new, old=[*old["base"], *old["tail"]], events=report.events)
        report.duplicates = known
        report.issues.extend(ties)
    for path in tables:
        stage = import_reference(lake, path=path, stream=_digest(path, ReadOptions()), now=now)
        report.files += 1
        report.rows += stage.rows
        report.rejects += stage.rejects
        report.failed += stage.failed
        report.issues.extend(stage.issues)
    report.issues = _gathered(report.issues)
    if lake.due() and not report.stopped:
        compact(lake, on_progress=lambda done: tell("compacting", done))
    if now is not None:
        lake.vacuum(now=now)
    return report


def _file(
    landing: Landing,
    path: Path,
    *,
    source: str,
    options: ReadOptions,
    landed: Callable[[Stage], None],
    stop: Stop,
    report: ImportReport,
) -> bool:
    """Read one file while its batches land in another thread; tell whether all of it could be read."""
    report.files += 1
    try:
        with landing.stream(lambda: f"{source}/{_digest(path, options, source)}", landed) as give:
            for batch in reader(source).read(path, options):
                give(batch)
                if stop.reached():
                    report.stopped = True
                    break
    except InputError as error:
        report.issues.extend(error.issues)
        return False
    return True


def _files(source: str, paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Return the files with events and those with reference tables."""
    issues = [
        Issue(
            "no-such-file", Severity.ERROR, str(path), advice="Maybe the name is misspelt, or it is in another folder."
        )
        for path in paths
        if not path.exists()
    ]
    try:
        reader(source)
    except KeyError:
        issues.append(
            Issue("unknown-source", Severity.ERROR, "source", source, "Maybe csv: see `troth import --help`.")
        )
    if issues:
        raise InputError(issues)
    files = find(paths)
    tables: list[Path] = []
    if source == "troth":
        inside = [path / "reference" for path in paths if (path / "reference").is_dir()]
        tables = [f for f in find(inside) if f.suffix == ".csv"]
        tables += [f for f in files if f.suffix == ".csv" and f.stem in reference.TABLES]
        files = [f for f in files if f.name.startswith("events")]
    if not files and not tables:
        where = ", ".join(map(str, paths))
        raise InputError([Issue("no-files", Severity.ERROR, where, advice="Maybe the folder is empty.")])
    return files, tables


def _digest(path: Path, options: ReadOptions, source: str = "") -> str:
    """Return a name for a file's content under given options; the file's own name plays no part in it.

    What a reader looks up in files beside counts as well, by their sizes and times of change.
    """
    digest = hashlib.blake2b(digest_size=16)
    chosen = asdict(options)
    if options.mapping and Path(options.mapping).is_file():
        chosen["mapping"] = Path(options.mapping).read_text("utf-8", "replace")
    digest.update(json.dumps([_FORMAT, chosen, path.suffixes]).encode())
    beside = reader(source).beside if source else None
    for other in beside(path) if beside is not None and path.exists() else ():
        digest.update(f"{other.stat().st_size}/{other.stat().st_mtime_ns};".encode())
    try:
        with path.open("rb") as stream:
            while piece := stream.read(1 << 20):
                digest.update(piece)
    except OSError as error:
        advice = "Maybe the rights to read it are missing."
        raise InputError([Issue("no-file", Severity.ERROR, path.name, str(error), advice)]) from error
    return digest.hexdigest()


def _gathered(issues: list[Issue]) -> list[Issue]:
    """Return the issues with equal ones counted once, in the order first seen."""
    counted: dict[tuple[str, str, str, str, str], Issue] = {}
    for issue in issues:
        key = (issue.code, str(issue.severity), issue.where, issue.value, issue.advice)
        known = counted.get(key)
        counted[key] = replace(known, count=known.count + issue.count) if known else issue
    return list(counted.values())
