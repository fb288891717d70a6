"""The capacity ledger: who and what there is, what claims their hours, and what is still free. One hour, one use."""

from __future__ import annotations

from troth.ledger.book import book as book
from troth.ledger.book import release as release
from troth.ledger.check import check as check
from troth.ledger.claim import CapacityClaim as CapacityClaim
from troth.ledger.claim import ClaimKind as ClaimKind
from troth.ledger.claim import Resource as Resource
from troth.ledger.claim import ResourceKind as ResourceKind
from troth.ledger.free import claimed_s as claimed_s
from troth.ledger.free import free as free
from troth.ledger.free import free_s as free_s
from troth.ledger.value import CapacityLedger as CapacityLedger
