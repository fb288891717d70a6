"""What tables of Chatwoot become; written from the published definitions of its API and of its tables."""

from __future__ import annotations

from typing import Final

from troth.log.readers._facts import Beside, Doubt, Fact, Kind, Source, text, words

#: By number as in the tables, by word as in the API. Pending is what a bot still has; nobody waits for the customer then.
_STATUSES: Final = {"open": "0|open", "solved": "1|resolved", "new": "2|pending", "on_hold": "3|snoozed"}
_PRIORITIES: Final = {"low": "0|low", "medium": "1|medium", "high": "2|high", "urgent": "3|urgent"}
_STATUS: Final = words(_STATUSES, "status_raw")
_LANGUAGE: Final = (
    "Maybe the status was translated, or Chatwoot has a new one: export its number or open, resolved, pending, snoozed."
    " It was kept as a foreign step."
)
_STATE: Final = {"agent_id": "assignee", "team": "team", "origin": "'aggregate'"}
_REPLY: Final = {"actor": "'human'", "direction": "'out'", "step": "'first_reply'"}

_CONVERSATION: Final = Kind(
    name="conversation",
    marks=("id", "status", "inbox_id", "created_at"),
    texts={
        "id": "id",
        "status_raw": "status",
        "inbox": "inbox_id",
        "assignee": "assignee_id|meta.assignee.id",
        "team": "team_id|meta.team.id",
        "customer": "contact_id|meta.sender.id",
        "via": "meta.channel|channel",
        "priority_raw": "priority",
    },
    times={
        "created": "created_at",
        "updated": "updated_at|last_activity_at|timestamp",
        "active": "last_activity_at|timestamp|updated_at",
        "replied": "first_reply_created_at",
    },
    known=(
        "account_id display_id uuid identifier campaign_id sla_policy_id snoozed_until waiting_since contact_last_seen_at"
        " agent_last_seen_at assignee_last_seen_at additional_attributes custom_attributes cached_label_list labels"
        " contact_inbox_id messages meta muted can_reply unread_count last_non_activity_message assignee_agent_bot_id"
        " applied_sla sla_events"
    ),
    needs=("id", "created"),
    wrong=(
        Doubt("active < created", "end-before-start", "active", "Maybe two columns were swapped; export them again."),
    ),
    doubts=(Doubt(f"status_raw IS NOT NULL AND {_STATUS} IS NULL", "unknown-status", "status_raw", _LANGUAGE),),
    version="coalesce(epoch_us(updated), 0)",
    joins=("LEFT JOIN spoken AS m ON m.conversation = r.id LEFT JOIN resolved_told AS d ON d.conversation = r.id"),
    looked=(
        f"{words(_STATUSES, 'r.status_raw')} AS status, {words(_PRIORITIES, 'r.priority_raw')} AS priority,"
        " m.conversation IS NOT NULL AS has_messages, d.conversation IS NOT NULL AS has_ends"
    ),
    base={"case_id": "id", "customer_id": "customer", "queue": "inbox", "channel": "via", "priority": "priority"},
    facts=(
        Fact("opened", "created", "id || '/opened'", cells={"direction": "'in'"}, foreign=True),
        Fact(
            "CASE WHEN status IS NULL THEN 'stepped' ELSE 'status_changed' END",
            "active",
            "id || '/state'",
            where="status_raw IS NOT NULL",
            cells={**_STATE, "actor": "'system'", "step": "coalesce(status, status_raw)"},
        ),
        Fact("assigned", "active", "id || '/holder'", where="assignee IS NOT NULL OR team IS NOT NULL", cells=_STATE),
        # Reporting events tell of the end; without them it is known as of the last activity.
        Fact(
            "CASE WHEN has_ends THEN 'stepped' ELSE 'resolved' END",
            "active",
            "id || '/resolved'",
            where="status = 'solved'",
            cells={
                **_STATE,
                "step": "'resolved'",
                "version": "CASE WHEN has_ends THEN 1 ELSE 0 END * (1::BIGINT << 52) + coalesce(epoch_us(updated), 0)",
            },
        ),
        # Messages tell of the reply; where they are at hand this is a mere step.
        Fact(
            "CASE WHEN has_messages THEN 'stepped' ELSE 'message_sent' END",
            "replied",
            "id || '/first_reply'",
            cells={
                **_REPLY,
                "agent_id": "assignee",
                "version": "CASE WHEN has_messages THEN 3 ELSE 1 END",
                "origin": "'aggregate'",
            },
        ),
    ),
)

