"""What is doubtful about a set of policies although every row of it can be read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from troth.core.decision import Issue, Severity
from troth.core.terms import Hook
from troth.kpi.sla._issues import error
from troth.kpi.sla.policy import Match, SlaBook, SlaBooks, SlaPolicy


def check_books(books: SlaBooks) -> list[Issue]:
    """Return what is wrong or doubtful with policies, each once, with the day from which on.

    Codes: ``no-end`` and ``no-start`` (a clock nothing stops or starts), ``no-target`` (a policy without any),
    ``two-policies`` (both fit the same cases; the first holds), ``never-holds`` (an earlier policy fits all its cases),
    ``same-position``, ``never-pauses`` (something resumes a clock that nothing pauses).
    """
    found: dict[tuple[str, str, str], Issue] = {}
    for since, book in zip(books.since, books.books, strict=True):
        for issue in _of(book):
            when = "" if since == date.min else f" from {since.isoformat()}"
            key = (issue.code, issue.where, issue.value)
            found.setdefault(key, Issue(issue.code, issue.severity, issue.where + when, issue.value, issue.advice))
    return list(found.values())


def _of(book: SlaBook) -> Iterator[Issue]:
    for policy in book.policies:
        yield from _alone(policy)
    for one, other in pairwise(book.policies):
        if one.position == other.position:
            advice = "Maybe give each its own position; of equal ones the name decides."
            yield Issue("same-position", Severity.WARNING, f"policy {other.name}", str(other.position), advice)
    for place, other in enumerate(book.policies):
        before = [one for one in book.policies[:place] if not _apart(one, other)]
        whole = next((one for one in before if _within(other, one)), None)
        if whole is not None:
            advice = f"Maybe move it before {whole.name}, which fits all its cases and is tried first."
            yield Issue("never-holds", Severity.WARNING, f"policy {other.name}", whole.name, advice)
        else:
            for one in before:
                advice = (
                    f"Maybe that is meant: of cases both fit, {one.name} holds, whole, as its position comes first."
                )
                yield Issue("two-policies", Severity.INFO, f"policy {other.name}", one.name, advice)


def _alone(policy: SlaPolicy) -> Iterator[Issue]:
    if not policy.targets:
        yield Issue(
            "no-target",
            Severity.WARNING,
            f"policy {policy.name}",
            "",
            "Maybe its rows in sla_targets are missing or bad; its cases have no clock.",
        )
    for metric, movement in {(t.metric, t.movement): None for t in policy.targets.values()}:
        where = f"policy {policy.name}, {metric}"
        for hook, code in ((Hook.START, "no-start"), (Hook.STOP, "no-end")):
            if not list(movement.of(hook)):
                advice = f"Maybe a row with hook {hook} is missing in sla_conditions: the clock never {'begins' if hook is Hook.START else 'ends'}."
                yield error(code, where, None, advice)
        if list(movement.of(Hook.RESUME)) and not list(movement.of(Hook.PAUSE)):
            yield Issue(
                "never-pauses",
                Severity.INFO,
                where,
                "",
                "Maybe a row with hook pause is missing: nothing ever pauses this clock.",
            )


def _apart(one: SlaPolicy, other: SlaPolicy) -> bool:
    """Tell whether no case can fit both."""
    return any(name == field and _disjoint(mine, yours) for name, mine in one.filters for field, yours in other.filters)


def _disjoint(one: Match, other: Match) -> bool:
    if one.negated and other.negated:
        return False
    if one.negated:
        one, other = other, one
    words, limits = set(one.words), set(other.words)
    return words <= limits if other.negated else not words & limits


def _within(one: SlaPolicy, other: SlaPolicy) -> bool:
    """Tell whether every case that fits the one fits the other."""
    return all(
        any(name == field and _implies(mine, yours) for field, mine in one.filters) for name, yours in other.filters
    )


def _implies(one: Match, other: Match) -> bool:
    if other.negated:
        return set(other.words) <= set(one.words) if one.negated else not set(one.words) & set(other.words)
    return not one.negated and set(one.words) <= set(other.words)
