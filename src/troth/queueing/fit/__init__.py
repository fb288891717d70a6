"""From what happened to what a simulation needs: handle times, patience, the randomness of arrivals, who was there."""

from __future__ import annotations

from troth.queueing.fit.dispersion import DayDispersion as DayDispersion
from troth.queueing.fit.dispersion import Dispersion as Dispersion
from troth.queueing.fit.dispersion import LogTest as LogTest
from troth.queueing.fit.dispersion import dispersion as dispersion
from troth.queueing.fit.dispersion import log_test as log_test
from troth.queueing.fit.handle import Candidate as Candidate
from troth.queueing.fit.handle import HandleFit as HandleFit
from troth.queueing.fit.handle import fit_handle as fit_handle
from troth.queueing.fit.handle import gamma_by_likelihood as gamma_by_likelihood
from troth.queueing.fit.handle import gamma_by_moments as gamma_by_moments
from troth.queueing.fit.lengths import Empirical as Empirical
from troth.queueing.fit.lengths import GammaMixture as GammaMixture
from troth.queueing.fit.lengths import Lengths as Lengths
from troth.queueing.fit.lengths import LogNormal as LogNormal
from troth.queueing.fit.lengths import StepHazard as StepHazard
from troth.queueing.fit.lengths import quantile_table as quantile_table
from troth.queueing.fit.patience import PatienceFit as PatienceFit
from troth.queueing.fit.patience import fit_patience as fit_patience
from troth.queueing.fit.patience import step_hazard as step_hazard
from troth.queueing.fit.presence import Presence as Presence
from troth.queueing.fit.presence import presence as presence
from troth.queueing.fit.presence import skills as skills
from troth.queueing.fit.survival import Survival as Survival
from troth.queueing.fit.survival import kaplan_meier as kaplan_meier