_SENDER: Final = (
    "CASE WHEN regexp_matches(lower(coalesce(sender, '')), 'bot|captain|assistant') THEN 'bot'"
    " WHEN lower(sender) = 'user' THEN 'human' WHEN lower(sender) = 'contact' THEN 'customer'"
    " WHEN flow = 'template' THEN 'system' END"
)
_MESSAGE: Final = Kind(
    name="message",
    marks=("message_type", "conversation_id", "created_at"),
    texts={
        "id": "id",
        "conversation": "conversation_id",
        "flow_raw": "message_type",
        "hidden": "private",
        "sender": "sender_type|sender.type",
        "sender_id": "sender_id|sender.id",
        "inbox": "inbox_id",
    },
    times={"created": "created_at"},
    known=(
        "content account_id updated_at status source_id content_type content_attributes external_source_ids"
        " additional_attributes processed_message_content sentiment echo_id attachments conversation"
    ),
    needs=("id", "conversation", "created"),
    doubts=(
        Doubt(
            "flow IS NULL",
            "unknown-message-type",
            "flow_raw",
            "Maybe Chatwoot has a new type of message: known are incoming, outgoing, activity and template. It was kept as a"
            " foreign step.",
        ),
    ),
    looked=(
        f"{words({'in': '0|incoming', 'out': '1|outgoing', 'activity': '2|activity', 'template': '3|template'}, 'r.flow_raw')}"
        " AS flow"
    ),
    base={"case_id": "conversation", "queue": "inbox"},
    facts=(
        Fact(
            "CASE WHEN flow = 'in' THEN 'message_received' WHEN flow IN ('out', 'template') THEN 'message_sent'"
            " ELSE 'stepped' END",
            "created",
            "'message/' || id",
            # What the system notes about itself is in the language of the agent's screen, and told elsewhere.
            where="flow IS NULL OR flow <> 'activity'",
            cells={
                "step": "coalesce(flow, flow_raw, 'message')",
                "agent_id": f"CASE WHEN flow = 'out' AND ({_SENDER}) = 'human' THEN sender_id END",
                "customer_id": "CASE WHEN flow = 'in' THEN sender_id END",
                "actor": f"CASE WHEN flow = 'in' THEN NULL WHEN ({_SENDER}) = 'human' THEN 'human'"
                f" WHEN ({_SENDER}) = 'bot' THEN 'bot' ELSE 'system' END",
                "direction": "CASE WHEN lower(hidden) IN ('true', 't', '1') THEN 'internal' WHEN flow = 'in' THEN 'in' ELSE 'out' END",
            },
        ),
    ),
)

_EVENT: Final = Kind(
    name="reporting event",
    marks=("name", "value", "conversation_id"),
    texts={
        "id": "id",
        "name": "name",
        "conversation": "conversation_id",
        "person": "user_id",
        "inbox": "inbox_id",
    },
    times={"ended": "event_end_time|created_at"},
    numbers={"value_s": "value", "business_s": "value_in_business_hours"},
    known="account_id created_at updated_at event_start_time",
    needs=("id", "name", "conversation", "ended"),
    joins="LEFT JOIN spoken AS m ON m.conversation = r.conversation",
    looked="m.conversation IS NOT NULL AS has_messages",
    base={"case_id": "conversation", "queue": "inbox"},
    figures={"calendar": "value_s", "business": "business_s"},
    facts=(
        # The value of an older listener moves with any change of the row, so the end counts, not start and value.
        Fact(
            "resolved",
            "ended",
            "'reporting-event/' || id",
            where="name IN ('conversation_resolved', 'conversation_bot_resolved')",
            cells={
                "agent_id": "CASE WHEN name = 'conversation_resolved' THEN person END",
                "actor": "CASE WHEN name = 'conversation_bot_resolved' THEN 'bot' WHEN person IS NULL THEN 'system' ELSE 'human' END",
            },
            keys={"topic": text("name")},
            figures=True,
        ),
        # The first opening has no time since a resolution.
        Fact(
            "CASE WHEN value_s > 0 THEN 'reopened' ELSE 'stepped' END",
            "ended",
            "'reporting-event/' || id",
            where="name = 'conversation_opened'",
            cells={"step": "name", "agent_id": "person"},
            figures=True,
        ),
        Fact(
            "escalated",
            "ended",
            "'reporting-event/' || id",
            where="name = 'conversation_bot_handoff'",
            cells={"actor": "'bot'"},
            figures=True,
        ),
        Fact(
            "CASE WHEN has_messages THEN 'stepped' ELSE 'message_sent' END",
            "ended",
            "conversation || '/first_reply'",
            where="name = 'first_response'",
            cells={**_REPLY, "agent_id": "person", "version": "CASE WHEN has_messages THEN 4 ELSE 2 END"},
            figures=True,
        ),
        Fact(
            "stepped",
            "ended",
            "'reporting-event/' || id",
            where="name NOT IN ('conversation_resolved', 'conversation_bot_resolved', 'conversation_opened',"
            " 'conversation_bot_handoff', 'first_response')",
            cells={"step": "name", "agent_id": "person"},
            figures=True,
        ),
    ),
)

