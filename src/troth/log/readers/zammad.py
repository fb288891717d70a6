"""Zammad: tickets, articles and history, as JSON or CSV.

Written from the published definitions of the API and of the tables. See ``docs/guides/import-other-systems.md``.
"""

from __future__ import annotations

from troth.log.readers._declared import declared
from troth.log.readers._zammad import SOURCE

READER = declared(SOURCE, "Zammad tickets, articles and ticket history.")
