"""The front door of customer flow: everything that can happen to a ticket and at a counter.

Each action takes `now`, runs in one transaction, writes its rows and its facts together, and returns the row as it is
then. Where the state of things does not allow it, it raises `Refused` and nothing has changed. Doing a thing twice, as
a double click does, is doing it once.
"""

from __future__ import annotations

from troth.web.flow.calling import call_next, call_ticket, no_show, park, put_back, recall, take_up
from troth.web.flow.counters import close_counter, end_break, open_counter, take_break
from troth.web.flow.joining import join, leave, let_others_first, notice
from troth.web.flow.refused import Refused
from troth.web.flow.serving import add_service, answer, finish, transfer, walk_direct

__all__ = [
    "Refused",
    "add_service",
    "answer",
    "call_next",
    "call_ticket",
    "close_counter",
    "end_break",
    "finish",
    "join",
    "leave",
    "let_others_first",
    "no_show",
    "notice",
    "open_counter",
    "park",
    "put_back",
    "recall",
    "take_break",
    "take_up",
    "transfer",
    "walk_direct",
]
