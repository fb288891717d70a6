"""The strict check every event passes before it enters the log, whatever reader it came from."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from troth.core.terms import ACTIVITIES, COMMON_KEYS, Actor, AgentState, CaseStatus, Flow, Kind, Origin, Subject
from troth.log.schema import DRAFTS, REJECTS

#: Instants outside are mistakes: the years 1970 to 2100, in microseconds.
EARLIEST: Final = 0
LATEST: Final = 4_102_444_800_000_000

#: Activities whose sentence needs `step`, with the words allowed there (None: any).
STEPS: Final[dict[str, tuple[str, ...] | None]] = {
    "state_changed": tuple(AgentState),
    "status_changed": tuple(CaseStatus),
    "stepped": None,
    "step_started": None,
    "step_ended": None,
    "survey_answered": None,
    "deal_changed": None,
    "milestone_reached": None,
    "skill_gained": None,
    "counted": None,
    "target_set": None,
}
#: Activities whose sentence needs `value`.
VALUES: Final = frozenset({"time_logged", "counted", "target_set"})
#: What an event of a kind must name: any one of these columns.
NEEDS: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.CONTACT: ("contact_id", "case_id"),
    Kind.MESSAGE: ("case_id", "contact_id"),
    Kind.CASE: ("case_id",),
}
_AGENT: Final = frozenset({"shift_started", "shift_ended", "state_changed", "skill_gained"})
_ENUMS: Final[dict[str, tuple[str, ...]]] = {
    "actor": tuple(Actor),
    "direction": tuple(Flow),
    "origin": tuple(Origin),
    "subject_kind": tuple(Subject),
}
_TEXTS: Final = tuple(f.name for f in DRAFTS if f.type == pa.string() and f.name not in {"attributes", "_file"})

Mask = npt.NDArray[np.bool_]


def check(drafts: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Return the good events and what is wrong with the others.

    Blank texts become null, blanks around texts go, and what is missing gets its default: version 0, origin
    exact, actor human where there is an agent.

    Parameters
    ----------
    drafts : events in `schema.DRAFTS`.

    Returns
    -------
    The good events in `schema.DRAFTS`, and in `schema.REJECTS` one row for every problem of the others.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from troth.log.schema import DRAFTS
    >>> row = {"occurred_at": 0, "activity": "opend", "case_id": "7", "source": "a", "source_id": "1"}
    >>> good, rejects = check(pa.Table.from_pylist([row], schema=DRAFTS))
    >>> len(good), rejects["code"].to_pylist(), rejects["advice"].to_pylist()
    (0, ['unknown-activity'], ["Maybe 'opened' is meant."])
    """
    if not len(drafts):
        return drafts.cast(DRAFTS), REJECTS.empty_table()
    table = _tidy(drafts.cast(DRAFTS))
    judge = _Judge(table)
    judge.times()
    judge.words()
    judge.activities()
    judge.numbers()
    judge.attributes()
    if not judge.problems:
        return table, REJECTS.empty_table()
    bad = np.zeros(len(table), bool)
    for mask, *_ in judge.problems:
        bad |= mask
    return table.filter(pa.array(~bad)), judge.rejects()


def _tidy(table: pa.Table) -> pa.Table:
    """Trim texts and fill in defaults."""
    from troth.log.readers._arrays import clean

    for name in _TEXTS:
        column = table.column(name)
        if column.null_count < len(column):
            table = table.set_column(table.schema.get_field_index(name), DRAFTS.field(name), clean(column))
    table = _fill(table, "version", 0)
    table = _fill(table, "origin", str(Origin.EXACT))
    if table.column("actor").null_count:
        human = pc.if_else(pc.is_valid(table.column("agent_id")), pa.scalar("human"), pa.scalar(None, pa.string()))
        actor = pc.coalesce(table.column("actor"), human)
        table = table.set_column(table.schema.get_field_index("actor"), DRAFTS.field("actor"), actor)
    return table


def _fill(table: pa.Table, name: str, value: Any) -> pa.Table:
    column = table.column(name)
    if not column.null_count:
        return table
    return table.set_column(table.schema.get_field_index(name), DRAFTS.field(name), column.fill_null(value))


