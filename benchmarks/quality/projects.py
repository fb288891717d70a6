"""Projects: schedules of published instances; each part of the room beside its peers in the same run.

    python -m benchmarks.quality.projects [PATH ...] [--part schedule|allocation|promise|world|market] [--set quick|issue|full] [--seconds S] [--seeds N]
                                          [--peers] [--json]

Without `--part` all parts are run. What `value`, `reference` and `feasible` are stands in the head of each part's own file,
`_projects_PART.py`, which has a function `run(options, asked)`: `asked` is what `sets.toml` says of the part in the set.
PATHs belong to one part, so they need `--part`.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Final

from benchmarks.quality._common import case_set, parser

#: The parts, each with its file; ``market`` is the part ``world`` with deals that hang together more.
PARTS: Final = {
    "schedule": "schedule",
    "allocation": "allocation",
    "promise": "promise",
    "world": "world",
    "market": "world",
}


def main(args: Sequence[str] | None = None) -> int:
    """Run the parts; the status is 1 if a judge rejects anything."""
    made = parser(__doc__)
    made.add_argument("--part", choices=PARTS, help="only this part")
    made.add_argument("--seconds", type=float, help="time for each run instead of the set's")
    made.add_argument("--peers", action="store_true", help="run the peers too")
    options = made.parse_args(args)
    if options.paths and options.part is None:
        made.error("PATHs need --part")
    asked = case_set("projects", options.set)
    good = True
    for part in (options.part,) if options.part else PARTS:
        room = importlib.import_module(f"benchmarks.quality._projects_{PARTS[part]}")
        good &= room.run(
            options, {"seeds": asked["seeds"]} | asked[part] | ({"seeds": options.seeds} if options.seeds else {})
        )
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
