"""Allocations: whose hours of which week go to which project, what one hour more is worth, and what follows from it."""

from __future__ import annotations

from troth.capacity.projects.allocation._prices import ShadowPrices as ShadowPrices
from troth.capacity.projects.allocation.advice import AdviceKind as AdviceKind
from troth.capacity.projects.allocation.advice import AllocationAdvice as AllocationAdvice
from troth.capacity.projects.allocation.advice import advise as advise
from troth.capacity.projects.allocation.advice import changed as changed
from troth.capacity.projects.allocation.check import check as check
from troth.capacity.projects.allocation.from_portfolio import from_portfolio as from_portfolio
from troth.capacity.projects.allocation.plan import AllocationPlan as AllocationPlan
from troth.capacity.projects.allocation.problem import AllocatedWork as AllocatedWork
from troth.capacity.projects.allocation.problem import AllocationNeeds as AllocationNeeds
from troth.capacity.projects.allocation.problem import AllocationPrices as AllocationPrices
from troth.capacity.projects.allocation.problem import AllocationProblem as AllocationProblem
from troth.capacity.projects.allocation.rules import ALLOCATION_RULES as ALLOCATION_RULES
from troth.capacity.projects.allocation.rules import AllocationViolation as AllocationViolation
from troth.capacity.projects.allocation.rules import violations as violations
from troth.capacity.projects.allocation.scenarios import AllocationScenario as AllocationScenario
from troth.capacity.projects.allocation.scenarios import compare as compare
from troth.capacity.projects.allocation.solve import AllocationParams as AllocationParams
from troth.capacity.projects.allocation.solve import solve as solve
from troth.core.decision import Stop as Stop
