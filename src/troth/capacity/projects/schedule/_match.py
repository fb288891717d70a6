"""Who takes which skill: a matching of people to the places of one activity."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import TypeVar

_Skill = TypeVar("_Skill", bound=Hashable)


def matched(
    people: Iterable[tuple[int, AbstractSet[_Skill]]], *, needs: Mapping[_Skill, int]
) -> dict[int, _Skill] | None:
    """Return who does which skill, None if people are too few.

    People come in the order in which they are to be taken: as the sets that can be placed together form a matroid
    (Edmonds and Fulkerson 1965, Journal of Research of the National Bureau of Standards 69B), taking everybody who
    still fits gives the set that is first in that order, whoever has to change places for it.
    """
    room = {skill: count for skill, count in needs.items() if count > 0}
    missing = sum(room.values())
    places: dict[_Skill, list[int]] = {skill: [] for skill in room}
    can: dict[int, AbstractSet[_Skill]] = {}
    for who, skills in people:
        if not missing:
            break
        can[who] = skills
        if _placed(who, can=can, room=room, places=places, seen=set()):
            missing -= 1
    if missing:
        return None
    return {who: skill for skill, some in places.items() for who in some}


def _placed(
    who: int, *, can: Mapping[int, AbstractSet[_Skill]], room: Mapping[_Skill, int], places: dict[_Skill, list[int]], seen: set[_Skill]
) -> bool:  # fmt: skip
    """Place somebody, moving others along if need be (an augmenting path)."""
    mine = [skill for skill in room if skill in can[who] and skill not in seen]
    for skill in mine:
        if len(places[skill]) < room[skill]:
            places[skill].append(who)
            return True
    for skill in mine:
        if skill in seen:
            continue
        seen.add(skill)
        for k, other in enumerate(places[skill]):
            if _placed(other, can=can, room=room, places=places, seen=seen):
                places[skill][k] = who
                return True
    return False
