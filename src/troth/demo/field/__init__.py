"""The field service of the demo company: visits, technicians, parts, sensors, and the truth behind them."""

from troth.demo.field.company import field_service as field_service
from troth.demo.field.controls import Dispatch as Dispatch
from troth.demo.field.controls import RouteStop as RouteStop
from troth.demo.field.controls import WindowOffer as WindowOffer
from troth.demo.field.ledger import FieldLedger as FieldLedger
from troth.demo.field.wing import FieldTruth as FieldTruth
from troth.demo.field.world import FieldWorld as FieldWorld
