"""Check what ``make demo`` made: ``python -m tools.check_demo LAKE REPORT``. Status 0 if all is well, 1 if not."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

#: Figures every demo company must have, one of each family; without a value a part of the chain is broken.
NEEDED = (
    "speed.answer", "speed.first_reply", "speed.handle", "speed.resolution", "outcome.first_contact", "voice.csat",
    "quality.score", "load.occupancy", "flow.volume", "flow.abandonment", "flow.backlog", "sla.service_level", "promise.kept",
    "worst.wait",
)  # fmt: skip


def figures(kpis: list[dict[str, Any]]) -> list[str]:
    """Complain about figures that are missing, empty or impossible."""
    with_value = {one["id"] for one in kpis if one["value"] is not None and one["n"] > 0}
    wrong = [f"{name} has no value" for name in NEEDED if name not in with_value]
    for one in kpis:
        value, low, high = one["value"], one["low"], one["high"]
        if value is None:
            wrong += [] if one["reason"] else [f"{one['id']} has neither value nor reason"]
        elif one["unit"] == "share" and not 0 <= value <= 1:
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


def main(lake: str, report: str) -> int:
    """Check a lake and a report, say what is wrong, return the exit status."""
    troth = [sys.executable, "-m", "troth.cli.main", "kpi", "--lake", lake, "--format", "json"]
    said = subprocess.run(troth, capture_output=True, text=True, check=True).stdout
    kpis = json.loads(said)["kpis"]
    wrong = figures(kpis) + page(Path(report).read_text(encoding="utf-8"))
    sys.stdout.write(
        "".join(f"demo: {one}\n" for one in wrong) or f"demo: {len(kpis)} figures and the report are sound\n"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
