"""What pictures and explanations look at: a plan, without knowing how it was made."""

from __future__ import annotations

from typing import Protocol

from troth.capacity.projects.allocation._prices import ShadowPrices
from troth.capacity.projects.allocation.problem import AllocatedWork, AllocationProblem, Floats


class Shown(Protocol):
    """A plan, such as an `AllocationPlan`."""

    @property
    def problem(self) -> AllocationProblem: ...

    @property
    def work(self) -> AllocatedWork: ...

    @property
    def prices(self) -> ShadowPrices | None: ...

    @property
    def bound(self) -> float | None: ...

    @property
    def value(self) -> float: ...

    def served(self) -> Floats: ...

    def hours(self) -> Floats: ...
