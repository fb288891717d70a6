"""A month planned: from the forecast over staffing to a roster of named people, and what is to be expected under it."""

from troth.capacity.month.chain import examined as examined
from troth.capacity.month.chain import plan_month as plan_month
from troth.capacity.month.crew import CrewMember as CrewMember
from troth.capacity.month.crew import crew_of as crew_of
from troth.capacity.month.facts import CallbackHabit as CallbackHabit
from troth.capacity.month.facts import SiteFacts as SiteFacts
from troth.capacity.month.plan import MonthPlan as MonthPlan
from troth.capacity.month.plan import MonthQuestion as MonthQuestion
from troth.capacity.month.plan import check_question as check_question
from troth.capacity.month.problem import ProspectProblem as ProspectProblem
from troth.capacity.month.problem import check as check
from troth.capacity.month.prospect import SITE as SITE
from troth.capacity.month.prospect import ForeseenFigure as ForeseenFigure
from troth.capacity.month.prospect import Prospect as Prospect
from troth.capacity.month.rows import everything as everything
from troth.capacity.month.rows import figure_rows as figure_rows
from troth.capacity.month.rows import forecast_rows as forecast_rows
from troth.capacity.month.rows import needed_rows as needed_rows
from troth.capacity.month.rows import shift_rows as shift_rows
from troth.capacity.month.solve import ProspectParams as ProspectParams
from troth.capacity.month.solve import solve as solve
