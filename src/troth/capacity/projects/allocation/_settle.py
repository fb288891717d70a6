"""Fewer people on each project, where joining has a price: hours that only just pay for a joining are given up or moved.

A price that is paid once makes the problem hard (it is a fixed-charge network). Slope scaling (Kim and Pardalos 1999, Operations
Research Letters 24) spreads the price over the hours somebody had on the project in the plan before, and solves the network
again: who had few hours becomes dear and drops out, and whoever stays takes more.
"""

from __future__ import annotations

import numpy as np

from troth.capacity.projects.allocation._network import network
from troth.capacity.projects.allocation._ortools import best_round, whole_gains
from troth.capacity.projects.allocation.problem import AllocatedWork, AllocationProblem, Bools


def settle(problem: AllocationProblem, *, work: AllocatedWork, who: Bools) -> AllocatedWork:
    """Return work beside what is confirmed, by the people of a plan and those who know a project only.

    Parameters
    ----------
    work : of a plan.
    who : people who know a project, shape (P, J).
    """
    hours = np.zeros(who.shape)
    np.add.at(hours, (work.person, problem.needs.project[work.need]), work.hours)
    slope = np.where(who | (hours <= 0), 0.0, problem.prices.join / np.maximum(hours, problem.grain))
    net = network(problem, who=who | (hours > 0), extra=slope)
    flow = best_round(tail=net.tail, head=net.head, room=net.room, gain=whole_gains(net.gain)[0])
    at, person, need = net.own
    some = flow[at] > 0
    return AllocatedWork(person[some], need[some], (flow[at][some] * problem.grain).astype(float))