class _Coded:
    """A column of few different texts: the texts, and for each row which one (-1 for null)."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        if column.null_count == len(column):
            self.words: list[str] = []
            self.codes = np.full(len(column), -1, np.int32)
            return
        coded = column.combine_chunks().dictionary_encode()
        coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
        self.words = coded.dictionary.to_pylist()
        self.codes = np.array(coded.indices.fill_null(-1))

    def where(self, test: Callable[[str], bool], *, null: bool = False) -> Mask:
        """Return the rows whose text passes the test; `null` is the answer for null."""
        answers = np.array([*(test(w) for w in self.words), null], bool)
        return answers[self.codes]


class _Judge:
    """Finds every problem of a table of drafts."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self.problems: list[tuple[Mask, str, str, Callable[[str | None], str]]] = []
        self.activity = _Coded(table.column("activity"))

    def add(self, mask: Mask, code: str, column: str, advice: str | Callable[[str | None], str]) -> None:
        if mask.any():
            self.problems.append((mask, code, column, advice if callable(advice) else lambda _: advice))

    def null(self, name: str) -> Mask:
        column = self.table.column(name)
        if not column.null_count:
            return np.zeros(len(column), bool)
        return np.asarray(column.is_null())

    def times(self) -> None:
        self.add(
            self.null("occurred_at"),
            "missing-time",
            "occurred_at",
            "Maybe the row is unfinished or its time was not read.",
        )
        for name in ("occurred_at", "recorded_at"):
            column = self.table.column(name)
            if column.null_count < len(column):
                micros = np.asarray(column.cast(pa.int64()).fill_null(EARLIEST))
                advice = "Maybe the year has two digits, or the number is seconds rather than milliseconds: it is not in 1970-2100."
                self.add((micros < EARLIEST) | (micros >= LATEST), "time-out-of-range", name, advice)

    def words(self) -> None:
        for name, allowed in _ENUMS.items():
            coded = _Coded(self.table.column(name))
            self.add(
                ~coded.where(allowed.__contains__, null=True), f"unknown-{name.replace('_', '-')}", name, _near(allowed)
            )
        for name in ("source", "source_id"):
            self.add(
                self.null(name),
                f"missing-{name.replace('_', '-')}",
                name,
                "Maybe the column that identifies the row is blank.",
            )

    def activities(self) -> None:
        coded = self.activity
        self.add(coded.codes < 0, "missing-activity", "activity", "Maybe the column of activities is blank here.")
        self.add(coded.where(lambda w: w not in ACTIVITIES), "unknown-activity", "activity", _near(ACTIVITIES))
        for kind, needed in NEEDS.items():
            mask = coded.where({n for n, term in ACTIVITIES.items() if term.kind is kind}.__contains__)
            for name in needed if mask.any() else ():
                mask = mask & self.null(name)
            advice = f"Maybe the column for {' or '.join(needed)} is not mapped: a {kind} event must name one."
            self.add(mask, f"missing-{needed[0].replace('_', '-')}", needed[0], advice)
        mask = coded.where(_AGENT.__contains__)
        if mask.any():
            self.add(
                mask & self.null("agent_id"), "missing-agent-id", "agent_id", "Maybe the person's column is not mapped."
            )
        self.steps()

    def steps(self) -> None:
        mask = self.activity.where(STEPS.__contains__)
        if not mask.any():
            return
        self.add(
            mask & self.null("step"),
            "missing-step",
            "step",
            "Maybe `step:` is not mapped: this activity says what in it.",
        )
        step: _Coded | None = None
        for name, allowed in STEPS.items():
            mask = self.activity.where(name.__eq__)
            if allowed is not None and mask.any():
                step = step or _Coded(self.table.column("step"))
                wrong = mask & ~step.where(allowed.__contains__, null=True)
                self.add(wrong, "unknown-step", "step", _near(allowed))

    def numbers(self) -> None:
        column = self.table.column("value")
        if column.null_count < len(column):
            values = column.fill_null(0).to_numpy()
            self.add(~np.isfinite(values), "bad-number", "value", "Maybe a division by zero was exported.")
        mask = self.activity.where(VALUES.__contains__)
        if mask.any():
            self.add(
                mask & self.null("value"),
                "missing-value",
                "value",
                "Maybe `value:` is not mapped: this activity needs it.",
            )

    def attributes(self) -> None:
        column = self.table.column("attributes")
        if column.null_count == len(column):
            return
        coded = _Coded(column)
        keys = [_keys(word) if len(coded.words) <= 65_536 else _keys.__wrapped__(word) for word in coded.words]
        broken = np.array([*(k is None for k in keys), False], bool)
        self.add(
            broken[coded.codes],
            "bad-attributes",
            "attributes",
            'Maybe this is not a JSON object such as {"topic": "loan"}.',
        )
        sets = list({k for k in keys if k is not None})
        number = {k: i for i, k in enumerate(sets)}
        which = np.array([*(-1 if k is None else number[k] for k in keys), -1])[coded.codes]
        for i, name in enumerate(self.activity.words):
            if name not in ACTIVITIES:
                continue
            allowed = ACTIVITIES[name].keys | COMMON_KEYS
            wrong = np.array([*(bool(k - allowed) for k in sets), False], bool)
            if wrong.any():
                advice = _foreign(allowed)
                self.add((self.activity.codes == i) & wrong[which], "unknown-attribute", "attributes", advice)

    def rejects(self) -> pa.Table:
        """Return one row for every problem, in row order."""
        rows = []
        for order, (mask, code, name, advice) in enumerate(self.problems):
            part = self.table.filter(pa.array(mask))
            for file, row, value in zip(*(part.column(n).to_pylist() for n in ("_file", "_row", name)), strict=True):
                shown = None if value is None else str(value)[:200]
                problem = {"file": file or "", "row": row, "code": code, "column": name, "value": shown}
                rows.append(
                    (file or "", row or 0, order, problem | {"advice": advice(None if value is None else str(value))})
                )
        rows.sort(key=lambda r: r[:3])
        return pa.Table.from_pylist([r[3] for r in rows], schema=REJECTS)


@lru_cache(maxsize=65_536)
def _keys(text: str) -> frozenset[str] | None:
    """Return the keys of a JSON object; None if the text is none."""
    try:
        found = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return frozenset(found) if isinstance(found, dict) else None


def _refuse(word: str) -> None:
    raise ValueError(word)


def _near(words: Iterable[str]) -> Callable[[str | None], str]:
    """Return what gives advice on a word that is none of `words`."""
    known = [str(w) for w in words]

    @lru_cache(maxsize=4096)
    def advice(word: str | None) -> str:
        found = difflib.get_close_matches((word or "").lower().replace(" ", "_"), known, 1, 0.6)
        if found:
            return f"Maybe '{found[0]}' is meant."
        if len(known) > 12:
            return "Maybe a mapping should translate it, or 'stepped' with the word in `step` is meant."
        return f"Maybe one of: {', '.join(known)}."

    return advice


def _foreign(allowed: frozenset[str]) -> Callable[[str | None], str]:
    def advice(text: str | None) -> str:
        keys = _keys(text or "") or frozenset()
        wrong = ", ".join(sorted(keys - allowed))
        return f'Maybe {wrong} should be inside the key "foreign"; allowed here: {", ".join(sorted(allowed))}.'

    return advice
