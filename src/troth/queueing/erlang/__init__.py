"""Erlang B, C and A: how staff fares, and how much of it a target takes."""

from __future__ import annotations

from troth.queueing.erlang.loss import erlang_a as erlang_a
from troth.queueing.erlang.loss import erlang_b as erlang_b
from troth.queueing.erlang.loss import erlang_c as erlang_c
from troth.queueing.erlang.performance import Performance as Performance
from troth.queueing.erlang.performance import performance as performance
from troth.queueing.erlang.performance import wait_quantile as wait_quantile
from troth.queueing.erlang.staffing import Goal as Goal
from troth.queueing.erlang.staffing import Staffing as Staffing
from troth.queueing.erlang.staffing import staff_for as staff_for
from troth.queueing.erlang.staffing import with_shrinkage as with_shrinkage
from troth.queueing.erlang.traffic import Traffic as Traffic
