"""Forms of dates and times people write, and which of them a sample of texts fits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import product
from typing import Final

_DATES: Final = (
    "%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%d/%m/%y", "%m/%d/%y",
    "%d.%m.%y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%Y%m%d",
)  # fmt: skip
_CLOCKS: Final = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%I:%M:%S %p", "%I:%M %p", "%H%M%S")

#: Every date, alone and with every clock after a space, comma or T.
CANDIDATES: Final = (
    *_DATES,
    *(f"{d}{gap}{c}" for d, gap, c in product(_DATES, (" ", ", ", "T"), _CLOCKS)),
)
_OFFSET: Final = re.compile(r"(?<=:\d\d)(\.\d+)?\s*(Z|z|UTC|GMT|[+-]\d\d:?\d\d|[+-]\d\d)$")
_ISO: Final = re.compile(r"\d{4}-\d\d?-\d\d?([T ]\d\d?:\d\d(:\d\d([.,]\d+)?)?)?\s*(Z|z|UTC|GMT|[+-]\d\d(:?\d\d)?)?$")


def has_offset(text: str) -> bool:
    """Tell whether a time ends in a time zone offset."""
    return _OFFSET.search(text) is not None


def fits(text: str, format_: str) -> bool:
    """Tell whether a text has the form."""
    if format_ == "iso":
        if not _ISO.match(text):
            return False
        try:
            datetime.strptime(text[:10], "%Y-%m-%d")  # noqa: DTZ007 - only the form is of interest
        except ValueError:
            return False
        return True
    bare = _OFFSET.sub(r"\1", text).strip()
    try:
        datetime.strptime(bare, format_)  # noqa: DTZ007
    except ValueError:
        return False
    return True


def forms(texts: Sequence[str]) -> list[str]:
    """Return the forms that every one of the texts fits, ISO 8601 first; none if there are no texts."""
    if not texts:
        return []
    found = ["iso"] if all(fits(t, "iso") for t in texts) else []
    return found + [c for c in CANDIDATES if fits(texts[0], c) and all(fits(t, c) for t in texts)]


def swapped(format_: str) -> str | None:
    """Return the format with day and month the other way round; None if it does not put them side by side as numbers."""
    if "%d" in format_ and "%m" in format_:
        return format_.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")
    return None
