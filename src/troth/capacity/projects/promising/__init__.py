"""What can be promised: sampled futures of deals, people and reactive work, and the dates they leave."""

from __future__ import annotations

from troth.capacity.projects.promising.beliefs import PARTS as PARTS
from troth.capacity.projects.promising.beliefs import Beliefs as Beliefs
from troth.capacity.projects.promising.beliefs import ComingBelief as ComingBelief
from troth.capacity.projects.promising.beliefs import DecisionBelief as DecisionBelief
from troth.capacity.projects.promising.beliefs import EstimateBelief as EstimateBelief
from troth.capacity.projects.promising.beliefs import PaceBelief as PaceBelief
from troth.capacity.projects.promising.beliefs import PeopleBelief as PeopleBelief
from troth.capacity.projects.promising.beliefs import ReactiveBelief as ReactiveBelief
from troth.capacity.projects.promising.beliefs import SlipBelief as SlipBelief
from troth.capacity.projects.promising.beliefs import WinBelief as WinBelief
from troth.capacity.projects.promising.house import HouseRule as HouseRule
