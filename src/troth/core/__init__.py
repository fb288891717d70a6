"""The vocabulary and the small tools every room uses: time, issues, decisions, random streams, fan-out."""

from __future__ import annotations

from troth.core.decision import Issue as Issue
from troth.core.decision import Severity as Severity
from troth.core.errors import InputError as InputError
from troth.core.errors import StoreError as StoreError
from troth.core.errors import TrothError as TrothError
from troth.core.fanout import fanout as fanout
from troth.core.random import stream as stream
from troth.core.time import Calendar as Calendar
from troth.core.time import Grid as Grid
from troth.core.time import Span as Span
from troth.core.time import Step as Step
from troth.core.time import calendars_from_tables as calendars_from_tables
