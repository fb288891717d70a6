"""Schedules: when each activity of a project starts and who does which skill of it, with a bound on how soon all can end."""

from troth.capacity.projects.schedule.check import check as check
from troth.capacity.projects.schedule.conflicts import conflicts as conflicts
from troth.capacity.projects.schedule.plan import SchedulePlan as SchedulePlan
from troth.capacity.projects.schedule.problem import Precedence as Precedence
from troth.capacity.projects.schedule.problem import ProjectActivity as ProjectActivity
from troth.capacity.projects.schedule.problem import ScheduleProblem as ScheduleProblem
from troth.capacity.projects.schedule.problem import SkillAssignment as SkillAssignment
from troth.capacity.projects.schedule.problem import SkilledWorker as SkilledWorker
from troth.capacity.projects.schedule.published import read_mspsp as read_mspsp
from troth.capacity.projects.schedule.rules import SCHEDULE_RULES as SCHEDULE_RULES
from troth.capacity.projects.schedule.rules import ScheduleViolation as ScheduleViolation
from troth.capacity.projects.schedule.rules import violations as violations
from troth.capacity.projects.schedule.solve import ScheduleParams as ScheduleParams
from troth.capacity.projects.schedule.solve import solve as solve
from troth.core.decision import Stop as Stop
