"""One instance of a rule that a plan breaks, or of a price it pays."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

#: Instants that differ by less are the same: a millisecond, more than floats lose over a horizon of months.
EPS_S: Final = 1e-3


@dataclass(frozen=True, slots=True)
class RouteBreach:
    """One instance of a rule: who or what, by how much, at which cost.

    Parameters
    ----------
    rule : its id.
    technician_id, shift : whose tour; "" and -1 if none's.
    visit_id : which visit, "" if it is about none.
    amount : by how much: seconds, pieces, metres, or 1.
    cost_cents : what it costs; 0 for hard rules.
    what : the detail: a skill, a part, the other visit.
    """

    rule: str
    technician_id: str = ""
    shift: int = -1
    visit_id: str = ""
    amount: float = 1.0
    cost_cents: float = 0.0
    what: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the breach as plain data."""
        return asdict(self)
