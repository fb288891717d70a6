"""Bookings of people for projects: whether they fit, how they are asked for and laid, and who could do what."""

from __future__ import annotations

from troth.capacity.projects.booking._loads import CountedBookings as CountedBookings
from troth.capacity.projects.booking.check import check as check
from troth.capacity.projects.booking.claims import ProjectClaims as ProjectClaims
from troth.capacity.projects.booking.claims import booking_claims as booking_claims
from troth.capacity.projects.booking.claims import claimed_hours as claimed_hours
from troth.capacity.projects.booking.confirm import CounterOffer as CounterOffer
from troth.capacity.projects.booking.confirm import confirm as confirm
from troth.capacity.projects.booking.confirm import counter_offers as counter_offers
from troth.capacity.projects.booking.finder import FinderWeights as FinderWeights
from troth.capacity.projects.booking.finder import RankedPerson as RankedPerson
from troth.capacity.projects.booking.finder import find as find
from troth.capacity.projects.booking.groups import EffortUnit as EffortUnit
from troth.capacity.projects.booking.groups import GroupSplit as GroupSplit
from troth.capacity.projects.booking.groups import MembersPreference as MembersPreference
from troth.capacity.projects.booking.groups import ask_group as ask_group
from troth.capacity.projects.booking.groups import hours_of as hours_of
from troth.capacity.projects.booking.groups import split as split
from troth.capacity.projects.booking.heat import SkillWeeks as SkillWeeks
from troth.capacity.projects.booking.heat import skill_weeks as skill_weeks
from troth.capacity.projects.booking.laying import LaidHours as LaidHours
from troth.capacity.projects.booking.laying import lay as lay
from troth.capacity.projects.booking.pools import PooledShortage as PooledShortage
from troth.capacity.projects.booking.pools import pooled as pooled
from troth.capacity.projects.booking.requests import REQUEST_MOVES as REQUEST_MOVES
from troth.capacity.projects.booking.requests import BookingRequest as BookingRequest
from troth.capacity.projects.booking.requests import RequestMove as RequestMove
from troth.capacity.projects.booking.requests import RequestSide as RequestSide
from troth.capacity.projects.booking.requests import advance as advance
from troth.capacity.projects.booking.spread import SpreadHours as SpreadHours
from troth.capacity.projects.booking.spread import spread as spread
from troth.capacity.projects.booking.windows import BookingEffect as BookingEffect
from troth.capacity.projects.booking.windows import OverbookedRange as OverbookedRange
from troth.capacity.projects.booking.windows import available_hours as available_hours
from troth.capacity.projects.booking.windows import overbooked as overbooked
from troth.capacity.projects.booking.windows import what_if as what_if
