"""The hot tail: facts that are not in the lake yet, so that figures are seconds fresh."""

from __future__ import annotations

import pyarrow as pa
from django.db.models import Q

from troth.web.outbox import bridge
from troth.web.outbox.bridge import Lake
from troth.web.outbox.models import Fact


def tail() -> pa.Table:
    """Return the facts that are not known to be in the lake, as the lake would store them (`log.schema.STORED`)."""
    return bridge.events(Fact.objects.filter(Q(batch=None) | Q(batch__done_at=None)).order_by("id"))


def live_lake(lake: Lake | None = None) -> Lake:
    """Return a lake that is read together with the hot tail as it is now.

    Parameters
    ----------
    lake : the site's own unless another is given.

    Notes
    -----
    The tail is taken before anybody looks into the lake: a fact that moves meanwhile is seen twice and counts once.
    """
    cold = lake or bridge.lake()
    return Lake(cold.root, memory=cold.memory, hot=tail())
