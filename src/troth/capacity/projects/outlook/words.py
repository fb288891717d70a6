"""Words and amounts of an outlook as people read them, for the command and the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from troth.capacity.projects.outlook._course import MissedPromise
from troth.capacity.projects.portfolio import minor_digits

#: What alerts of budgets say.
ALERTS: Final[Mapping[str, str]] = {
    "budget-passed": "passed", "budget-will-be-passed": "will be passed", "budget-nearly-used": "nearly used",
}  # fmt: skip
#: Why hours are left undone, by the word of the explanation.
WHY: Final[Mapping[str, str]] = {
    "nobody": "nobody holds it at that level", "away": "whoever holds it has no hours then", "capped": "whoever holds it has reached their cap",
    "outbid": "these hours do more elsewhere", "alone": "whoever is on it has no hours left, and nobody can share it",
    "kept": "what is left over is less than an hour, or would cost more than it brings",
}  # fmt: skip


def whole(cents: float | None, *, currency: str) -> str:
    """Return an amount in whole units of its currency; a dash where it is not known.

    Examples
    --------
    >>> whole(1_234_567, currency="EUR"), whole(None, currency="EUR"), whole(1_234, currency="JPY")
    ('12,346', '-', '1,234')
    """
    return "-" if cents is None else f"{round(cents / 10 ** minor_digits(currency)):,}"


def known(cents: float | None, *, at_least: float, currency: str) -> str:
    """Return an amount in whole units, with a plus if more comes to it of which no rate is known."""
    return whole(cents, currency=currency) if cents is not None else f"{whole(at_least, currency=currency)}+"


def margin_known(cost_cents: int | None, *, revenue_known_cents: int) -> int | None:
    """Return what is known to be left, whatever else is earned; None if some cost is not known."""
    return None if cost_cents is None else revenue_known_cents - cost_cents


def margin(cents: int | None, *, cost_cents: int | None, revenue_known_cents: int, currency: str) -> str:
    """Return a margin in whole units, with a plus if more comes to it of which no rate is known.

    Examples
    --------
    >>> margin(None, cost_cents=500, revenue_known_cents=1_500, currency="EUR")
    '10+'
    """
    if cents is not None:
        return whole(cents, currency=currency)
    least = margin_known(cost_cents, revenue_known_cents=revenue_known_cents)
    return "-" if least is None else f"{whole(least, currency=currency)}+"


def promise_words(one: MissedPromise) -> str:
    """Return what a plan has instead of a promised day."""
    if one.planned is not None:
        return f"planned in the week of {one.planned.day} {one.planned:%B}"
    return "no hours are in the plan" if one.kind == "start" else "not all its hours are in the plan"
