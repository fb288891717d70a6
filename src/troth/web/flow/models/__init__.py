"""The rows of customer flow: branches, queues, counters, tickets, visits, appointments."""

from __future__ import annotations

from troth.web.flow.models.appointments import Appointment as Appointment
from troth.web.flow.models.appointments import Letter as Letter
from troth.web.flow.models.appointments import SlotRule as SlotRule
from troth.web.flow.models.appointments import SlotUse as SlotUse
from troth.web.flow.models.branches import Branch as Branch
from troth.web.flow.models.branches import Counter as Counter
from troth.web.flow.models.branches import CounterSession as CounterSession
from troth.web.flow.models.branches import Line as Line
from troth.web.flow.models.branches import LineService as LineService
from troth.web.flow.models.tickets import Numbering as Numbering
from troth.web.flow.models.tickets import Ticket as Ticket
from troth.web.flow.models.tickets import Visit as Visit
from troth.web.flow.models.waits import WaitForecast as WaitForecast
from troth.web.flow.models.waits import WaitMemory as WaitMemory
