"""Export: the event log as OCEL 2.0 JSON, XES, CSV or Parquet, each of which comes back as it went out."""

from __future__ import annotations

from troth.log.export.ocel import export_ocel as export_ocel
from troth.log.export.tables import export_csv as export_csv
from troth.log.export.tables import export_parquet as export_parquet
from troth.log.export.xes import export_xes as export_xes
