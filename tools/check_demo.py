"""Run the demo and check it: ``python -m tools.check_demo FOLDER PORT``. Status 0 if all is well, 1 if not."""

from __future__ import annotations

import csv
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx

#: How long the first page, and the year with its report, may take on a busy machine.
PAGE_S: Final = 180.0
HISTORY_S: Final = 900.0

#: Figures every demo company must have, one of each family; without a value a part of the chain is broken.
NEEDED = (
    "speed.answer", "speed.first_reply", "speed.handle", "speed.resolution", "outcome.first_contact", "voice.csat",
    "quality.score", "load.occupancy", "flow.volume", "flow.abandonment", "flow.backlog", "sla.service_level", "promise.kept",
    "worst.wait",
)  # fmt: skip

#: One thing over another, not a part of it: more may be worked, or missed, than was planned or came.
BEYOND_ONE = ("load.conformance", "demand.accuracy", "load.staffing")


def figures(kpis: list[dict[str, Any]]) -> list[str]:
    """Complain about figures that are missing, empty or impossible."""
    with_value = {one["id"] for one in kpis if one["value"] is not None and one["n"] > 0}
    wrong = [f"{name} has no value" for name in NEEDED if name not in with_value]
    for one in kpis:
        value, low, high = one["value"], one["low"], one["high"]
        if value is None:
            wrong += [] if one["reason"] else [f"{one['id']} has neither value nor reason"]
        elif one["unit"] == "share" and not (0 <= value <= 1 or (value > 1 and one["id"] in BEYOND_ONE)):
            wrong.append(f"{one['id']} is a share of {value}")
        elif low is not None and high is not None and not low <= value <= high:
            wrong.append(f"{one['id']} is {value}, outside {low} to {high}")
    return wrong


def page(text: str) -> list[str]:
    """Complain about a report that is cut short or loads anything from elsewhere."""
    wrong = [] if text.rstrip().endswith("</html>") else ["the report is cut short"]
    loaded = re.findall(
        r"<(?:script|img|iframe)[^>]+src=[\"']?(?!data:)([^\"' >]+)|<link[^>]+href=[\"']?(?!data:)([^\"' >]+)", text
    )
    return wrong + [f"the report loads {''.join(one)}" for one in loaded]


def site(folder: Path, port: int) -> list[str]:
    """Complain about a running demo that does not live: no page, no customers, facts that stay out of the lake."""
    told = json.loads((folder / "demo.json").read_text(encoding="utf-8"))
    key = (folder / "driver.key").read_text(encoding="utf-8")
    address = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=address, trust_env=False, timeout=30) as web:
        front = web.get("/", follow_redirects=True)
        wrong = (
            []
            if front.status_code == 200 and "<form" in front.text
            else [f"the first page answers {front.status_code}"]
        )
        wrong += [] if web.get("/today").status_code in {302, 404} else ["a stranger sees a page of the staff"]
        state = web.get(f"/api/v1/branches/{told['branch']}", headers={"Authorization": f"Bearer {key}"})
        wrong += [] if state.status_code == 200 and state.json()["services"] else ["the open branch does not answer"]
    return wrong


def main(folder: Path, port: int) -> int:
    """Start the demo, wait until all of it is made, say what is wrong, stop it; return the exit status."""
    shutil.rmtree(folder, ignore_errors=True)
    troth = [sys.executable, "-m", "troth.cli.main"]
    began = time.monotonic()
    serve = subprocess.Popen([*troth, "serve", "--demo", "--data", str(folder), "--port", str(port)])
    try:
        _wait(lambda: _answers(port), serve, "the first page", PAGE_S)
        sys.stdout.write(f"demo: first page after {time.monotonic() - began:.0f} s\n")
        _wait((folder / "history.done").exists, serve, "the year and its report", HISTORY_S)
        sys.stdout.write(f"demo: the year and its report after {time.monotonic() - began:.0f} s\n")
        wrong = site(folder, port)
        said = subprocess.run(
            [*troth, "kpi", "--lake", str(folder / "lake"), "--format", "json"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        kpis = json.loads(said)["kpis"]
        wrong += figures(kpis) + page(_report(folder).read_text(encoding="utf-8"))
        wrong += lived(folder / "lake")
    finally:
        serve.send_signal(signal.SIGINT)
        status = serve.wait(60)
    wrong += [] if status == 0 else [f"it ended with status {status}"]
    wrong += ["the web still answers"] if _answers(port) else []
    sys.stdout.write(
        "".join(f"demo: {one}\n" for one in wrong) or f"demo: {len(kpis)} figures, the report and the site are sound\n"
    )
    return 1 if wrong else 0


def _report(folder: Path) -> Path:
    """Return the report the demo made, by the number it wrote down."""
    return folder / "runs" / f"report-{(folder / 'history.done').read_text(encoding='ascii')}.html"


def lived(lake: Path) -> list[str]:
    """Complain if nothing of the day played live has reached the lake."""
    troth = [
        sys.executable,
        "-m",
        "troth.cli.main",
        "export",
        "csv",
        "--lake",
        str(lake),
        "--out",
        str(lake / "live.csv"),
    ]
    subprocess.run(
        [*troth, "--from", f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%d}"], check=True, capture_output=True
    )
    with (lake / "live.csv").open(encoding="utf-8", newline="") as file:
        found = {row["activity"] for row in csv.DictReader(file) if row["source"] == "troth"}
    (lake / "live.csv").unlink()
    lacking = {"queued", "called", "answered", "ended"} - found
    return [f"nothing live in the lake: no {', '.join(sorted(lacking))}"] if lacking else []


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/alive", trust_env=False, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def _wait(done: Callable[[], bool], process: subprocess.Popen[bytes], what: str, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not done():
        if process.poll() is not None or time.monotonic() > until:
            raise SystemExit(f"demo: {what} did not come")
        time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
