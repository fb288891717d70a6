"""Other products' own figures beside ours, with the cause of each difference."""

from __future__ import annotations

from troth.kpi.reconcile.reconcile import reconcile as reconcile
from troth.kpi.reconcile.result import Compared as Compared
from troth.kpi.reconcile.result import Reconciled as Reconciled
from troth.kpi.reconcile.result import Reconciliation as Reconciliation
from troth.kpi.reconcile.vendors import FIGURES as FIGURES
from troth.kpi.reconcile.vendors import VendorFigure as VendorFigure
