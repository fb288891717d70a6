"""What comes of setting another product's figures beside ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from troth.core.decision import Issue
from troth.kpi.reconcile.causes import CauseTally, Codes, Fit
from troth.kpi.reconcile.vendors import VendorFigure
from troth.kpi.reconcile.verdicts import LearnedTarget


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure of one case or contact: theirs, ours, and the cause of the difference.

    Parameters
    ----------
    name : the case or contact.
    theirs, ours : seconds, a count, or 1 and 0; None where there is none.
    fit : how ours stands to theirs: equal, rounded, or different.
    cause : the change, or the two, that would settle the difference; empty where it is none or nothing does.
    also : other changes that would settle it as well.
    cause_fit : how ours stands to theirs once the change is made.
    missing : the instant ours lacks, if it does.
    coarse : whether ours rests on an event that was made of a figure of theirs, so that agreeing proves nothing.
    """

    name: str
    theirs: float
    ours: float | None
    fit: Fit
    cause: Codes = ()
    also: tuple[Codes, ...] = ()
    cause_fit: Fit = Fit.DIFFERS
    missing: str = ""
    coarse: bool = False

    @property
    def said(self) -> str:
        """The cause in one word, or two: `equal`, `rounding`, codes, `missing-event`, `unexplained`."""
        if self.fit is Fit.EQUAL:
            return "equal"
        if self.fit is not Fit.DIFFERS:
            return "rounding"
        return "+".join(self.cause) or ("missing-event" if self.missing else "unexplained")


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One figure of another product beside ours, case by case.

    Parameters
    ----------
    figure : which.
    cases : every case or contact it is said of, by id.
    tallies : what each change would settle and break.
    learned : of verdicts, the lengths learned, by the codes they were learned with.
    """

    figure: VendorFigure
    cases: tuple[Compared, ...]
    tallies: tuple[CauseTally, ...]
    learned: Mapping[Codes, LearnedTarget] = field(default_factory=dict)

    def count(self, said: str) -> int:
        """Return how many cases have a cause; see `Compared.said`."""
        return sum(one.said == said for one in self.cases)

    @property
    def causes(self) -> dict[str, int]:
        """How many cases each cause has, the most first; equals and rounding are not among them."""
        found: dict[str, int] = {}
        for one in self.cases:
            if one.fit is Fit.DIFFERS:
                found[one.said] = found.get(one.said, 0) + 1
        return dict(sorted(found.items(), key=lambda item: (item[0] == "unexplained", -item[1], item[0])))


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """All figures of other products in a lake, and what is odd about them."""

    figures: tuple[Reconciled, ...]
    issues: tuple[Issue, ...]
