"""Figures in time: as published, computed anew, and what made the difference."""

from __future__ import annotations

from troth.kpi.history.diff import Cause as Cause
from troth.kpi.history.diff import Change as Change
from troth.kpi.history.diff import Course as Course
from troth.kpi.history.diff import changes as changes
from troth.kpi.history.read import Snapshot as Snapshot
from troth.kpi.history.read import Under as Under
from troth.kpi.history.read import publications as publications
from troth.kpi.history.read import publish as publish
from troth.kpi.history.recheck import recheck as recheck
from troth.kpi.history.recheck import unknown as unknown
