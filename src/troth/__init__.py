"""Troth: one log of what happened to customers, and every number, plan and promise computed from it."""
