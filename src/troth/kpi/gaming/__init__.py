"""Numbers that look good for the wrong reason: five patterns, counted from events and judged against colleagues."""

from __future__ import annotations

from troth.kpi.gaming.detect import Counted as Counted
from troth.kpi.gaming.detect import Finding as Finding
from troth.kpi.gaming.detect import Threshold as Threshold
from troth.kpi.gaming.detect import found as found
from troth.kpi.gaming.patterns import PATTERNS as PATTERNS
from troth.kpi.gaming.patterns import Pattern as Pattern
from troth.kpi.gaming.read import suspicions as suspicions
