"""People and where they belong: units, users, roles, skills, contracts, calendars, leave, and the audit trail."""

from __future__ import annotations

from troth.web.people.models.calendars import CalendarDay as CalendarDay
from troth.web.people.models.calendars import CalendarSpan as CalendarSpan
from troth.web.people.models.calendars import WorkCalendar as WorkCalendar
from troth.web.people.models.employment import Contract as Contract
from troth.web.people.models.employment import Leave as Leave
from troth.web.people.models.employment import Qualification as Qualification
from troth.web.people.models.employment import Skill as Skill
from troth.web.people.models.retention import KeptFor as KeptFor
from troth.web.people.models.retention import Removal as Removal
from troth.web.people.models.trail import Change as Change
from troth.web.people.models.trail import ErasureRequest as ErasureRequest
from troth.web.people.models.units import Membership as Membership
from troth.web.people.models.units import Unit as Unit
from troth.web.people.models.users import AccessKey as AccessKey
from troth.web.people.models.users import SignInLink as SignInLink
from troth.web.people.models.users import User as User
