"""Small shared statistics: intervals by day, bootstrap by block, control charts, agreement."""

from __future__ import annotations

from troth.stats.agreement import Scale as Scale
from troth.stats.agreement import Weights as Weights
from troth.stats.agreement import cohen_kappa as cohen_kappa
from troth.stats.agreement import fleiss_kappa as fleiss_kappa
from troth.stats.agreement import icc as icc
from troth.stats.agreement import krippendorff_alpha as krippendorff_alpha
from troth.stats.control import ControlChart as ControlChart
from troth.stats.control import c_chart as c_chart
from troth.stats.control import individuals_chart as individuals_chart
from troth.stats.control import p_chart as p_chart
from troth.stats.control import u_chart as u_chart
from troth.stats.intervals import Interval as Interval
from troth.stats.intervals import Intervals as Intervals
from troth.stats.intervals import ratio_interval as ratio_interval
from troth.stats.intervals import ratio_intervals as ratio_intervals
from troth.stats.intervals import total_interval as total_interval
from troth.stats.intervals import total_intervals as total_intervals
from troth.stats.intervals import wilson as wilson
from troth.stats.quantile import block_bootstrap as block_bootstrap
from troth.stats.quantile import quantile_interval as quantile_interval
from troth.stats.signals import Signal as Signal
from troth.stats.signals import SignalRule as SignalRule
