"""Cases of customers and what became of their promises, from a lake: the only file of this room that opens one."""

from __future__ import annotations

from troth.capacity.projects.money.loyalty import CustomerCase
from troth.log.lake import Lake
from troth.log.timelines import TIMELINES
from troth.log.timelines.cache import refresh


def customer_cases(lake: Lake) -> list[CustomerCase]:
    """Return every case of a known customer, as the KPI `customer.retention` takes them: those merged into others are left out.

    A case's promises are kept if all that were settled were, broken if one was; waived and open ones do not count.

    Raises
    ------
    StoreError
        If the lake cannot be read.
    """
    with lake.session() as con:
        cases = refresh(lake, con, TIMELINES["cases"], columns=("customer_id", "opened_at", "merged_into"))
        promises = refresh(lake, con, TIMELINES["promises"], columns=("case_id", "outcome"))
        text = f"""
            WITH told AS (
                SELECT case_id, bool_and(outcome = 'kept') AS kept FROM ({promises})
                WHERE outcome IN ('kept', 'broken') GROUP BY case_id)
            SELECT c.customer_id, c.opened_at, told.kept FROM ({cases}) c LEFT JOIN told ON c.case_id = told.case_id
            WHERE c.customer_id IS NOT NULL AND c.merged_into IS NULL ORDER BY c.opened_at, c.case_id"""
        return [CustomerCase(*row) for row in con.execute(text).fetchall()]
