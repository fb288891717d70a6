"""What field service records of Salesforce become; written from the published definitions of its objects."""

from __future__ import annotations

from typing import Final

from troth.log.readers._facts import Beside, Doubt, Fact, Kind, Source, moment, text, words

_STATUSES: Final = {
    "none": "none", "scheduled": "scheduled", "dispatched": "dispatched", "working": "in progress|inprogress",
    "failed": "cannot complete|cannotcomplete", "done": "completed", "cancelled": "canceled|cancelled",
}  # fmt: skip
_LANGUAGE: Final = (
    "Maybe the status was translated or is one of your own: export StatusCategory, whose words are always None, Scheduled,"
    " Dispatched, InProgress, CannotComplete, Completed and Canceled. The status itself was left out."
)
_WINDOW: Final = {"window_start": moment("window_from"), "window_end": moment("window_until")}
_PROMISE: Final = {"subject_kind": "'promise'", "subject_id": "id || '/arrival'"}
_ARRIVAL: Final = {"kind": "'\"arrival\"'", "visit": text("id")}

_APPOINTMENT: Final = Kind(
    name="service appointment",
    marks=("Id", "AppointmentNumber|SchedStartTime|ArrivalWindowStartTime|ArrivalWindowEndTime", "CreatedDate"),
    texts={
        "id": "Id",
        "parent": "ParentRecordId",
        "account": "AccountId",
        "status_raw": "Status",
        "category": "StatusCategory",
        "territory": "ServiceTerritoryId",
        "work_type": "WorkTypeId",
        "unit": "DurationType",
    },
    times={
        "created": "CreatedDate",
        "updated": "LastModifiedDate|SystemModstamp",
        "earliest": "EarliestStartTime",
        "due": "DueDate",
        "window_from": "ArrivalWindowStartTime",
        "window_until": "ArrivalWindowEndTime",
        "planned_from": "SchedStartTime",
        "planned_until": "SchedEndTime",
        "began": "ActualStartTime",
        "finished": "ActualEndTime",
    },
    numbers={"actual_min": "ActualDuration", "duration": "Duration", "actual_travel_min": "ActualTravelTime"},
    known=(
        "AppointmentNumber attributes Address Street City State PostalCode Country Latitude Longitude GeocodeAccuracy Subject"
        " Description OwnerId ContactId CreatedById LastModifiedById SystemModstamp LastViewedDate LastReferencedDate"
        " IsDeleted CurrencyIsoCode ParentRecordType ParentRecordStatusCategory Comments Email Phone ServiceNote"
        " AppointmentType BundleId IsBundle IsBundleMember DurationInMinutes"
    ),
    needs=("id", "created"),
    wrong=(
        Doubt("finished < began", "end-before-start", "finished", "Maybe two columns were swapped; export them again."),
        Doubt("planned_until < planned_from", "end-before-start", "planned_until", "Maybe two columns were swapped; export them again."),
        Doubt("window_until < window_from", "end-before-start", "window_until", "Maybe two columns were swapped; export them again."),
    ),
    doubts=(
        Doubt(
            f"coalesce(category, status_raw) IS NOT NULL AND {words(_STATUSES, 'coalesce(category, status_raw)')} IS NULL",
            "unknown-status",
            "status_raw",
            _LANGUAGE,
        ),
    ),
    version="coalesce(epoch_us(updated), 0)",
    looked=f"{words(_STATUSES, 'coalesce(r.category, r.status_raw)')} AS status",
    base={
        "case_id": "coalesce(parent, id)", "customer_id": "account", "site": "territory", "service": "work_type",
        "channel": "'visit'", "subject_kind": "'visit'", "subject_id": "id",
    },
    figures={
        # Filled once and never again, so that it may not fit the times beside it.
        "ActualDuration": "actual_min * 60",
        "Duration": "duration * CASE WHEN lower(unit) LIKE 'hour%' THEN 3600 ELSE 60 END",
    },
    facts=(
        # When it was planned is not told, only that it was.
        Fact(
            "booked",
            "created",
            "id || '/booked'",
            where="planned_from IS NOT NULL",
            cells={"origin": "'aggregate'"},
            keys={
                "window_start": moment("planned_from"),
                "window_end": moment("planned_until"),
                "due_at": moment("due"),
            },
            foreign=True,
            figures=True,
        ),
        Fact(
            "promised",
            "created",
            "id || '/promised'",
            where="window_until IS NOT NULL",
            cells={**_PROMISE, "origin": "'aggregate'"},
            keys={**_ARRIVAL, **_WINDOW, "due_at": moment("window_until")},
        ),
        Fact("arrived_on_site", "began", "id || '/arrived'", cells={"origin": "'aggregate'"}),
        Fact("work_started", "began", "id || '/started'"),
        Fact(
            "work_ended",
            "finished",
            "id || '/ended'",
            keys={"reason": "CASE WHEN status = 'failed' THEN '\"cannot_complete\"' END"},
        ),
        Fact(
            "CASE WHEN began BETWEEN coalesce(window_from, began) AND window_until THEN 'promise_kept' ELSE 'promise_broken' END",
            "began",
            "id || '/arrival'",
            where="window_until IS NOT NULL",
            cells=_PROMISE,
            keys=_ARRIVAL,
        ),
        Fact(
            "cancelled",
            "updated",
            "id || '/cancelled'",
            where="status = 'cancelled'",
            cells={"origin": "'aggregate'", "version": "0"},
        ),
    ),
)  # fmt: skip

