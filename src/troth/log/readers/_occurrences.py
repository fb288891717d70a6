"""Numbers equal rows of a file, in bounded memory: eight bytes for each row seen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]


class Occurrences:
    """How often each key was seen before.

    Keys are 64-bit hashes kept in sorted arrays that are merged as they grow, like the levels of a sort. Two
    different rows with one key (about 3 in a million files of ten million rows) would only make the later one's
    number 1 instead of 0.

    Examples
    --------
    >>> import numpy as np
    >>> seen = Occurrences()
    >>> seen.number(np.array([7, 8, 7], np.uint64)).tolist()
    [0, 0, 1]
    >>> seen.number(np.array([8, 9], np.uint64)).tolist()
    [1, 0]
    """

    def __init__(self) -> None:
        self._levels: list[Keys] = []
        self._more: dict[int, int] = {}

    def number(self, keys: Keys) -> npt.NDArray[np.int64]:
        """Return for each key how many equal ones came before it, and remember them all."""
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        fresh = np.ones(len(keys), bool)
        fresh[1:] = ordered[1:] != ordered[:-1]
        start = np.maximum.accumulate(np.where(fresh, np.arange(len(keys)), 0))
        within = np.arange(len(keys)) - start
        unique = ordered[fresh]
        known = self._known(unique)
        if known.any() or not fresh.all():
            counts = np.diff(np.append(np.flatnonzero(fresh), len(keys)))
            before = np.zeros(len(unique), np.int64)
            for i in np.flatnonzero(known | (counts > 1)).tolist():
                key = int(unique[i])
                before[i] = self._more.get(key, int(known[i]))
                self._more[key] = int(before[i] + counts[i])
            within += np.repeat(before, counts)
        self._keep(unique[~known])
        numbers = np.empty(len(keys), np.int64)
        numbers[order] = within
        return numbers

    def _known(self, unique: Keys) -> npt.NDArray[np.bool_]:
        found = np.zeros(len(unique), bool)
        for level in self._levels:
            place = np.minimum(np.searchsorted(level, unique), len(level) - 1)
            found |= level[place] == unique
        return found

    def _keep(self, new: Keys) -> None:
        if len(new):
            self._levels.append(new)
        while len(self._levels) > 1 and len(self._levels[-2]) < 2 * len(self._levels[-1]):
            top = self._levels.pop()
            self._levels[-1] = np.sort(np.concatenate((self._levels[-1], top)))
