"""What causes mean, in words."""

from __future__ import annotations

from typing import Final

from troth.kpi.reconcile.verdicts import CLOCK_DEPARTURES
from troth.kpi.reconcile.ways import DEPARTURES

#: What stands in the place of a cause where no change is one.
PLAIN: Final[dict[str, str]] = {
    "equal": "the same",
    "rounding": "the same but for rounding to the step they count in",
    "missing-event": "the log lacks an event that ours needs",
    "unexplained": "no change tried, and no two, give their figure",
}


def meaning(said: str) -> str:
    """Return what a cause means; see `Compared.said`.

    Examples
    --------
    >>> meaning("bot_reply+business_time")
    "a bot's reply counts as a reply; opening hours count, not all time"
    """
    if said in PLAIN:
        return PLAIN[said]
    parts = [DEPARTURES[c].sentence if c in DEPARTURES else CLOCK_DEPARTURES[c] for c in said.split("+")]
    return "; ".join(parts)
