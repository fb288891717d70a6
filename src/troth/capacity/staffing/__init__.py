"""Staffing: how many people of each skill must be at work in each interval, and how sure that is."""

from troth.capacity.staffing.check import check as check
from troth.capacity.staffing.longrange import HiringPlan as HiringPlan
from troth.capacity.staffing.longrange import HiringTerms as HiringTerms
from troth.capacity.staffing.longrange import hiring as hiring
from troth.capacity.staffing.longrange import weekly_fte as weekly_fte
from troth.capacity.staffing.mix import MixPrices as MixPrices
from troth.capacity.staffing.mix import StaffMix as StaffMix
from troth.capacity.staffing.mix import cheapest_mix as cheapest_mix
from troth.capacity.staffing.needs import GroupNeed as GroupNeed
from troth.capacity.staffing.needs import requirement_rows as requirement_rows
from troth.capacity.staffing.needs import slot_needs as slot_needs
from troth.capacity.staffing.paces import paces as paces
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
from troth.capacity.staffing.together import side_by_side as side_by_side
from troth.core.decision import Stop as Stop