_KNOWN: Final = "LEFT JOIN visits AS v ON v.visit = r.visit"
_VISIT: Final = {
    "case_id": "coalesce(parent, visit)", "site": "territory", "service": "work_type", "channel": "'visit'",
    "subject_kind": "'visit'", "subject_id": "visit", "version": "(found)::INT",
}  # fmt: skip
_ALONE: Final = Doubt(
    "NOT found",
    "record-without-appointment",
    "visit",
    "Maybe service appointments were not exported: put them beside. The record is kept with the appointment as its case.",
)
_LOOKED: Final = "v.visit IS NOT NULL AS found, v.parent, v.territory, v.work_type"
_RESOURCE: Final = Kind(
    name="assigned resource",
    marks=("ServiceAppointmentId", "ServiceResourceId"),
    texts={"id": "Id", "visit": "ServiceAppointmentId", "person": "ServiceResourceId"},
    times={"created": "CreatedDate"},
    numbers={"travel_min": "EstimatedTravelTime", "travelled_min": "ActualTravelTime"},
    known=(
        "attributes AssignedResourceNumber IsRequiredResource IsPrimaryResource Role LastModifiedDate SystemModstamp CreatedById"
        " LastModifiedById IsDeleted CurrencyIsoCode ServiceCrewId"
    ),
    needs=("visit", "person", "created"),
    doubts=(_ALONE,),
    joins=_KNOWN,
    looked=_LOOKED,
    base={**_VISIT, "agent_id": "person"},
    figures={"EstimatedTravelTime": "travel_min * 60", "ActualTravelTime": "travelled_min * 60"},
    facts=(Fact("assigned", "created", "visit || '/assigned/' || person", cells={"actor": "'system'"}, figures=True),),
)

_CHANGE: Final = Kind(
    name="service appointment history",
    marks=("ServiceAppointmentId", "Field", "NewValue|OldValue"),
    texts={
        "id": "Id",
        "visit": "ServiceAppointmentId",
        "field": "Field",
        "value": "NewValue",
        "before": "OldValue",
        "person": "CreatedById",
    },
    times={"created": "CreatedDate"},
    known="attributes IsDeleted DataType",
    needs=("id", "visit", "field", "created"),
    doubts=(
        _ALONE,
        Doubt(
            f"field = 'Status' AND value IS NOT NULL AND {words(_STATUSES, 'value')} IS NULL",
            "unknown-status",
            "value",
            "Maybe the status was translated or is one of your own: history holds its label. It was kept as a foreign step.",
        ),
    ),
    joins=_KNOWN,
    looked=f"{_LOOKED}, {words(_STATUSES, 'r.value')} AS status",
    base=_VISIT,
    facts=(
        Fact(
            "CASE status WHEN 'dispatched' THEN 'dispatched' ELSE 'stepped' END",
            "created",
            "'history/' || id",
            where="field = 'Status' AND value IS NOT NULL AND status IS DISTINCT FROM 'cancelled'",
            cells={"step": "value"},
        ),
        Fact(
            "cancelled",
            "created",
            "visit || '/cancelled'",
            where="field = 'Status' AND status = 'cancelled'",
            cells={"version": "1"},
        ),
        Fact(
            "rescheduled",
            "created",
            "'history/' || id",
            where="field = 'SchedStartTime' AND before IS NOT NULL AND value IS NOT NULL",
            keys={"window_start": text("value")},
        ),
        Fact(
            "promise_changed",
            "created",
            "'history/' || id",
            where="field = 'ArrivalWindowEndTime' AND before IS NOT NULL AND value IS NOT NULL",
            cells={"subject_kind": "'promise'", "subject_id": "visit || '/arrival'"},
            keys={
                "kind": "'\"arrival\"'",
                "visit": text("visit"),
                "window_end": text("value"),
                "due_at": text("value"),
            },
        ),
    ),
)

SOURCE: Final = Source(
    name="salesforce-field",
    kinds=(_CHANGE, _RESOURCE, _APPOINTMENT),
    lists=frozenset({"records"}),
    beside={
        "visits": Beside(
            "service appointment",
            {"visit": "id", "parent": "parent", "territory": "territory", "work_type": "work_type"},
            key="visit",
            newest="coalesce(epoch_us(updated), 0)",
        )
    },
)
