"""Logistic regression and words by scikit-learn; what is kept are plain numbers."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: Columns that words are hashed into.
_WORDS: Final = 256


@dataclass(frozen=True, slots=True, eq=False)
class Logistic:
    """A fitted regression: columns are centred and scaled, weighed, and summed to log odds."""

    centre: Floats
    scale: Floats
    weights: Floats
    constant: float

    def chance(self, table: Floats) -> Floats:
        """Return the probability of each row."""
        odds = ((table - self.centre) / self.scale) @ self.weights + self.constant
        return np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))), float)


def fit_logistic(table: Floats, needed: NDArray[np.bool_], *, strength: float, seed: int) -> Logistic:
    """Fit a regression; `strength` is the inverse of the penalty."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    centre, scale = table.mean(0), table.std(0)
    # A column that never differs says nothing, and one that hardly does must not be blown up.
    scale = np.where(scale > 1e-3, scale, 1e9)
    model = LogisticRegression(C=strength, solver="newton-cholesky", max_iter=50, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # what it has by then is judged on later cases, too
        model.fit((table - centre) / scale, needed)
    return Logistic(centre, scale, np.asarray(model.coef_[0], float), float(model.intercept_[0]))


def words(texts: Sequence[str]) -> Floats:
    """Return hashed words of each text, shape (texts, columns); no columns where nobody wrote anything."""
    if not any(texts):
        return np.zeros((len(texts), 0))
    from sklearn.feature_extraction.text import HashingVectorizer

    made = HashingVectorizer(n_features=_WORDS, alternate_sign=False, norm="l2", strip_accents="unicode")
    return np.asarray(made.transform(texts).toarray(), float)
