"""The best flow of a problem whose needs can be shared: work, prices, and the bound that they prove."""

from __future__ import annotations

from typing import NamedTuple

from troth.capacity.projects.allocation._network import Network
from troth.capacity.projects.allocation._ortools import best_round, whole_gains
from troth.capacity.projects.allocation._prices import ShadowPrices, bound, shadow
from troth.capacity.projects.allocation._share import share
from troth.capacity.projects.allocation.problem import AllocatedWork, AllocationProblem, Bools


class Flowed(NamedTuple):
    """What a best flow says."""

    work: AllocatedWork
    """beside what is confirmed"""
    bound: float
    prices: ShadowPrices


def flowed(problem: AllocationProblem, *, net: Network, own: Bools, who: Bools, near: Bools) -> Flowed:
    """Return the work of a best flow.

    Parameters
    ----------
    own : (P, J) people who have arcs of their own to a project's needs, as in the network.
    who : (P, J) people who know a project.
    near : (P, J) people who know it or are on it in the plan there was before.
    """
    gain, scale = whole_gains(net.gain)
    flow = best_round(tail=net.tail, head=net.head, room=net.room, gain=gain)
    prices = shadow(problem, net=net, flow=flow, gain=gain, scale=scale, who=own)
    proven = bound(problem, prices=prices, who=who)
    return Flowed(share(problem, net=net, flow=flow, near=near), proven, prices)
