"""Amazon Connect: contact records and agent events, as streams leave them: JSON lines or objects, plain or packed.

Written from the published definitions. Delivery is at least once and older copies come late, so every event of a
record carries the time of the record's last update as its version. See ``docs/guides/import-other-systems.md``.
"""

from __future__ import annotations

from troth.log.readers._connect import SOURCE
from troth.log.readers._declared import declared

READER = declared(SOURCE, "Amazon Connect contact records and agent events, as JSON.")
