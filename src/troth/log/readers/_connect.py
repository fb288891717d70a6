"""What contact records and agent events of Amazon Connect become; written from the published definitions."""

from __future__ import annotations

from typing import Final

from troth.log.readers._facts import Doubt, Fact, Kind, Source, text, words

#: The state a status of an agent's own making means, by its name; ROUTABLE and OFFLINE go by their type.
_CUSTOM: Final = {
    "break": "break|lunch|lunch break|coffee|coffee break|personal|rest|pause|tea",
    "meeting": "meeting|team meeting|coaching|one to one|1:1|huddle",
    "training": "training|learning|e-learning|onboarding",
    "wrap": "after call work|after contact work|acw|aftercallwork|aftercontactwork",
    "absent": "absent|sick|away|unavailable",
}
_METHODS: Final = (
    "INBOUND", "OUTBOUND", "TRANSFER", "CALLBACK", "API", "QUEUE_TRANSFER", "MONITOR", "DISCONNECT",
    "EXTERNAL_OUTBOUND", "WEBRTC_API", "AGENT_REPLY", "FLOW",
)  # fmt: skip


def _tail(column: str) -> str:
    """Return SQL for what stands after the last slash, as names in ARNs do."""
    return f"regexp_extract({column}, '[^/]+$')"


_CUSTOMER: Final = "method <> 'MONITOR'"
_UNSERVED: Final = "enqueued IS NOT NULL AND connected IS NULL"
_HANDED: Final = "(handed IS NOT NULL OR next IS NOT NULL AND connected IS NOT NULL)"
_ABANDONED: Final = f"({_UNSERVED} AND next IS NULL AND handed IS NULL AND method <> 'CALLBACK')"
#: The agent's part ends where the work after the contact begins; the customer may stay on, as in a survey.
_OVER: Final = "CASE WHEN connected IS NOT NULL AND wrapping >= connected THEN least(ended, wrapping) ELSE ended END"
_AGENT: Final = {"agent_id": "agent"}
_NEXT: Final = {"next_contact_id": text("next"), "reason": text("reason")}

