"""What a routing server's answer must be like to be used, and what is said of one that is not."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from troth.field.travel.places import Floats, straight_m

#: No trip takes longer, in seconds, or is longer, in metres.
_LONGEST_S: Final = 7 * 86_400.0
_LONGEST_M: Final = 20_100_000.0
#: Faster than this over the straight way is not driven, in metres a second.
_FASTEST_MPS: Final = 100.0


class NoAnswerError(Exception):
    """The server did not answer with a table; `dead` if asking for the next block makes no sense."""

    def __init__(self, code: str, value: str, *, dead: bool) -> None:
        super().__init__(value)
        self.code, self.value, self.dead = code, value, dead


def believed(tables: tuple[Any, Any], origins: Floats, ends: Floats) -> tuple[Floats, Floats]:
    """Return seconds and metres if they can be true; infinite where the server says there is no way.

    Raises
    ------
    NoAnswerError
        For another size, text, negative and endless numbers, and trips faster than can be driven.
    """
    shape, found = (len(origins), len(ends)), []
    for name, given, most in (("durations", tables[0], _LONGEST_S), ("distances", tables[1], _LONGEST_M)):
        rows = given if isinstance(given, list) else []
        if len(rows) != shape[0] or any(not isinstance(row, list) or len(row) != shape[1] for row in rows):
            raise NoAnswerError(
                "server-answer-size", f"{name}: {len(rows)} rows for {shape[0]} x {shape[1]}", dead=False
            )
        cells = [cell for row in rows for cell in row]
        wrong = [one for one in cells if one is not None and not (type(one) in {int, float} and 0 <= one <= most)]
        if wrong:
            raise NoAnswerError("server-answer-value", f"{name}: {str(wrong[0])[:40]}", dead=False)
        found.append(np.array([np.inf if one is None else float(one) for one in cells]).reshape(shape))
    seconds, metres = found
    gone = np.isinf(seconds) | np.isinf(metres)
    seconds[gone], metres[gone] = np.inf, np.inf
    # A server may move a place to the next street; ten kilometres on top are its freedom.
    quick = straight_m(origins, ends) > seconds * _FASTEST_MPS + 10_000.0
    if quick.any():
        i, j = (int(one[0]) for one in np.nonzero(quick))
        shown = f"durations: {seconds[i, j]:g} s is faster than can be driven"
        raise NoAnswerError("server-answer-value", shown, dead=False)
    return seconds, metres


def in_metres(rows: Any) -> Any:
    """Return kilometres as metres, and what is no number as it is."""
    if not isinstance(rows, list):
        return rows
    return [
        [one * 1000 if isinstance(one, int | float) and not isinstance(one, bool) else one for one in row]
        if isinstance(row, list)
        else row
        for row in rows
    ]


ADVICE: Final = {
    "server-dead": "Maybe it is not running, or the address is another.",
    "server-refused": "Maybe its map does not cover these places, or it allows fewer places in one request.",
    "server-answer-bad": "Maybe another program answers at this address.",
    "server-answer-huge": "Maybe another program answers at this address.",
    "server-answer-size": "Maybe the server is of another version, or another program answers.",
    "server-answer-value": "Maybe the server is of another version: no trip takes so long, or less than nothing.",
}
