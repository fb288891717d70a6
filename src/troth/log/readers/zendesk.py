"""Zendesk: tickets, their audits or field history, comments, metrics and metric events, as JSON or CSV.

Written from the published definitions of the API and of the shape a warehouse gives it. Tables that are not there
are done without, and what then is known only as a sum or an end is marked so. See
``docs/guides/import-other-systems.md``.
"""

from __future__ import annotations

from troth.log.readers._declared import declared
from troth.log.readers._zendesk import SOURCE

READER = declared(SOURCE, "Zendesk tickets, audits or field history, comments, metrics and metric events.")
