"""What can be promised: sampled futures of deals, people and reactive work, and the dates they leave."""

from __future__ import annotations

from troth.capacity.projects.promising.answer import DisplacedJob as DisplacedJob
from troth.capacity.projects.promising.answer import EarlierPrice as EarlierPrice
from troth.capacity.projects.promising.answer import StartAnswer as StartAnswer
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
from troth.capacity.projects.promising.check import check as check
from troth.capacity.projects.promising.displace import displaced as displaced
from troth.capacity.projects.promising.earnings import TemplatePrice as TemplatePrice
from troth.capacity.projects.promising.earnings import money_futures as money_futures
from troth.capacity.projects.promising.earnings import template_prices as template_prices
from troth.capacity.projects.promising.history import ProjectHistory as ProjectHistory
from troth.capacity.projects.promising.house import HouseRule as HouseRule
from troth.capacity.projects.promising.learn import LearnedBeliefs as LearnedBeliefs
from troth.capacity.projects.promising.learn import learn as learn
from troth.capacity.projects.promising.prepare import PreparedFutures as PreparedFutures
from troth.capacity.projects.promising.prepare import prepare as prepare
from troth.capacity.projects.promising.prepare import without as without
from troth.capacity.projects.promising.price import earlier as earlier
from troth.capacity.projects.promising.promise import promise as promise