_SLA: Final = {
    "subject_kind": "'promise'", "subject_id": "'sla/' || conversation || '/' || policy", "actor": "'system'",
}  # fmt: skip
_APPLIED: Final = Kind(
    name="applied SLA",
    marks=("sla_policy_id", "sla_status", "conversation_id"),
    texts={"id": "id", "conversation": "conversation_id", "policy": "sla_policy_id", "status_raw": "sla_status"},
    times={"created": "created_at", "updated": "updated_at"},
    known="account_id",
    needs=("conversation", "policy", "created"),
    version="coalesce(epoch_us(updated), 0)",
    base={"case_id": "conversation"},
    facts=(
        Fact("promised", "created", "'sla/' || conversation || '/' || policy", cells=_SLA, keys={"kind": "'\"sla\"'"}),
        Fact(
            "CASE WHEN lower(status_raw) IN ('1', 'hit') THEN 'promise_kept' ELSE 'promise_broken' END",
            "updated",
            "'sla/' || conversation || '/' || policy || '/end'",
            where="lower(status_raw) IN ('1', 'hit', '2', 'missed', '3', 'active_with_misses')",
            cells={**_SLA, "origin": "'aggregate'"},
            keys={"kind": "'\"sla\"'"},
        ),
    ),
)

_RATING: Final = Kind(
    name="CSAT response",
    marks=("rating", "conversation_id"),
    texts={
        "id": "id",
        "conversation": "conversation_id|conversation.display_id",
        "person": "assigned_agent_id|assigned_agent.id",
        "customer": "contact_id|contact.id",
    },
    times={"created": "created_at"},
    numbers={"rating": "rating"},
    known="account_id message_id feedback_message csat_review_notes updated_at contact assigned_agent conversation",
    needs=("id", "conversation", "created"),
    base={
        "case_id": "conversation",
        "customer_id": "customer",
        "agent_id": "person",
        "subject_kind": "'survey'",
        "subject_id": "'csat/' || id",
    },
    facts=(
        Fact(
            "survey_sent",
            "created",
            "'csat/' || id || '/sent'",
            cells={"actor": "'system'", "direction": "'out'", "origin": "'aggregate'"},
        ),
        Fact(
            "survey_answered",
            "created",
            "'csat/' || id",
            where="rating IS NOT NULL",
            cells={"step": "'csat'", "value": "rating", "actor": "NULL", "direction": "'in'"},
            keys={"scale": "'5'", "scale_low": "'1'"},
        ),
    ),
)

SOURCE: Final = Source(
    name="chatwoot",
    kinds=(
        _MESSAGE, _EVENT, _APPLIED, _RATING, _CONVERSATION,
        Kind(name="SLA event", marks=("event_type", "applied_sla_id")),
        Kind(name="working hours", marks=("day_of_week", "open_hour")),
        Kind(name="SLA policy", marks=("first_response_time_threshold",)),
    ),
    lists=frozenset({"payload", "data"}),
    main="conversations",
    beside={
        "conversations": Beside("conversation", {"conversation": "id"}, key="conversation"),
        "spoken": Beside("message", {"conversation": "conversation"}, key="conversation"),
        "resolved_told": Beside(
            "reporting event", {"conversation": "conversation"}, key="conversation",
            where="name IN ('conversation_resolved', 'conversation_bot_resolved')",
        ),
    },
)  # fmt: skip
