"""Who holds which position when: people leave and others come, whatever is decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from troth.demo.draws import Draws
from troth.demo.practice.truth import ConsultantTruth, Practice
from troth.demo.truth import Shared

#: The part of a stream's key that no site and no other wing has, then what the stream is for.
KEY: Final = 7101
(PEOPLE, MARKET, COMING, DEAL, DAY, SUPPORT, REVIEWS, IMPROVING) = range(1, 9)
#: People are known so far ahead; nobody's world is longer.
_YEARS: Final = 30
_FAR: Final = date(9999, 12, 31).toordinal()


def stream(truth: Practice, seed: int, *what: int) -> Draws:
    """Return the stream of chance of one thing: the same whatever was decided and lived before."""
    return Draws(seed, KEY, int.from_bytes(truth.code.encode(), "big"), *what)


@dataclass(frozen=True, slots=True)
class Holder(Shared):
    """Somebody in a position: from day `came` until before day `goes` (ordinals of local days)."""

    who: ConsultantTruth
    came: int
    goes: int
    announced: int

    def here(self, day: int) -> bool:
        """Tell whether somebody is employed on a day."""
        return self.came <= day < self.goes


def holders(truth: Practice, *, seed: int) -> tuple[Holder, ...]:
    """Return everybody who will ever be in a position, in the order of positions, then of time.

    Those who come are of the position's skills, one level lower in one of them, and a little different in pace.
    """
    start, found = date.fromisoformat(truth.start).toordinal(), list[Holder]()
    for k, position in enumerate(truth.consultants):
        draws, came, who = stream(truth, seed, PEOPLE, k), start - 400, position
        first, turn = start, 0
        while came < start + 365 * _YEARS:
            stays = int(draws.exponential() / truth.leaving * 365.25) if truth.leaving > 0 else _FAR
            goes = min(_FAR, max(first, came) + truth.notice_days + stays)
            found.append(Holder(who, came, goes, goes - truth.notice_days))
            came = goes + 1 + int(draws.exponential() * truth.hiring_days)
            pace = round(min(1.3, max(0.75, 1.0 + 0.08 * draws.normal())), 3)
            weaker = int(draws.random() * len(position.skills))
            skills = tuple((s, max(1, n - (j == weaker))) for j, (s, n) in enumerate(position.skills))
            leave = tuple((a, b) for a, b in position.leave if date.fromisoformat(a).toordinal() >= came + 60)
            turn += 1
            who = ConsultantTruth(
                f"{position.agent_id}{'abcdefghijklmnopqrstuvwxyz'[turn % 26] * (1 + turn // 26)}",
                f"{position.title} (successor {turn})",
                position.team, position.role, position.hours, skills, position.cost_cents, pace, position.quality, leave,
            )  # fmt: skip
    return tuple(found)
