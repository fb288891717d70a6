"""Chatwoot: conversations, messages and reporting events (with ratings and applied SLAs), as JSON or CSV.

Written from the published definitions of the API and of the tables. See ``docs/guides/import-other-systems.md``.
"""

from __future__ import annotations

from troth.log.readers._chatwoot import SOURCE
from troth.log.readers._declared import declared

READER = declared(SOURCE, "Chatwoot conversations, messages, reporting events, ratings and applied SLAs.")