_RECORD: Final = Kind(
    name="contact record",
    marks=("ContactId", "InitiationTimestamp|InitiationMethod|Channel"),
    texts={
        "id": "ContactId",
        "initial": "InitialContactId",
        "previous": "PreviousContactId",
        "next": "NextContactId",
        "method_raw": "InitiationMethod",
        "channel_raw": "Channel",
        "reason": "DisconnectReason",
        "attempts": "AgentConnectionAttempts",
        "address": "CustomerEndpoint.Address",
        "username": "Agent.Username",
        "agent_arn": "Agent.ARN",
        "profile": "Agent.RoutingProfile.Name",
        "unit": "|".join(f"Agent.HierarchyGroups.Level{n}.GroupName" for n in (5, 4, 3, 2, 1)),
        "queue_name": "Queue.Name",
        "queue_arn": "Queue.ARN",
        "endpoint": "TransferredToEndpoint.Type",
    },
    times={
        "started": "InitiationTimestamp",
        "ended": "DisconnectTimestamp",
        "updated": "LastUpdateTimestamp",
        "handed": "TransferCompletedTimestamp",
        "connected": "Agent.ConnectedToAgentTimestamp",
        "wrapping": "Agent.AfterContactWorkStartTimestamp",
        "wrapped": "Agent.AfterContactWorkEndTimestamp",
        "enqueued": "Queue.EnqueueTimestamp",
        "dequeued": "Queue.DequeueTimestamp",
    },
    numbers={
        "interaction_s": "Agent.AgentInteractionDuration",
        "hold_s": "Agent.CustomerHoldDuration",
        "longest_s": "Agent.LongestHoldDuration",
        "holds": "Agent.NumberOfHolds",
        "wrap_s": "Agent.AfterContactWorkDuration",
        "queue_s": "Queue.Duration",
    },
    known=(
        "AWSAccountId AWSContactTraceRecordFormatVersion InstanceARN RelatedContactId ConnectedToSystemTimestamp"
        " ScheduledTimestamp SystemEndpoint Attributes MediaStreams Recording Recordings References ContactDetails"
        " VoiceIdResult Tags Campaign SegmentAttributes AgentPauseDuration Customer CustomerVoiceActivity QualityMetrics"
        " RoutingCriteria AnsweringMachineDetectionStatus ContactAssociationId TaskTemplateInfo Name Description"
        " TotalPauseCount TotalPauseDurationInSeconds LastPausedTimestamp LastResumedTimestamp DisconnectDetails"
    ),
    needs=("id", "started"),
    wrong=(
        Doubt(
            "ended < started",
            "end-before-start",
            "ended",
            "Maybe the record was put together from two contacts; fetch it again.",
        ),
    ),
    doubts=(
        Doubt(
            "updated IS NULL",
            "no-version",
            "id",
            "Maybe LastUpdateTimestamp was left out of the export: without it copies of one record cannot be told apart,"
            " and one of them is taken.",
        ),
        Doubt(
            f"method NOT IN ({', '.join(map(repr, _METHODS))})",
            "unknown-method",
            "method_raw",
            "Maybe Connect has a new way to begin a contact; it was taken as one that came in.",
        ),
    ),
    version="coalesce(epoch_us(updated), 0)",
    looked=(
        "upper(coalesce(r.method_raw, 'INBOUND')) AS method,"
        f" coalesce(r.username, {_tail('r.agent_arn')}) AS agent,"
        f" coalesce(r.queue_name, {_tail('r.queue_arn')}) AS queue_of"
    ),
    base={
        "case_id": "coalesce(initial, id)",
        "contact_id": "id",
        # The address is a telephone number: only its hash comes in.
        "customer_id": "CASE WHEN address IS NOT NULL THEN 'c-' || left(sha256(address), 20) END",
        "queue": "queue_of",
        "team": "coalesce(unit, profile)",
        "channel": "CASE upper(channel_raw) WHEN 'VOICE' THEN 'phone' ELSE lower(channel_raw) END",
        "direction": (
            "CASE WHEN method IN ('OUTBOUND', 'EXTERNAL_OUTBOUND', 'AGENT_REPLY') THEN 'out'"
            " WHEN method = 'MONITOR' THEN 'internal' ELSE 'in' END"
        ),
    },
    figures={
        "QueueDuration": "queue_s",
        "AgentInteractionDuration": "interaction_s",
        "CustomerHoldDuration": "hold_s",
        "LongestHoldDuration": "longest_s",
        "NumberOfHolds": "holds",
        "AfterContactWorkDuration": "wrap_s",
    },
    foreign={"InitiationMethod": "method_raw", "AgentConnectionAttempts": "attempts"},
    facts=(
        Fact(
            "arrived",
            "started",
            "id || '/arrived'",
            where="method NOT IN ('MONITOR', 'OUTBOUND', 'EXTERNAL_OUTBOUND', 'AGENT_REPLY')",
            keys={"previous_contact_id": text("previous")},
        ),
        Fact(
            "queued",
            "enqueued",
            "id || '/queued'",
            where=_CUSTOMER,
            keys={"previous_contact_id": text("previous")},
        ),
        # The record of the call back tells of the contact that asked for it, whose own record does not say so.
        Fact(
            "callback_requested",
            "started",
            "id || '/callback'",
            where="method = 'CALLBACK' AND previous IS NOT NULL",
            cells={
                "case_id": "coalesce(initial, previous)",
                "contact_id": "previous",
                "direction": "'in'",
                "team": "NULL",
            },
        ),
        Fact(
            "transferred",
            "started",
            "id || '/queue_transfer'",
            where="method = 'QUEUE_TRANSFER' AND previous IS NOT NULL",
            cells={
                "case_id": "coalesce(initial, previous)",
                "contact_id": "previous",
                "queue": "NULL",
                "team": "NULL",
                "actor": "'system'",
            },
            keys={"next_contact_id": text("id"), "to_queue": text("queue_of")},
        ),
        Fact("answered", "connected", "id || '/answered'", where=_CUSTOMER, cells=_AGENT),
        Fact(
            "held",
            "connected",
            "id || '/held'",
            where=f"{_CUSTOMER} AND hold_s > 0",
            cells={**_AGENT, "origin": "'aggregate'"},
        ),
        Fact(
            "resumed",
            "connected + to_microseconds((hold_s * 1000000)::BIGINT)",
            "id || '/resumed'",
            where=f"{_CUSTOMER} AND hold_s > 0",
            cells={**_AGENT, "origin": "'aggregate'"},
        ),
        # However a contact was left, it is one event: a newer copy of the record that knows better replaces it.
        Fact(
            f"CASE WHEN {_ABANDONED} THEN 'abandoned' WHEN {_HANDED} THEN 'transferred' ELSE 'ended' END",
            f"CASE WHEN {_ABANDONED} THEN coalesce(dequeued, ended) WHEN {_HANDED} THEN coalesce(handed, {_OVER})"
            f" ELSE {_OVER} END",
            "id || '/left'",
            where=_CUSTOMER,
            cells={"agent_id": "CASE WHEN connected IS NOT NULL THEN agent END", "origin": "ended_o"},
            keys={
                "reason": text("reason"),
                "next_contact_id": f"CASE WHEN {_HANDED} AND NOT {_ABANDONED} THEN {text('next')} END",
            },
            foreign=True,
            figures=True,
        ),
        Fact(
            "wrapped",
            f"coalesce(wrapped, {_OVER} + to_microseconds((wrap_s * 1000000)::BIGINT))",
            "id || '/wrapped'",
            where=f"{_CUSTOMER} AND connected IS NOT NULL AND (wrapped IS NOT NULL OR wrap_s > 0)",
            cells={**_AGENT, "origin": "CASE WHEN wrapped IS NULL THEN 'aggregate' ELSE wrapped_o END"},
        ),
        Fact(
            "stepped",
            "started",
            "id || '/monitored'",
            where="method = 'MONITOR'",
            cells={"step": "'MONITOR'", "agent_id": "agent"},
        ),
    ),
)

