"""The most of everything that is simulated: far beyond any service, well within what a machine can hold."""

from __future__ import annotations

from typing import Final

#: Agents of a problem, those kept for a queue, and counters open at once.
AGENTS: Final = 10_000
#: What one agent has in hand at once, and what a contact takes of it.
HANDS: Final = 1_000
#: Customers of one course, as expected: a course with so many takes some 2 GB.
CUSTOMERS: Final = 5_000_000
#: Days from start to end.
DAYS: Final = 3_660
#: Cells of time from start to end: so many days by half hours.
CELLS: Final = 200_000
#: How many times as many or as long a change may make something, and how many times as long an agent may take.
TIMES: Final = 1_000
#: Seconds of any length of time, some 300 years: the loop counts microseconds in 64 bits.
SECONDS: Final = 10_000_000_000
#: Any whole number, as the loop keeps some in 32 bits; ids alone may be larger.
WHOLE: Final = 2_000_000_000
ID: Final = (1 << 63) - 1
