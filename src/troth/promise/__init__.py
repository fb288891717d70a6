"""Promises: what was offered, how it went, and whether stated probabilities are true."""

from __future__ import annotations

from troth.promise.learned import LearnedShare as LearnedShare
from troth.promise.learned import learned_share as learned_share
from troth.promise.plot import calibration as calibration
from troth.promise.read import Settled as Settled
from troth.promise.read import settled as settled
from troth.promise.risk import AtRisk as AtRisk
from troth.promise.risk import at_risk as at_risk
from troth.promise.risk import chance as chance
from troth.promise.score import BandScore as BandScore
from troth.promise.score import Brier as Brier
from troth.promise.score import Reliability as Reliability
from troth.promise.score import brier as brier
from troth.promise.score import kept_rate as kept_rate
from troth.promise.score import pit as pit
from troth.promise.score import reliability as reliability
from troth.promise.score import score_bands as score_bands
from troth.promise.states import MOVES as MOVES
from troth.promise.states import RUNNING as RUNNING
from troth.promise.states import SETTLED as SETTLED
from troth.promise.states import Offer as Offer
from troth.promise.states import PromiseState as PromiseState
from troth.promise.states import advance as advance
from troth.promise.states import check as check
from troth.promise.states import due as due
