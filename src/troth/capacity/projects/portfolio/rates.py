"""What an hour is sold for, and what other currencies are worth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class ChargeRate:
    """What a customer pays for an hour, in minor units: of the rows that fit, the one that names most decides.

    A project weighs more than a customer, that more than a person, that more than a role, as in an override over a client's
    card over the default card; of equals the later `first` holds.
    """

    cents: int
    currency: str = ""
    project_id: str = ""
    customer_id: str = ""
    person_id: str = ""
    role: str = ""
    first: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class ExchangeRate:
    """How many units of the house's currency one of another is worth, from a day on."""

    currency: str
    worth: float
    first: date | None = None
