"""Numbers that look good for the wrong reason: five patterns, counted from events and judged against colleagues."""

from __future__ import annotations

from troth.kpi.gaming.detect import Counted as Counted
from troth.kpi.gaming.detect import Finding as Finding
from troth.kpi.gaming.detect import Threshold as Threshold
from troth.kpi.gaming.detect import found as found
from troth.kpi.gaming.pairs import PAIRS as PAIRS
from troth.kpi.gaming.pairs import Pair as Pair
from troth.kpi.gaming.pairs import Together as Together
from troth.kpi.gaming.pairs import change as change
from troth.kpi.gaming.pairs import name_of as name_of
from troth.kpi.gaming.pairs import pairs_of as pairs_of
from troth.kpi.gaming.pairs import partners as partners
from troth.kpi.gaming.pairs import together as together
from troth.kpi.gaming.pairs import told as told
from troth.kpi.gaming.patterns import PATTERNS as PATTERNS
from troth.kpi.gaming.patterns import Pattern as Pattern
from troth.kpi.gaming.read import Suspicion as Suspicion
from troth.kpi.gaming.read import looked_for as looked_for
from troth.kpi.gaming.read import sites_of_cases as sites_of_cases
from troth.kpi.gaming.read import suspicions as suspicions
