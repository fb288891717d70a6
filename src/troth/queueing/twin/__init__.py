"""The twin: a service simulated from its parameters, and measured as the real one is."""

from __future__ import annotations

from troth.queueing.twin.check import check as check
from troth.queueing.twin.from_file import problem_from_json as problem_from_json
from troth.queueing.twin.problem import CallbackOffer as CallbackOffer
from troth.queueing.twin.problem import Counters as Counters
from troth.queueing.twin.problem import Onward as Onward
from troth.queueing.twin.problem import Picking as Picking
from troth.queueing.twin.problem import Policy as Policy
from troth.queueing.twin.problem import Present as Present
from troth.queueing.twin.problem import Redial as Redial
from troth.queueing.twin.problem import Reserve as Reserve
from troth.queueing.twin.problem import Routing as Routing
from troth.queueing.twin.problem import TwinAgent as TwinAgent
from troth.queueing.twin.problem import TwinArrivals as TwinArrivals
from troth.queueing.twin.problem import TwinProblem as TwinProblem
from troth.queueing.twin.problem import TwinQueue as TwinQueue
from troth.queueing.twin.problem import TwinStream as TwinStream
from troth.queueing.twin.problem import agents_alike as agents_alike
from troth.queueing.twin.solve import TwinResult as TwinResult
from troth.queueing.twin.solve import run as run
from troth.queueing.twin.times import Times as Times
from troth.queueing.twin.to_file import problem_to_json as problem_to_json
from troth.queueing.twin.trace import Trace as Trace
