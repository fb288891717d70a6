"""Who was there and what they can do, from the calls they took, where the log has no log-on times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.queueing.fit.lengths import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Presence:
    """Stretches in which servers were there, in order of server and time.

    Parameters
    ----------
    server : name of each stretch's server, shape (n,).
    start_s, end_s : first service start and last service end, shape (n,).
    services : how many services lie in it, shape (n,).
    """

    server: NDArray[np.str_]
    start_s: Floats
    end_s: Floats
    services: NDArray[np.int64]


def presence(servers: Sequence[str], *, start_s: ArrayLike, end_s: ArrayLike, gap_s: float = 1800.0) -> Presence:
    """Return when each server was there: from a service's start to the end of the last before a long gap.

    Parameters
    ----------
    servers : who gave each service, shape (n,); an empty name is nobody and is left out.
    start_s, end_s : when, in seconds from any origin, shape (n,).
    gap_s : a gap longer than this between services is absence.

    Raises
    ------
    InputError
        If shapes differ, a time is no number, or a service ends before it starts.

    Examples
    --------
    >>> found = presence(["a", "a", "a"], start_s=[0, 600, 7200], end_s=[300, 900, 7500])
    >>> found.start_s, found.end_s
    (array([   0., 7200.]), array([ 900., 7500.]))
    """
    names, start, end = np.asarray(servers, dtype=np.str_), np.asarray(start_s, float), np.asarray(end_s, float)
    if not names.shape == start.shape == end.shape:
        raise InputError(
            [Issue("shapes-differ", Severity.ERROR, "servers", str(names.shape), "Maybe one is of another period.")]
        )
    wrong = ~(end >= start) | np.isinf(end) | np.isinf(start)
    if wrong.any():
        worst = int(np.argmax(wrong))
        told = f"{start[worst]:g} to {end[worst]:g}"
        advice = "Maybe it went past midnight: add a day to its end."
        raise InputError(
            [Issue("ends-before-start", Severity.ERROR, f"end_s[{worst}]", told, advice, int(wrong.sum()))]
        )
    known = names != ""
    names, start, end = names[known], start[known], end[known]
    order = np.lexsort((start, names))
    names, start, end = names[order], start[order], end[order]
    if len(names) == 0:
        return Presence(names, start, end, np.zeros(0, np.int64))
    changed = names[1:] != names[:-1]
    # Services of one server may overlap, so a stretch reaches to the latest end so far.
    reach = _latest(end, changed)
    begins = np.concatenate([[True], changed | (start[1:] - reach[:-1] > gap_s)])
    first = np.flatnonzero(begins)
    return Presence(names[first], start[first], np.maximum.reduceat(end, first), np.diff(np.append(first, len(names))))


def _latest(end: Floats, changed: NDArray[np.bool_]) -> Floats:
    """Return the latest end so far of each server."""
    out = np.empty_like(end)
    for part in np.split(np.arange(len(end)), np.flatnonzero(changed) + 1):
        out[part] = np.maximum.accumulate(end[part])
    return out


def skills(servers: Sequence[str], *, services: Sequence[str], least: float = 0.01) -> dict[str, tuple[str, ...]]:
    """Return what each server can do: the kinds that make up at least a share of what they did.

    Parameters
    ----------
    servers, services : who gave each service, and of which kind, shape (n,); an empty server is nobody.
    least : share below which a kind counts as a mistake or an exception.

    Examples
    --------
    >>> skills(["a", "a", "b"], services=["cash", "loan", "cash"])
    {'a': ('cash', 'loan'), 'b': ('cash',)}
    """
    seen: dict[str, dict[str, int]] = {}
    for server, service in zip(servers, services, strict=True):
        if server:
            kinds = seen.setdefault(server, {})
            kinds[service] = kinds.get(service, 0) + 1
    return {
        server: tuple(sorted(kind for kind, n in kinds.items() if n >= least * sum(kinds.values())))
        for server, kinds in sorted(seen.items())
    }
