"""Who can work: contracts with their history, skills that are gained and expire, planned leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class ContractTerms:
    """What somebody is paid to work from a day on.

    Parameters
    ----------
    first, until : the first day, and the day after the last; None while it is open.
    hours : paid hours of each weekday, Monday first.
    country : whose public holidays hold; empty for none.
    cost_cents : what an hour costs the house, in minor units of `currency`; an empty currency is the house's own.
    """

    first: date
    until: date | None = None
    hours: tuple[float, ...] = (8.0, 8.0, 8.0, 8.0, 8.0, 0.0, 0.0)
    country: str = ""
    cost_cents: int = 0
    currency: str = ""

    def holds(self, day: date) -> bool:
        """Tell whether it holds on a day."""
        return self.first <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class HeldSkill:
    """What somebody can do, how well, and from when until when (a certificate expires)."""

    skill: str
    level: float = 1.0
    first: date | None = None
    until: date | None = None

    def holds(self, day: date) -> bool:
        """Tell whether it is held on a day."""
        return (self.first is None or self.first <= day) and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class LeaveSpan:
    """Days away: the first, and the day after the last."""

    first: date
    until: date
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Consultant:
    """Somebody who works on projects, or a placeholder for somebody to be found.

    Parameters
    ----------
    contracts : in the order of time, without overlap; a day without one has no hours.
    target : the share of hours that should be billable, 0 to 1; None for no target.
    yearly_hours : the most hours of projects in a calendar year; None for no cap.
    placeholder : an unnamed resource: its hours count as demand for somebody, never as supply.
    """

    person_id: str
    contracts: tuple[ContractTerms, ...] = ()
    skills: tuple[HeldSkill, ...] = ()
    leave: tuple[LeaveSpan, ...] = ()
    role: str = ""
    team: str = ""
    location: str = ""
    target: float | None = None
    yearly_hours: float | None = None
    placeholder: bool = False

    def terms_on(self, day: date) -> ContractTerms | None:
        """Return the contract that holds on a day."""
        return next((one for one in self.contracts if one.holds(day)), None)

    def level_of(self, skill: str, *, day: date) -> float:
        """Return the level at which a skill is held on a day; 0 if it is not.

        Examples
        --------
        >>> from datetime import date
        >>> ada = Consultant("ada", skills=(HeldSkill("welding", 2, until=date(2026, 7, 1)),))
        >>> ada.level_of("welding", day=date(2026, 6, 30)), ada.level_of("welding", day=date(2026, 7, 1))
        (2, 0.0)
        """
        return max((one.level for one in self.skills if one.skill == skill and one.holds(day)), default=0.0)
