"""The rows of a run's tables, for compiled functions: ``contact_at(w, k)`` is row k of `contacts`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from troth.queueing.twin._jit import rows
from troth.queueing.twin._layout import TABLES, WORLD


def _of(name: str) -> Callable[[Any, Any], Any]:
    return rows(TABLES[name], of=WORLD, where=name)


contact_at = _of("contacts")
agent_at = _of("agents")
queue_at = _of("queues")
group_at = _of("groups")
profile_at = _of("profiles")
stream_at = _of("streams")
pool_at = _of("pools")
event_at = _of("heap")
spell_at = _of("spells")
mark_at = _of("marks")
key_at = _of("keys")
pair_at = _of("pairs")
link_at = _of("links")
table_at = _of("tables")
value_at = _of("values")
way_at = _of("ways")
stamp_at = _of("stamps")
step_at = _of("steps")
change_at = _of("changes")
reserve_at = _of("reserves")
flag_at = _of("serves")
sum_at = _of("sums")
