"""What a plan of projects rests on: people, projects, deals, bookings, rates, and the hours there are."""

from __future__ import annotations

from troth.capacity.projects.portfolio.check import check as check
from troth.capacity.projects.portfolio.check import check_bookings as check_bookings
from troth.capacity.projects.portfolio.check import check_money as check_money
from troth.capacity.projects.portfolio.exchange import home_cents as home_cents
from troth.capacity.projects.portfolio.exchange import minor_digits as minor_digits
from troth.capacity.projects.portfolio.left import remaining_hours as remaining_hours
from troth.capacity.projects.portfolio.left import remaining_weeks as remaining_weeks
from troth.capacity.projects.portfolio.people import Consultant as Consultant
from troth.capacity.projects.portfolio.people import ContractTerms as ContractTerms
from troth.capacity.projects.portfolio.people import HeldSkill as HeldSkill
from troth.capacity.projects.portfolio.people import LeaveSpan as LeaveSpan
from troth.capacity.projects.portfolio.portfolio import Portfolio as Portfolio
from troth.capacity.projects.portfolio.rates import ChargeRate as ChargeRate
from troth.capacity.projects.portfolio.rates import ExchangeRate as ExchangeRate
from troth.capacity.projects.portfolio.supply import free_hours as free_hours
from troth.capacity.projects.portfolio.supply import paid_hours as paid_hours
from troth.capacity.projects.portfolio.supply import weeks as weeks
from troth.capacity.projects.portfolio.use import ClaimedHours as ClaimedHours
from troth.capacity.projects.portfolio.use import HoursSpread as HoursSpread
from troth.capacity.projects.portfolio.use import OperationalReservation as OperationalReservation
from troth.capacity.projects.portfolio.use import ProjectBooking as ProjectBooking
from troth.capacity.projects.portfolio.use import ReactiveLoad as ReactiveLoad
from troth.capacity.projects.portfolio.use import RequestState as RequestState
from troth.capacity.projects.portfolio.work import ContractKind as ContractKind
from troth.capacity.projects.portfolio.work import Deal as Deal
from troth.capacity.projects.portfolio.work import Project as Project
from troth.capacity.projects.portfolio.work import ProjectPhase as ProjectPhase
from troth.capacity.projects.portfolio.work import SkillNeed as SkillNeed
from troth.capacity.projects.portfolio.work import TimeEntry as TimeEntry
