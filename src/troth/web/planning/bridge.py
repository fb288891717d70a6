"""The way to the room of the ledger. The only file of this app that knows it."""

from __future__ import annotations

from troth.ledger import CapacityClaim, CapacityLedger, ClaimKind, Resource, ResourceKind, book

__all__ = ["CapacityClaim", "CapacityLedger", "ClaimKind", "Resource", "ResourceKind", "book"]
