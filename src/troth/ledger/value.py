"""The ledger itself: a value of resources and claims."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from troth.ledger._columns import Columns, columns
from troth.ledger.claim import CapacityClaim, Resource


@dataclass(frozen=True, slots=True, eq=False)
class CapacityLedger:
    """Resources and what claims their time. A value: `book` and `release` return another one.

    A ledger may hold what contradicts itself, as reality does: `check` lists it. `book` adds nothing that would.

    Parameters
    ----------
    resources : who and what there is.
    claims : on them, in any order.
    """

    resources: tuple[Resource, ...]
    claims: tuple[CapacityClaim, ...] = ()
    arrays: Columns = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "resources", tuple(self.resources))
        object.__setattr__(self, "claims", tuple(self.claims))
        object.__setattr__(self, "arrays", columns(self.claims))

    def resource(self, resource_id: str) -> Resource:
        """Return a resource; `KeyError` if there is none of that id."""
        for one in self.resources:
            if one.resource_id == resource_id:
                return one
        raise KeyError(resource_id)

    def claim(self, claim_id: str) -> CapacityClaim:
        """Return a claim; `KeyError` if there is none of that id."""
        for one in self.claims:
            if one.claim_id == claim_id:
                return one
        raise KeyError(claim_id)


def with_claims(ledger: CapacityLedger, *, added: Iterable[CapacityClaim]) -> CapacityLedger:
    """Return the ledger with claims appended; arrays of what was there are kept. Nothing is checked: `book` does."""
    added = tuple(added)
    made = object.__new__(CapacityLedger)
    object.__setattr__(made, "resources", ledger.resources)
    object.__setattr__(made, "claims", tuple(chain(ledger.claims, added)))
    parts = zip(ledger.arrays, columns(added), strict=True)
    object.__setattr__(made, "arrays", Columns(*(np.concatenate(pair) for pair in parts)))
    return made
