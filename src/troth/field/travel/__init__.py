"""Travel times: from the straight way as learned from trips, a road graph, a file or a server."""

from troth.field.travel.greatcircle import GreatCircle as GreatCircle
from troth.field.travel.learn import Trips as Trips
from troth.field.travel.learn import learn as learn
from troth.field.travel.matrix import GivenTimes as GivenTimes
from troth.field.travel.matrix import table as table
from troth.field.travel.places import GeoPoint as GeoPoint
from troth.field.travel.places import Places as Places
from troth.field.travel.places import check_places as check_places
from troth.field.travel.profile import SpeedProfile as SpeedProfile
from troth.field.travel.profile import TimeWarp as TimeWarp
from troth.field.travel.roads import RoadGraph as RoadGraph
from troth.field.travel.roads import compress as compress
from troth.field.travel.times import TravelPattern as TravelPattern
from troth.field.travel.times import TravelProvider as TravelProvider
from troth.field.travel.times import TravelTimes as TravelTimes