_NOW: Final = "CurrentAgentSnapshot"
_ON: Final = r"""regexp_matches(contacts, '"State":\s*"(CONNECTED|CONNECTED_ONHOLD|CONNECTING|PENDING)"')"""
_AFTER: Final = r"""regexp_matches(contacts, '"State":\s*"ENDED"')"""
_CUSTOM_STATE: Final = f"coalesce({words(_CUSTOM, 'status')}, 'break')"
_STATE: Final = (
    f"CASE WHEN {_ON} THEN 'on_contact' WHEN {_AFTER} THEN 'wrap'"
    f" WHEN type = 'OFFLINE' THEN 'offline' WHEN type = 'ROUTABLE' THEN 'available' ELSE {_CUSTOM_STATE} END"
)
_AGENT_EVENT: Final = Kind(
    name="agent event",
    marks=("EventId", "AgentARN"),
    texts={
        "id": "EventId",
        "arn": "AgentARN",
        "event": "EventType",
        "username": f"{_NOW}.Configuration.Username|PreviousAgentSnapshot.Configuration.Username",
        "profile": f"{_NOW}.Configuration.RoutingProfile.Name",
        "unit": "|".join(f"{_NOW}.Configuration.AgentHierarchyGroups.Level{n}.Name" for n in (5, 4, 3, 2, 1)),
        "status": f"{_NOW}.AgentStatus.Name",
        "type_raw": f"{_NOW}.AgentStatus.Type",
        "contacts": f"{_NOW}.Contacts",
    },
    times={"happened": "EventTimestamp"},
    known="AWSAccountId InstanceARN Version PreviousAgentSnapshot CurrentAgentSnapshot",
    needs=("id", "arn", "event", "happened"),
    doubts=(
        Doubt(
            "event NOT IN ('STATE_CHANGE', 'HEART_BEAT', 'LOGIN', 'LOGOUT')",
            "unknown-event-type",
            "event",
            "Maybe Connect has a new kind of agent event; it was kept as a foreign step.",
        ),
        Doubt(
            f"event = 'STATE_CHANGE' AND type NOT IN ('ROUTABLE', 'OFFLINE') AND {words(_CUSTOM, 'status')} IS NULL",
            "unknown-agent-status",
            "status",
            "Maybe the status is in another language or one of your own: it was taken as a break and its name kept as a"
            " label. Names such as Lunch, Meeting and Training are known.",
        ),
    ),
    looked=(
        f"coalesce(r.username, {_tail('r.arn')}) AS agent, upper(coalesce(r.type_raw, CASE WHEN lower(r.status) = 'available'"
        " THEN 'ROUTABLE' WHEN lower(r.status) = 'offline' THEN 'OFFLINE' ELSE 'CUSTOM' END)) AS type"
    ),
    base={"agent_id": "agent", "team": "coalesce(unit, profile)"},
    facts=(
        Fact("shift_started", "happened", "'agent-event/' || id", where="event = 'LOGIN'"),
        Fact("shift_ended", "happened", "'agent-event/' || id", where="event = 'LOGOUT'"),
        # A change to the same state repeats it, as when a second chat begins; spans are joined where they are made.
        Fact(
            "state_changed",
            "happened",
            "'agent-event/' || id || '/state'",
            where="event IN ('STATE_CHANGE', 'LOGIN') AND status IS NOT NULL",
            cells={"step": _STATE},
            keys={"label": text("status")},
        ),
        Fact(
            "stepped",
            "happened",
            "'agent-event/' || id",
            where="event NOT IN ('STATE_CHANGE', 'HEART_BEAT', 'LOGIN', 'LOGOUT')",
            cells={"step": "event"},
        ),
    ),
)


SOURCE: Final = Source(
    name="amazon-connect",
    kinds=(_RECORD, _AGENT_EVENT),
    lists=frozenset({"ContactTraceRecords", "ContactRecords", "Records", "records"}),
)
