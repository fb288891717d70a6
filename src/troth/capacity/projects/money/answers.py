"""What an hour is worth, and why: the row that decides, and the rows that were passed over."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from troth.capacity.projects.portfolio import ChargeRate, ContractTerms, ExchangeRate
from troth.core.decision import Explanation


class RateLevel(StrEnum):
    """On whose account a rate holds, the strongest first."""

    PROJECT = "project"
    """An override of the project."""
    CUSTOMER = "customer"
    """The customer's card."""
    PERSON = "person"
    """The person's own."""
    ROLE = "role"
    """The card of roles."""
    CARD = "card"
    """The default card, which names nobody."""


class RateGap(StrEnum):
    """Why there is no rate, or why a row is not the one."""

    NO_RATE = "no-rate"
    """No row fits on that day."""
    RATE_TWICE = "rate-twice"
    """Two rows of one rank and one first day say different things."""
    NO_CONTRACT = "no-contract"
    """The person has no contract on that day."""
    NO_COST = "no-cost"
    """What an hour costs is not stated, by the contract or by anybody of the role."""
    NO_EXCHANGE = "no-exchange"
    """What the currency is worth is not known on that day."""
    EXCHANGE_TWICE = "exchange-twice"
    """Two rows of one first day say different things."""
    NOT_IN_FORCE = "not-in-force"
    """It does not hold on that day."""
    NAMES_LESS = "names-less"
    """Another row of higher rank holds."""
    OTHER_CURRENCY = "other-currency"
    """A row of the same rank is in the project's currency."""
    BEGINS_EARLIER = "begins-earlier"
    """A row of the same rank began later."""


@dataclass(frozen=True, slots=True)
class PassedRate:
    """A row that names what was asked for and does not decide, and why."""

    row: ChargeRate | ExchangeRate
    why: RateGap

    def explanation(self) -> Explanation:
        """Return it as a part of an explanation."""
        return Explanation(f"passed-{self.why}", {"row": self.row})


@dataclass(frozen=True, slots=True)
class RateAnswer:
    """What a customer pays for an hour.

    Parameters
    ----------
    cents, currency : the rate in minor units of a currency; None where there is none.
    level : on whose account; None without a rate.
    row : the row that decides.
    passed : rows that name the same and do not decide.
    gap : why there is none.
    """

    cents: int | None
    currency: str
    level: RateLevel | None = None
    row: ChargeRate | None = None
    passed: tuple[PassedRate, ...] = ()
    gap: RateGap | None = None

    def explanation(self) -> Explanation:
        """Return why it is what it is: the deciding row, then each that was passed over."""
        told = {"cents": self.cents, "currency": self.currency, "row": self.row}
        code = str(self.gap) if self.gap else f"rate-of-{self.level}"
        return Explanation(code, told, tuple(one.explanation() for one in self.passed))


@dataclass(frozen=True, slots=True)
class CostAnswer:
    """What an hour costs the house.

    Parameters
    ----------
    cents, currency : in minor units; None where it is not known. A mean over people is in the house's currency.
    terms : the contract that says so; None for a mean.
    people : over whom the mean is taken, where nobody is named.
    """

    cents: Fraction | None
    currency: str
    terms: ContractTerms | None = None
    people: tuple[str, ...] = ()
    gap: RateGap | None = None

    def explanation(self) -> Explanation:
        """Return why it is what it is: the contract, or the people of the mean."""
        code = str(self.gap) if self.gap else "cost-of-contract" if self.terms else "cost-of-role"
        told = {"cents": self.cents, "currency": self.currency, "terms": self.terms, "people": self.people}
        return Explanation(code, told)


@dataclass(frozen=True, slots=True)
class ExchangeAnswer:
    """What one minor unit of a currency is worth in minor units of the house's; exact, 1 for the house's own.

    Minor units differ: a yen has none smaller, so that its minor unit is a hundred times what "a hundredth" would be.
    """

    worth: Fraction | None
    currency: str
    row: ExchangeRate | None = None
    passed: tuple[PassedRate, ...] = ()
    gap: RateGap | None = None

    def explanation(self) -> Explanation:
        """Return why it is what it is: the deciding row, then each that was passed over."""
        code = str(self.gap) if self.gap else "exchange-of-row" if self.row else "own-currency"
        told = {"worth": self.worth, "currency": self.currency, "row": self.row}
        return Explanation(code, told, tuple(one.explanation() for one in self.passed))
