"""The report: one page that answers "How are we doing?" from a lake. `gather` reads, `render` writes."""

from __future__ import annotations

from troth.kpi.report.page import render as render
from troth.kpi.report.read import gather as gather
