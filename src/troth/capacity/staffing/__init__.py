"""Staffing: how many people of each skill must be at work in each interval, and how sure that is."""

from troth.capacity.staffing.check import check as check
from troth.capacity.staffing.plan import QueueChance as QueueChance
from troth.capacity.staffing.plan import StaffingPlan as StaffingPlan
from troth.capacity.staffing.problem import LevelOver as LevelOver
from troth.capacity.staffing.problem import SkillGroup as SkillGroup
from troth.capacity.staffing.problem import StaffedQueue as StaffedQueue
from troth.capacity.staffing.problem import StaffingProblem as StaffingProblem
from troth.capacity.staffing.rules import STAFFING_RULES as STAFFING_RULES
from troth.capacity.staffing.rules import Breach as Breach
from troth.capacity.staffing.rules import breaches as breaches
from troth.capacity.staffing.rules import broken as broken
from troth.capacity.staffing.solve import StaffingParams as StaffingParams
from troth.capacity.staffing.solve import solve as solve
from troth.core.decision import Stop as Stop
