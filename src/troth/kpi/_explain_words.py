"""Conditions of declarations in words: what a row must be to count, and what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

#: What columns of timelines are called when people read of them.
COLUMNS: Final[Mapping[str, str]] = {
    "answered_at": "the answer",
    "arrived_at": "the arrival",
    "asked": "whether a survey was sent",
    "began_by_customer": "whether the customer began it",
    "bot_replies": "the number of a bot's replies",
    "broken_at": "the broken promise",
    "closed_at": "the closing",
    "agreed": "the agreed score",
    "cause": "the recorded cause",
    "decided_at": "the instant the clock was decided",
    "state": "the state of the clock",
    "contacts": "the number of the customer's contacts",
    "escalated_at": "the escalation",
    "ended_at": "the end",
    "due_at": "the date it was due",
    "effect": "the measured effect",
    "found_at": "the review",
    "logged_at": "the booking of hours",
    "first_any_reply_at": "the first reply of anybody",
    "first_assigned_at": "the first assignment",
    "first_in_at": "the customer's first contact",
    "first_reopened_at": "the first reopening",
    "first_reply_at": "the first reply of a person",
    "first_resolved_at": "the first resolution",
    "first_solution_at": "the first solution",
    "item": "the survey item",
    "last_out_at": "the last reply of a person",
    "last_resolved_at": "the last resolution",
    "left_at": "the leaving",
    "merged_into": "the case it was merged into",
    "next_at": "the next time the customer came",
    "opened_at": "the opening",
    "on_hold_s": "the time on hold",
    "paused_s": "the time spent waiting for the customer",
    "pending_s": "the time waiting for the customer",
    "person_returns": "the number of returns to a person",
    "previous_at": "the time before that the customer came",
    "previous_contact_id": "the contact it goes on from",
    "probability": "the stated probability",
    "promised_at": "the promise",
    "queued_at": "joining the queue",
    "reopened_after_at": "the reopening after the last resolution",
    "replied_at": "the assignee's reply",
    "replies": "the number of a person's replies",
    "reply_clock_at": "the start of the reply's clock",
    "reviewed_at": "the review",
    "sent_at": "the sending of the survey",
    "service_s": "the time of service",
    "settled_at": "the settling of the promise",
    "standard_s": "the standard time of the service",
    "started_at": "the beginning",
    "team_returns": "the number of returns to a team",
    "touch_s": "the time on the screen",
    "wait_s": "the wait",
    "wait_arrival_s": "the wait since arrival",
    "wrap_s": "the work afterwards",
}
_COMPARE: Final = {
    "Equals": "is",
    "NotEquals": "is not",
    "Greater": "is more than",
    "GreaterEqual": "is at least",
    "Less": "is less than",
    "LessEqual": "is at most",
}
_TIMES: Final = {
    "GreaterEqual": "is not before",
    "Greater": "is after",
    "LessEqual": "is not after",
    "Less": "is before",
}


def column(name: str) -> str:
    """Return a column's name as people say it."""
    return COLUMNS.get(name, f"the {name.removesuffix('_id').removesuffix('_at').removesuffix('_s').replace('_', ' ')}")


def conjuncts(condition: Any) -> list[Any]:
    """Return the conditions that must all hold, one by one."""
    node = condition.op()
    if type(node).__name__ == "And":
        return [*conjuncts(node.left.to_expr()), *conjuncts(node.right.to_expr())]
    return [condition]


def fields(expression: Any) -> list[str]:
    """Return the names of the columns an expression reads, each once, in the order of its writing."""
    return list(dict.fromkeys(node.name for node in _nodes(expression.op()) if type(node).__name__ == "Field"))


def times(expression: Any) -> list[tuple[str, str]]:
    """Return the pairs of columns (start, end) whose distance an expression measures."""
    found = []
    for node in _nodes(expression.op()):
        if type(node).__name__ == "Subtract" and node.left.dtype.is_integer():
            ends = [[n.name for n in _nodes(side) if type(n).__name__ == "Field"] for side in (node.right, node.left)]
            if all(ends):
                found.append((ends[0][0], ends[1][0]))
    return list(dict.fromkeys(found))


def _nodes(node: Any) -> Iterator[Any]:
    """Yield the nodes of an expression, without looking into the tables it reads."""
    yield node
    if type(node).__name__ == "Field":
        return
    for part in node.args:
        for one in part if isinstance(part, tuple) else (part,):
            if hasattr(one, "args") and hasattr(one, "dtype"):
                yield from _nodes(one)


def phrase(expression: Any) -> str:
    """Return a condition in words, such as "the first reply of a person is known"."""
    return _say(expression.op())


def _say(node: Any) -> str:
    kind = type(node).__name__
    simple: dict[str, Callable[[Any], str]] = {
        "Field": lambda n: column(n.name),
        "Literal": lambda n: value(n.value),
        "IsNull": lambda n: f"{_say(n.arg)} is not known",
        "NotNull": lambda n: f"{_say(n.arg)} is known",
        "Not": lambda n: f"not: {_say(n.arg)}",
        "And": lambda n: f"{_say(n.left)} and {_say(n.right)}",
        "Or": lambda n: f"{_say(n.left)} or {_say(n.right)}",
        "InValues": lambda n: f"{_say(n.value)} is {_either(map(_say, n.options))}",
        "Coalesce": lambda n: " else ".join(_say(one) for one in n.arg if not _is_false(one)),
        "Cast": lambda n: _say(n.arg),
        "Add": lambda n: f"{_say(n.left)} and {_say(n.right)} together",
        "IfElse": lambda n: _say(n.false_null_expr if _is_null(n.true_expr) else n.true_expr),
    }
    if kind in _COMPARE:
        words = _TIMES if node.left.dtype.is_timestamp() else _COMPARE
        return f"{_say(node.left)} {words.get(kind, _COMPARE[kind])} {_say(node.right)}"
    if kind == "Divide":
        pairs = times(node.to_expr())
        if pairs:
            return f"the time in seconds from {column(pairs[0][0])} to {column(pairs[0][1])}"
    if kind in simple:
        return simple[kind](node)
    return " and ".join(column(name) for name in fields(node.to_expr())) or kind.lower()


def _is_false(node: Any) -> bool:
    return type(node).__name__ == "Literal" and node.value is False


def _is_null(node: Any) -> bool:
    return type(node).__name__ in {"Literal", "Cast"} and getattr(node, "value", None) is None


def _either(words: Iterable[str]) -> str:
    *before, last = words
    return f"{', '.join(before)} or {last}" if before else last


def value(found: Any) -> str:
    """Return a value as text: nothing is "not known"."""
    if found is None:
        return "not known"
    if isinstance(found, datetime):
        return found.isoformat(sep=" ", timespec="seconds")
    if isinstance(found, float):
        return f"{found:g}"
    return str(found)


def failed(condition: Any, row: Mapping[str, Any]) -> str:
    """Return why a row does not count: what is needed, and what is there instead."""
    here = [f"{column(name)} is {value(row.get(name))}" for name in fields(condition)]
    return f"It counts only if {phrase(condition)}; here {_both(here)}."


def _both(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
