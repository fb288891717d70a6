"""KPIs: declarations, figures, explanations. `query` computes, `catalogue` lists, `explain` opens a number."""

from __future__ import annotations

from troth.kpi.catalogue import catalogue as catalogue
from troth.kpi.definition import Figure as Figure
from troth.kpi.definition import Kpi as Kpi
from troth.kpi.definition import Params as Params
