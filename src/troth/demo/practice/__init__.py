"""A consulting practice: deals, projects, people's weeks, promises of starts, and the support the same people carry."""

from troth.demo.practice.controls import PracticeControls as PracticeControls
from troth.demo.practice.controls import StartPromise as StartPromise
from troth.demo.practice.known import PracticeKnown as PracticeKnown
from troth.demo.practice.ledger import PracticeLedger as PracticeLedger
from troth.demo.practice.make import practice as practice
from troth.demo.practice.wing import PracticeTruth as PracticeTruth
from troth.demo.practice.world import PracticeWorld as PracticeWorld
