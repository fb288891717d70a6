"""What can be watched: each app names its topics, and says who may watch and what is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest

#: What watchers of one key see: names of fields to values of JSON.
Shown = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LiveTopic:
    """Something that changes and is watched, such as a customer's ticket or a wall display.

    Parameters
    ----------
    name : the word in the address, ``/live/NAME/KEY``.
    unit_of : gives the id of the organisation unit a key belongs to, None for an unknown key; see `notify.changed`.
    allowed : tells whether whoever sent a request may watch a key.
    shown : gives what watchers see, for many keys of one unit at once. A key left out shows nothing new. What it
        returns must not depend on who watches; it is asked in a thread, once for all watchers.
    """

    name: str
    unit_of: Callable[[str], int | None]
    allowed: Callable[[HttpRequest, str], bool]
    shown: Callable[[int, Sequence[str]], Mapping[str, Shown]]


#: Every topic by name.
TOPICS: Final[dict[str, LiveTopic]] = {}


def register(topic: LiveTopic) -> LiveTopic:
    """Make a topic known and return it; an app does so when it is ready.

    Raises
    ------
    ValueError : another topic has the name.
    """
    if TOPICS.setdefault(topic.name, topic) is not topic:
        raise ValueError(f"two topics are called {topic.name!r}")
    return topic


def find(name: str, *, key: str, request: HttpRequest) -> tuple[LiveTopic, int] | None:
    """Return a topic and the unit of a key; None if there is none, or the sender of the request may not watch it."""
    topic = TOPICS.get(name)
    unit_id = topic.unit_of(key) if topic is not None else None
    if topic is None or unit_id is None or not topic.allowed(request, key):
        return None
    return topic, unit_id
