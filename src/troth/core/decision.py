"""What every check and every decision says: issues, rules, explanations, status, stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How bad an issue is."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing wrong with an input: what, where, the value, and what may mend it.

    Parameters
    ----------
    code : stable name such as ``"bad-time"``; renaming one is a breaking change.
    severity : error (not used), warning (used, doubtful), info.
    where : file and row, table and column, or a field's path.
    value : the offending value as text, shortened by whoever shows it.
    advice : a sentence beginning with "Maybe".
    count : how many times the same issue was seen; `where` names the first.
    """

    code: str
    severity: Severity
    where: str
    value: str = ""
    advice: str = ""
    count: int = 1

    def __str__(self) -> str:
        times = f" ({self.count} times)" if self.count > 1 else ""
        shown = f": {self.value!r}" if self.value else ""
        return f"{self.code} at {self.where}{shown}{times}. {self.advice}".rstrip()

    def as_dict(self) -> dict[str, Any]:
        """Return the issue as plain data for JSON."""
        return {**asdict(self), "severity": str(self.severity)}


class Status(StrEnum):
    """How a decision ended."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a decision room: a stable id, its sentence, hard or soft, its weight."""

    id: str
    sentence: str
    hard: bool = True
    weight: float = 1.0
    source: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a number or a plan is what it is: a sentence code, its parameters, its parts."""

    code: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[Explanation, ...] = ()


@dataclass(frozen=True, slots=True)
class Stop:
    """When to stop a long computation: after seconds, after steps, or when asked to.

    `asked` is polled; it must be quick.
    """

    seconds: float | None = None
    steps: int | None = None
    asked: Callable[[], bool] | None = None

    def reached(self, *, seconds: float = 0.0, steps: int = 0) -> bool:
        """Tell whether the given use of time or steps, or the caller, says stop."""
        return (
            (self.seconds is not None and seconds >= self.seconds)
            or (self.steps is not None and steps >= self.steps)
            or (self.asked is not None and self.asked())
        )


def relative_gap(value: float, *, bound: float | None) -> float | None:
    """Return how far a cost may be above the least possible, as a share of the cost; None without a bound.

    Examples
    --------
    >>> relative_gap(110.0, bound=99.0), relative_gap(5.0, bound=5.0), relative_gap(5.0, bound=None)
    (0.1, 0.0, None)
    """
    if bound is None:
        return None
    return 0.0 if value <= bound else (value - bound) / max(abs(value), 1e-9)
