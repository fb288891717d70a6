"""Salesforce field service: service appointments, assigned resources and the history of appointments, as CSV or JSON.

Written from the published definitions of the objects. See ``docs/guides/import-other-systems.md``.
"""

from __future__ import annotations

from troth.log.readers._declared import declared
from troth.log.readers._salesforce import SOURCE

READER = declared(SOURCE, "Salesforce service appointments, assigned resources and appointment history.")
