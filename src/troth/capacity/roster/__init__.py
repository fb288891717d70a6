"""Rosters: who works when, by the terms of contracts, the cover that is needed, and what people asked for."""

from troth.capacity.roster.check import check as check
from troth.capacity.roster.plan import RosterPlan as RosterPlan
from troth.capacity.roster.problem import OFF as OFF
from troth.capacity.roster.problem import Activity as Activity
from troth.capacity.roster.problem import Before as Before
from troth.capacity.roster.problem import Duty as Duty
from troth.capacity.roster.problem import Employee as Employee
from troth.capacity.roster.problem import KindNeed as KindNeed
from troth.capacity.roster.problem import Pause as Pause
from troth.capacity.roster.problem import Prices as Prices
from troth.capacity.roster.problem import RosterProblem as RosterProblem
from troth.capacity.roster.problem import ShiftKind as ShiftKind
from troth.capacity.roster.problem import SlotNeed as SlotNeed
from troth.capacity.roster.problem import Terms as Terms
from troth.capacity.roster.problem import Wish as Wish
from troth.capacity.roster.published import read_multi_activity as read_multi_activity
from troth.capacity.roster.published import read_nurse as read_nurse
from troth.capacity.roster.rules import RULES as RULES
from troth.capacity.roster.rules import Violation as Violation
from troth.capacity.roster.rules import violations as violations
from troth.capacity.roster.solve import RosterParams as RosterParams
from troth.capacity.roster.solve import solve as solve
from troth.core.decision import Stop as Stop
