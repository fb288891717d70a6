"""The seeded synthetic company: one generator for demo, docs, tests and benchmarks, whose truth is known."""

from troth.demo.company import UNTIL as UNTIL
from troth.demo.company import demo_company as demo_company
from troth.demo.company import small_company as small_company
from troth.demo.controls import Booking as Booking
from troth.demo.controls import Controls as Controls
from troth.demo.controls import Shift as Shift
from troth.demo.dirt import Dirt as Dirt
from troth.demo.truth import Truth as Truth
from troth.demo.wings import Wing as Wing
from troth.demo.world import World as World
from troth.demo.write import Written as Written
from troth.demo.write import write as write
