"""Demand: what customers will ask, how sure that is, and how it was arrived at."""

from __future__ import annotations

from troth.demand._change import ChangeKind as ChangeKind
from troth.demand._change import DemandChange as DemandChange
from troth.demand._check_changes import check_changes as check_changes
from troth.demand.changes import ChangedDemand as ChangedDemand
from troth.demand.changes import ChangeEffect as ChangeEffect
from troth.demand.changes import change as change
from troth.demand.changes import undo as undo
from troth.demand.check import check as check
from troth.demand.hierarchy import Reconciling as Reconciling
from troth.demand.hierarchy import reconcile as reconcile
from troth.demand.hierarchy import totals as totals
from troth.demand.intraday import surprise as surprise
from troth.demand.intraday import update as update
from troth.demand.plan import DemandForecast as DemandForecast
from troth.demand.plan import ModelScore as ModelScore
from troth.demand.plan import Repair as Repair
from troth.demand.plan import RepairKind as RepairKind
from troth.demand.plan import SeriesForecast as SeriesForecast
from troth.demand.problem import DemandKind as DemandKind
from troth.demand.problem import ForecastProblem as ForecastProblem
from troth.demand.problem import Occasion as Occasion
from troth.demand.problem import Regressor as Regressor
from troth.demand.problem import Series as Series
from troth.demand.problem import horizon as horizon
from troth.demand.publish import Publication as Publication
from troth.demand.publish import publish as publish
from troth.demand.solve import ForecastParams as ForecastParams
from troth.demand.solve import solve as solve
