"""The usual conditions of every metric, as rows of `sla_conditions`: what holds where a policy says nothing else.

The metrics are those of Zendesk ("About SLA policies and how they work", support.zendesk.com) and, for assignment, the
operational level agreements of ServiceNow and GLPI: the clock of a group runs from the moment it gets the case.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from troth.core.terms import Hook, SlaMetric

Row = Mapping[str, str]

_REPLY: Final[tuple[Row, ...]] = (
    {"activity": "message_sent", "actor": "human", "direction": "!internal"},
    {"activity": "answered", "actor": "human"},
)
_OVER: Final[tuple[Row, ...]] = (
    {"activity": "resolved|closed"},
    {"activity": "status_changed", "step": "solved|closed"},
)
_GONE: Final[tuple[Row, ...]] = ({"activity": "merged"}, {"activity": "status_changed", "step": "cancelled"})
_OPEN: Final[tuple[Row, ...]] = (
    {"activity": "opened|reopened"},
    {"activity": "status_changed", "step": "new|open|pending|on_hold", "changed": "status"},
)
_GIVEN: Final[Row] = {"activity": "assigned", "changed": "team"}


def _waiting(step: str) -> tuple[Row, ...]:
    return ({"activity": "status_changed", "step": step},)


_UPDATE: Final[dict[Hook, tuple[Row, ...]]] = {
    Hook.START: ({"activity": "opened|reopened"}, _REPLY[0]),
    Hook.STOP: (_REPLY[0], *_OVER),
    Hook.CANCEL: _GONE,
}
_WHOLE: Final[dict[Hook, tuple[Row, ...]]] = {Hook.START: _OPEN, Hook.STOP: _OVER, Hook.CANCEL: _GONE}

#: Conditions of every metric by hook.
USUAL: Final[Mapping[SlaMetric, Mapping[Hook, tuple[Row, ...]]]] = {
    SlaMetric.FIRST_REPLY: {
        Hook.START: ({"activity": "opened"},), Hook.STOP: (*_REPLY, *_OVER), Hook.CANCEL: _GONE,
    },
    SlaMetric.NEXT_REPLY: {
        Hook.START: ({"activity": "message_received", "after": "first_reply"},), Hook.STOP: (*_REPLY, *_OVER),
        Hook.CANCEL: _GONE,
    },
    SlaMetric.PERIODIC_UPDATE: _UPDATE,
    SlaMetric.PAUSABLE_UPDATE: {**_UPDATE, Hook.PAUSE: _waiting("pending")},
    SlaMetric.AGENT_WORK: {**_WHOLE, Hook.PAUSE: _waiting("pending|on_hold")},
    SlaMetric.REQUESTER_WAIT: {**_WHOLE, Hook.PAUSE: _waiting("pending")},
    SlaMetric.RESOLUTION: _WHOLE,
    SlaMetric.ASSIGNMENT: {
        Hook.START: (_GIVEN,), Hook.STOP: (_GIVEN, {"activity": "unassigned"}, *_OVER), Hook.CANCEL: _GONE,
    },
}  # fmt: skip

#: Metrics whose clock is taken up again by a start after a stop: a reopened case has been the same matter all along.
CONTINUES: Final = frozenset({SlaMetric.AGENT_WORK, SlaMetric.REQUESTER_WAIT, SlaMetric.RESOLUTION})
