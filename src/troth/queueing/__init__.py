"""Queues: the rules of who is served next, and how long one who joins now will wait."""

from __future__ import annotations

from troth.queueing.choose import Choice as Choice
from troth.queueing.choose import Placed as Placed
from troth.queueing.choose import Server as Server
from troth.queueing.choose import Waiting as Waiting
from troth.queueing.choose import choose as choose
from troth.queueing.choose import overtaken as overtaken
from troth.queueing.choose import placed as placed
from troth.queueing.choose import rank as rank
from troth.queueing.choose import reason as reason
from troth.queueing.choose import skill as skill
from troth.queueing.conformal import Calibrator as Calibrator
from troth.queueing.discipline import Appointments as Appointments
from troth.queueing.discipline import Comeback as Comeback
from troth.queueing.discipline import CustomerClass as CustomerClass
from troth.queueing.discipline import Discipline as Discipline
from troth.queueing.discipline import Fairness as Fairness
from troth.queueing.discipline import Lateness as Lateness
from troth.queueing.discipline import Returning as Returning
from troth.queueing.discipline import check as check
from troth.queueing.record import from_json as from_json
from troth.queueing.record import to_json as to_json
from troth.queueing.simulate import Simulation as Simulation
from troth.queueing.sql import SqlOrder as SqlOrder
from troth.queueing.sql import sql_order as sql_order
from troth.queueing.state import Entered as Entered
from troth.queueing.state import QueueState as QueueState
from troth.queueing.state import ServerNow as ServerNow
from troth.queueing.state import WaitBand as WaitBand
from troth.queueing.tournament import Forecast as Forecast
from troth.queueing.tournament import Tournament as Tournament
from troth.queueing.tournament import interval_score as interval_score
from troth.queueing.wait import HeadOfLine as HeadOfLine
from troth.queueing.wait import LastEntered as LastEntered
from troth.queueing.wait import Predictor as Predictor
from troth.queueing.wait import QueueLength as QueueLength
