"""What a plan of projects comes to in money and promises, and what changes of the house would make of it."""

from __future__ import annotations

from troth.capacity.projects.outlook._course import MissedPromise as MissedPromise
from troth.capacity.projects.outlook.change import DecidedWork as DecidedWork
from troth.capacity.projects.outlook.change import DelayedWork as DelayedWork
from troth.capacity.projects.outlook.change import HiredPeople as HiredPeople
from troth.capacity.projects.outlook.change import HouseChange as HouseChange
from troth.capacity.projects.outlook.change import TrainedPerson as TrainedPerson
from troth.capacity.projects.outlook.change import WhatIf as WhatIf
from troth.capacity.projects.outlook.change import changed_house as changed_house
from troth.capacity.projects.outlook.check import check_changes as check_changes
from troth.capacity.projects.outlook.outlook import ProjectsOutlook as ProjectsOutlook
from troth.capacity.projects.outlook.outlook import outlook as outlook
from troth.capacity.projects.outlook.side_by_side import BASE as BASE
from troth.capacity.projects.outlook.side_by_side import ComparedOutlook as ComparedOutlook
from troth.capacity.projects.outlook.side_by_side import side_by_side as side_by_side
