"""Writing facts: with the rows they describe, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import connection
from psycopg.types.json import Json

from troth.core.terms import ACTIVITIES, COMMON_KEYS
from troth.web.common import together
from troth.web.outbox.bridge import COLUMNS, NEEDS
from troth.web.outbox.models import Fact

_INSERT: Final = "INSERT INTO outbox_fact (source_id, version, occurred_at, recorded_at, activity, event)"


def fact(
    activity: str, *, at: datetime, attributes: Mapping[str, Any] | None = None, origin: str = "exact", **columns: Any
) -> Fact:
    """Return a fact that is not written yet; `record` writes several at once.

    Parameters
    ----------
    activity : a word of `core.terms.ACTIVITIES`.
    at : when it happened.
    attributes : keys the activity may carry.
    origin : how it is known.
    columns : columns of the service event; nulls are left out.

    Raises
    ------
    ValueError : a word, column or key that the log does not have: a mistake of the program, never of a user.
    """
    term = ACTIVITIES.get(activity)
    if term is None:
        raise ValueError(f"{activity!r} is no activity")
    unknown = set(columns) - COLUMNS
    loose = set(attributes or ()) - term.keys - COMMON_KEYS
    if unknown or loose:
        raise ValueError(f"{activity} cannot carry {sorted(unknown | loose)}")
    needed = NEEDS.get(term.kind, ())
    if needed and all(columns.get(name) is None for name in needed):
        raise ValueError(f"{activity} must name one of {', '.join(needed)}: the log would refuse it")
    event = {k: str(v) if k != "value" else float(v) for k, v in columns.items() if v is not None}
    if attributes:
        event["attributes"] = json.dumps({k: v for k, v in attributes.items() if v is not None}, default=str)
    event["origin"] = origin
    return Fact(activity=activity, occurred_at=at, recorded_at=at, event=event)


def record(*facts: Fact) -> None:
    """Write facts within the transaction of the rows they describe; in an action with all its other writes, at its end.

    Raises
    ------
    RuntimeError : outside a transaction a fact could stand without its rows.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("Facts are written in the transaction of the rows they describe.")
    if not facts:
        return
    told = [(f.source_id, f.version, f.occurred_at, f.recorded_at, f.activity, Json(f.event)) for f in facts]
    together.insert(_INSERT, *told)
