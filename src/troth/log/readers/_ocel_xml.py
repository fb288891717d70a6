"""OCEL 2.0 as XML."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from troth.core.decision import Issue
from troth.log.readers._ocel_items import BadItem, EventItem, Item, ObjectItem, TypeItem, not_ocel
from troth.log.readers._open import Opened
from troth.log.readers._xml import elements, forget, local, unescape

_SECTIONS = frozenset({"object-types", "event-types", "objects", "events"})


def items(part: Opened, head: bytes, issues: list[Issue]) -> Iterator[Item]:
    """Yield what a log holds; where the text breaks, add an issue and end."""
    depth = known = 0
    for event, element in elements(part, head, root="log", issues=issues):
        if event == "start":
            depth += 1
            known += depth == 2 and local(element) in _SECTIONS
            continue
        depth -= 1
        if depth == 2:
            found = _item(element)
            if found is not None:
                yield found
            forget(element)
    if not known:
        raise not_ocel(part.name)


def _item(element: Any) -> Item | None:
    name = local(element)
    if name in {"object-type", "event-type"}:
        types = [(a.get("name", ""), a.get("type", "string")) for a in _under(element, "attributes")]
        return TypeItem(name.partition("-")[0], element.get("name", ""), types)
    if name not in {"object", "event"}:
        return None
    for key in ("id", "type"):
        if not element.get(key):
            return BadItem(name, "missing-value", key, "", str(dict(element.attrib)))
    relations = [(r.get("object-id", ""), r.get("qualifier", "")) for r in _under(element, "objects")]
    texts = [(a.get("name", ""), a.get("time", ""), unescape(a.text or "")) for a in _under(element, "attributes")]
    if name == "object":
        return ObjectItem(element.get("id"), element.get("type"), list(texts), relations)
    values = [(key, text) for key, _, text in texts]
    return EventItem(element.get("id"), element.get("type"), element.get("time", ""), list(values), relations)


def _under(element: Any, name: str) -> Iterator[Any]:
    for child in element:
        if local(child) == name:
            yield from (grandchild for grandchild in child if local(grandchild))
