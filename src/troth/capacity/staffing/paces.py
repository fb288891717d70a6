"""How people differ in pace, as far as their services tell more than chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

FEWEST = 20


def paces(people: Sequence[str], *, handle_s: ArrayLike) -> dict[str, float]:
    """Return handle times of each person relative to the mean of all, drawn towards it by how much of the difference is chance.

    Parameters
    ----------
    people : who gave each service, shape (n,); those with fewer than twenty are left out.
    handle_s : how long each took, relative to the mean of its kind if kinds differ, shape (n,).

    Source
    ------
    Variance between people by moments: R. DerSimonian and N. Laird (1986), Controlled Clinical Trials 7, 177-188.

    Examples
    --------
    >>> paces(["ann"] * 50 + ["bob"] * 50, handle_s=[100.0, 110.0] * 25 + [200.0, 210.0] * 25)
    {'ann': 0.677, 'bob': 1.323}
    """
    names, lengths = np.asarray(people, dtype=object), np.asarray(handle_s, float)
    mean = float(lengths.mean()) if len(lengths) else 1.0
    known = [name for name in sorted(set(people)) if name and (names == name).sum() >= FEWEST]
    if len(known) < 2:
        return {}
    each = np.array([lengths[names == name].mean() for name in known]) / mean
    error = np.array([lengths[names == name].var(ddof=1) / (names == name).sum() for name in known]) / mean**2
    weight = 1 / np.maximum(error, 1e-12)
    centre = float(np.average(each, weights=weight))
    excess = float((weight * (each - centre) ** 2).sum()) - (len(known) - 1)
    between = max(0.0, excess / float(weight.sum() - (weight**2).sum() / weight.sum()))
    believed = centre + between / (between + error) * (each - centre) if between > 0 else np.full(len(known), centre)
    believed = believed / believed.mean()
    return {name: round(float(pace), 3) for name, pace in zip(known, believed, strict=True)}
